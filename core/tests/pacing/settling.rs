//! Reserve an estimate, charge the truth.

use tollgate_core::{Cost, Timestamp};

use crate::model::{Asked, Outcome, Rules, Subject, Tollgate};

fn tokens() -> Rules {
    Rules { policies: vec![(500, 1_000), (30_000, 1_000)], concurrency: None, max_queue: 100, ageing: 1_000 }
}

fn asked(tokens: u64) -> Asked {
    Asked { costs: vec![1, tokens], priority: 0, lane: 0, deadline: None }
}

#[test]
fn what_was_too_much_lets_others_start() {
    let mut ours = Tollgate::new(&tokens());
    assert_eq!(ours.submit(0, &asked(25_000), 0), Outcome::Started);
    assert_eq!(ours.submit(1, &asked(20_000), 0), Outcome::Waiting);
    ours.settle(0, &[1, 10_000], 100);
    assert_eq!(ours.events(), [(1, Outcome::Started)]);
    assert_eq!((ours.pacer.used(0), ours.pacer.used(1)), (2, 30_000));
}

#[test]
fn what_was_too_little_is_charged_from_then_on() {
    let mut ours = Tollgate::new(&tokens());
    assert_eq!(ours.submit(0, &asked(10_000), 0), Outcome::Started);
    ours.settle(0, &[1, 35_000], 600);
    assert_eq!(ours.submit(1, &asked(10_000), 600), Outcome::Waiting);
    assert_eq!(ours.poll_timeout(), Some(1_600));
}

#[test]
fn a_settlement_after_the_window_gives_nothing_back() {
    let mut ours = Tollgate::new(&tokens());
    assert_eq!(ours.submit(0, &asked(30_000), 0), Outcome::Started);
    assert_eq!(ours.submit(1, &asked(30_000), 1_000), Outcome::Started);
    ours.settle(0, &[1, 0], 1_001);
    assert_eq!(ours.pacer.used(1), 30_000);
}

#[test]
fn settling_twice_never_gives_back_what_others_took() {
    let mut ours = Tollgate::new(&tokens());
    assert_eq!(ours.submit(0, &asked(1_000), 0), Outcome::Started);
    assert_eq!(ours.submit(1, &asked(20_000), 0), Outcome::Started);
    ours.settle(0, &[1, 9_000], 10);
    ours.settle(0, &[1, 0], 20);
    assert_eq!(ours.pacer.used(1), 28_000);
    ours.settle(0, &[1, 9_000], 30);
    assert_eq!(ours.pacer.used(1), 29_000);
}

#[test]
fn a_ticket_that_ended_settles_nothing() {
    let mut ours = Tollgate::new(&tokens());
    assert_eq!(ours.submit(0, &asked(1_000), 0), Outcome::Started);
    ours.finish(0, 10);
    assert_eq!(ours.submit(1, &asked(1_000), 10), Outcome::Started);
    assert!(!ours.pacer.settle(ours.id(0), Cost::All(0), Timestamp::from_micros(20)));
    assert_eq!(ours.pacer.used(1), 2_000);
}

#[test]
fn what_began_late_counts_from_then() {
    let mut ours = Tollgate::new(&Rules { policies: vec![(1, 1_000)], ..tokens() });
    let one = Asked { costs: vec![1], priority: 0, lane: 0, deadline: None };
    assert_eq!(ours.submit(0, &one, 0), Outcome::Started);
    assert_eq!(ours.submit(1, &one, 0), Outcome::Waiting);
    assert_eq!(ours.submit(2, &one, 0), Outcome::Waiting);
    ours.handle_timeout(1_000);
    assert_eq!(ours.events(), [(1, Outcome::Started)]);
    ours.pacer.begun(Timestamp::from_micros(1_400));
    assert_eq!(ours.poll_timeout(), Some(2_400));
    ours.pacer.begun(Timestamp::from_micros(1_900));
    assert_eq!(ours.poll_timeout(), Some(2_400), "nothing has been handed out since");
}
