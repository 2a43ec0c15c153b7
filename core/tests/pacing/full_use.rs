//! With a backlog, what is allowed is used.

use proptest::prelude::*;

use crate::model::{Asked, Naive, Outcome, Quirk, Rules, Subject, Tollgate, World, hold, must_fail};

const WINDOWS: u64 = 4;

fn rules(limit: u64, window: u64) -> Rules {
    Rules { policies: vec![(limit, window)], concurrency: None, max_queue: 1 << 20, ageing: 1_000 }
}

/// A limit and a window, and the times at which tickets were submitted before the backlog came.
fn inputs(limits: std::ops::Range<u64>) -> impl Strategy<Value = (u64, u64, Vec<u64>)> {
    let window = prop_oneof![Just(1_000_u64), 1_000..40_000_u64, Just(1_000_000)];
    (limits, window, prop::collection::vec(0..300_u64, 0..40))
}

/// Counts what starts in some windows while more waits than may, after tickets that came one by one.
fn is_used(limit: u64, window: u64, gaps: &[u64], subject: impl Subject, least: f64) -> Result<(), TestCaseError> {
    let mut world = World::new(&rules(limit, window), subject);
    let one = Asked { costs: vec![1], priority: 0, lane: 0, deadline: None };
    for gap in gaps {
        world.submit(one.clone())?;
        world.wait(gap * window / 10_000)?;
    }
    for _ in 0..limit * (WINDOWS + 1) {
        world.submit(one.clone())?;
    }
    let from = world.now;
    world.wait(WINDOWS * window - 1)?;
    let started = world.history.iter().filter(|(at, _, outcome)| *at >= from && *outcome == Outcome::Started).count();
    let before = world.history.iter().filter(|(at, _, outcome)| *at < from && *outcome == Outcome::Started).count();
    let allowed = (WINDOWS * limit).saturating_sub(before as u64) as f64;
    prop_assert!(started as f64 >= least * allowed, "{} of {}", started, allowed);
    Ok(())
}

#[test]
fn all_of_a_small_limit_is_used() {
    hold(40, inputs(1..60), |(limit, window, gaps)| {
        is_used(limit, window, &gaps, Tollgate::new(&rules(limit, window)), 1.0)
    });
}

#[test]
fn at_least_99_of_100_is_used_where_starts_share_slots() {
    for (limit, window) in [(1_001, 10_000), (3_000, 1_000_000), (2_500, 1_003)] {
        let gaps: Vec<u64> = (0..40).map(|i| i * 37 % 300).collect();
        is_used(limit, window, &gaps, Tollgate::new(&rules(limit, window)), 0.99).unwrap();
    }
}

#[test]
fn a_pacer_that_holds_a_tenth_back_is_caught() {
    must_fail(inputs(10..40), |(limit, window, gaps)| {
        is_used(limit, window, &gaps, Naive::new(&rules(limit, window), Quirk::Lazy), 0.99)
    });
}

#[test]
fn a_ticket_that_expired_takes_no_room() {
    let spent = |subject: &mut dyn Subject| {
        let asked = |deadline| Asked { costs: vec![1], priority: 0, lane: 0, deadline };
        assert_eq!(subject.submit(0, &asked(None), 0), Outcome::Started);
        for ticket in 1..20 {
            assert_eq!(subject.submit(ticket, &asked(Some(500)), 0), Outcome::Waiting);
        }
        subject.handle_timeout(500);
        assert_eq!(subject.events().len(), 19);
        subject.submit(20, &asked(None), 1_000)
    };
    let rules = rules(1, 1_000);
    assert_eq!(spent(&mut Tollgate::new(&rules)), Outcome::Started);
    assert_eq!(spent(&mut Naive::new(&rules, Quirk::ExpiredTakesRoom)), Outcome::Waiting);
}
