//! Pages, and sweeps that stop.

use tollgate_core::Timestamp;
use tollgate_core::roster::{Count, Identity, Roster, Session};

use crate::subject::{TTL, config};

fn crowd(size: u64) -> Roster {
    let mut roster = Roster::new(config(0)).unwrap();
    for i in 0..size {
        let identity = Identity { user: Some(format!("u{}", i / 2)), data: "{}".into() };
        roster.join("r", &format!("c{i:04}"), Session(i), identity, Timestamp::ZERO).unwrap();
    }
    while roster.poll_event().is_some() {}
    roster
}

#[test]
fn pages_have_everybody_once() {
    let mut roster = crowd(10);
    let (mut cursor, mut seen) = (Some(std::sync::Arc::<str>::from("")), Vec::new());
    while let Some(from) = cursor {
        let page = roster.members("r", &from, 3, Timestamp::ZERO);
        assert!(page.members.len() <= 3);
        seen.extend(page.members.iter().map(|member| member.cid.to_string()));
        cursor = page.cursor;
    }
    assert_eq!(seen, (0..10).map(|i| format!("c{i:04}")).collect::<Vec<_>>());
}

#[test]
fn a_page_that_ends_with_the_room_is_the_last() {
    assert_eq!(crowd(6).members("r", "c0002", 3, Timestamp::ZERO).cursor, None);
}

#[test]
fn counts_are_of_connections_and_of_users() {
    assert_eq!(crowd(9).count("r", Timestamp::ZERO), Count { members: 9, users: 5 });
    assert_eq!(crowd(9).count("other", Timestamp::ZERO), Count::default());
}

#[test]
fn a_sweep_removes_a_few_hundred_and_says_that_more_is_due() {
    let mut roster = crowd(600);
    let over = Timestamp::from_micros(TTL);
    assert_eq!(roster.poll_timeout(), Some(over));
    assert_eq!(roster.handle_timeout(Timestamp::from_micros(TTL - 1)), 0);
    let sweeps = [0; 4].map(|_| (roster.handle_timeout(over), roster.poll_timeout()));
    assert_eq!(sweeps, [(256, Some(over)), (256, Some(over)), (88, None), (0, None)]);
    assert_eq!(std::iter::from_fn(|| roster.poll_event()).count(), 600);
}

#[test]
fn a_read_does_not_wait_for_the_sweep() {
    let mut roster = crowd(600);
    assert_eq!(roster.count("r", Timestamp::from_micros(TTL)), Count::default());
    assert_eq!(std::iter::from_fn(|| roster.poll_event()).count(), 600);
}

#[test]
fn a_clock_that_goes_backwards_brings_nobody_back() {
    let mut roster = crowd(1);
    assert!(!roster.has("r", "c0000", Timestamp::from_micros(TTL)));
    assert!(!roster.has("r", "c0000", Timestamp::ZERO));
    assert!(!roster.heartbeat("r", "c0000", Session(0), Timestamp::ZERO));
}

#[test]
fn in_one_process_nobody_expires_but_who_has_left_goes() {
    let mut roster = Roster::of_one_process(config(1_000)).unwrap();
    let identity = Identity { user: None, data: "1".into() };
    roster.join("r", "c", Session(1), identity, Timestamp::ZERO).unwrap();
    assert_eq!(roster.poll_timeout(), None);
    assert!(roster.has("r", "c", Timestamp::from_micros(1_000 * TTL)));
    assert!(roster.leave("r", "c", Session(1), Timestamp::from_micros(1_000 * TTL)));
    assert!(roster.has("r", "c", Timestamp::from_micros(1_000 * TTL + 999)));
    assert!(!roster.has("r", "c", Timestamp::from_micros(1_000 * TTL + 1_000)));
}
