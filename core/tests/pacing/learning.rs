//! What the other side says it has left.

use tollgate_core::{Span, Timestamp};

use crate::model::{Asked, Outcome, Rules, Subject, Tollgate};

const MINUTE: u64 = 60_000_000;

fn ours() -> Tollgate {
    Tollgate::new(&Rules { policies: vec![(100, MINUTE)], concurrency: None, max_queue: 100, ageing: 1_000 })
}

fn submit(ours: &mut Tollgate, ticket: usize, now: u64) -> Outcome {
    ours.submit(ticket, &Asked { costs: vec![1], priority: 0, lane: 0, deadline: None }, now)
}

fn learn(ours: &mut Tollgate, ticket: usize, left: u64, span: u64, now: u64) {
    ours.pacer.learn(ours.id(ticket), 0, left, Span::from_micros(span), Timestamp::from_micros(now));
}

#[test]
fn starts_no_more_than_is_left_until_the_other_side_counts_anew() {
    let mut ours = ours();
    assert_eq!(submit(&mut ours, 0, 0), Outcome::Started);
    learn(&mut ours, 0, 2, 5_000_000, 10);
    assert_eq!(submit(&mut ours, 1, 20), Outcome::Started);
    assert_eq!(submit(&mut ours, 2, 20), Outcome::Started);
    assert_eq!(submit(&mut ours, 3, 20), Outcome::Waiting);
    assert_eq!(ours.poll_timeout(), Some(5_000_010));
    ours.handle_timeout(5_000_010);
    assert_eq!(ours.events(), [(3, Outcome::Started)]);
}

#[test]
fn calls_under_way_may_not_have_been_counted_yet() {
    let mut ours = ours();
    for ticket in 0..4 {
        assert_eq!(submit(&mut ours, ticket, 0), Outcome::Started);
    }
    learn(&mut ours, 0, 4, 5_000_000, 10);
    assert_eq!(submit(&mut ours, 4, 10), Outcome::Started);
    assert_eq!(submit(&mut ours, 5, 10), Outcome::Waiting);
}

#[test]
fn the_latest_word_counts_and_cannot_widen_our_own_limit() {
    let mut ours = ours();
    assert_eq!(submit(&mut ours, 0, 0), Outcome::Started);
    learn(&mut ours, 0, 0, 5_000_000, 10);
    assert_eq!(submit(&mut ours, 1, 10), Outcome::Waiting);
    learn(&mut ours, 0, 1_000_000, 5_000_000, 20);
    assert_eq!(ours.events(), [(1, Outcome::Started)]);
    for ticket in 2..100 {
        assert_eq!(submit(&mut ours, ticket, 30), Outcome::Started);
    }
    assert_eq!(submit(&mut ours, 100, 30), Outcome::Waiting);
}
