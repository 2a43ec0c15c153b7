//! Taking tickets back.

use tollgate_core::{Admission, Pacer, PacerConfig, Policy, Span, Submission, TicketId, Timestamp};

fn pacer() -> Pacer {
    let policy = Policy { limit: 1, window: Span::from_secs(60), ..Policy::default() };
    Pacer::new(PacerConfig { policies: vec![policy], ..PacerConfig::default() }).unwrap()
}

fn waiting(pacer: &mut Pacer, count: u64) -> Vec<TicketId> {
    let deadline = Some(Timestamp::from_millis(1_000_000));
    (0..=count)
        .filter_map(|i| {
            match pacer.submit(Submission { deadline, ..Submission::default() }, Timestamp::from_micros(i)) {
                Ok(Admission::Waiting(id)) => Some(id),
                _ => None,
            }
        })
        .collect()
}

#[test]
fn a_hundred_thousand_tickets_are_taken_back_in_any_order() {
    let mut pacer = pacer();
    let ids = waiting(&mut pacer, 100_000);
    assert_eq!(pacer.waiting(), 100_000);
    // 7,919 and 100,000 have no common divisor: every ticket is met once.
    for i in 0..ids.len() {
        assert!(pacer.cancel(ids[i * 7_919 % ids.len()], Timestamp::from_millis(200)));
    }
    assert!(!pacer.cancel(ids[0], Timestamp::from_millis(200)));
    assert_eq!((pacer.waiting(), pacer.poll_timeout(), pacer.poll_event()), (0, None, None));
}

#[test]
fn clearing_leaves_what_runs() {
    let mut pacer = pacer();
    let ids = waiting(&mut pacer, 10);
    pacer.clear();
    assert_eq!((pacer.waiting(), pacer.running(), pacer.poll_timeout()), (0, 1, None));
    assert!(ids.iter().all(|&id| !pacer.cancel(id, Timestamp::ZERO)));
}

#[test]
fn numbers_of_tickets_are_whole_in_javascript() {
    let mut pacer = pacer();
    for id in waiting(&mut pacer, 5) {
        assert!(id.number() < 1 << 53);
        assert_eq!(TicketId::from_number(id.number()), id);
    }
}
