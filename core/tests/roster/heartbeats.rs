//! What a process owes: everybody in time, in few batches.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use tollgate_core::Timestamp;
use tollgate_core::roster::{Heartbeats, Identity, Lost, Session};

use crate::sequences::hold;
use crate::subject::{HEARTBEAT, config};

fn who() -> Arc<Identity> {
    Arc::new(Identity { user: None, data: "1".into() })
}

fn at(micros: u64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn holding(size: u64) -> Heartbeats {
    let mut beats = Heartbeats::new(config(0)).unwrap();
    for i in 0..size {
        beats.add(&format!("r{}", i % 7), &format!("c{i}"), Session(i), who(), at(0));
    }
    beats
}

/// The members of each batch of a round.
fn round(beats: &mut Heartbeats) -> Vec<usize> {
    std::iter::from_fn(|| beats.poll_transmit()).map(|beat| beat.members.len()).collect()
}

#[test]
fn ten_thousand_members_take_twenty_batches() {
    let mut beats = holding(10_000);
    beats.handle_timeout(at(HEARTBEAT));
    assert_eq!(round(&mut beats), [500; 20]);
}

#[test]
fn a_batch_ends_with_its_members_its_rooms_or_its_bytes() {
    let mut beats = Heartbeats::new(config(0)).unwrap();
    for i in 0..300 {
        beats.add(&format!("r{i}"), "c", Session(i), who(), at(0));
    }
    beats.handle_timeout(at(HEARTBEAT));
    assert_eq!(round(&mut beats), [125, 125, 50]);
    let mut beats = Heartbeats::new(config(0)).unwrap();
    let large = Arc::new(Identity { user: None, data: "x".repeat(4_096) });
    for i in 0..100 {
        beats.add("r", &format!("c{i}"), Session(i), large.clone(), at(0));
    }
    beats.handle_timeout(at(HEARTBEAT));
    assert_eq!(round(&mut beats), [64, 36]);
}

#[test]
fn nothing_is_due_before_its_time_or_without_members() {
    let mut beats = holding(1);
    assert_eq!(beats.poll_timeout(), Some(at(HEARTBEAT)));
    beats.handle_timeout(at(HEARTBEAT - 1));
    assert_eq!(beats.poll_transmit(), None);
    assert!(beats.remove("r0", "c0", Session(0)));
    assert_eq!(beats.poll_timeout(), None);
    assert!(beats.is_empty());
}

#[test]
fn batches_keep_rooms_together() {
    let mut beats = holding(400);
    beats.handle_timeout(at(HEARTBEAT));
    let rooms: Vec<_> = beats.poll_transmit().unwrap().members.into_iter().map(|owned| owned.room).collect();
    let mut sorted = rooms.clone();
    sorted.sort();
    assert_eq!(rooms, sorted);
}

#[test]
fn a_member_the_store_has_lost_is_joined_again_and_one_that_was_replaced_is_forgotten() {
    let mut beats = holding(2);
    let again = beats.handle_lost("r0", "c0", Session(0), Lost::Gone).unwrap();
    assert_eq!((&*again.cid, again.session), ("c0", Session(0)));
    assert_eq!(beats.handle_lost("r1", "c1", Session(1), Lost::Replaced), None);
    assert_eq!(beats.len(), 1);
    assert_eq!(beats.handle_lost("r1", "c1", Session(1), Lost::Gone), None);
}

#[test]
fn an_older_session_changes_nothing() {
    let mut beats = holding(1);
    beats.add("r0", "c0", Session(5), who(), at(3));
    assert!(!beats.remove("r0", "c0", Session(0)));
    assert!(!beats.update("r0", "c0", Session(0), who()));
    assert_eq!(beats.handle_lost("r0", "c0", Session(0), Lost::Gone), None);
    assert_eq!(beats.len(), 1);
}

#[test]
fn a_rejoin_says_what_was_last_updated() {
    let mut beats = holding(1);
    let identity = Arc::new(Identity { user: None, data: "2".into() });
    assert!(beats.update("r0", "c0", Session(0), identity.clone()));
    assert_eq!(beats.handle_lost("r0", "c0", Session(0), Lost::Gone).unwrap().identity, identity);
}

#[test]
fn after_a_failure_the_next_round_comes_sooner() {
    let mut beats = holding(1);
    beats.handle_timeout(at(HEARTBEAT));
    beats.handle_failure(at(HEARTBEAT + 4));
    assert_eq!(beats.poll_timeout(), Some(at(HEARTBEAT + 4 + HEARTBEAT / 4)));
    beats.handle_failure(at(HEARTBEAT + 9));
    assert_eq!(beats.poll_timeout(), Some(at(HEARTBEAT + 4 + HEARTBEAT / 4)));
}

/// Whoever is held longer than two heartbeats is vouched for, whatever joins and leaves around: with the host
/// woken at `poll_timeout`, never more than two heartbeats pass.
#[test]
fn nobody_waits_longer_than_two_heartbeats() {
    let step = (0..HEARTBEAT, 0..1_500_u16, prop::bool::weighted(0.7));
    hold(60, prop::collection::vec(step, 1..300), |steps| {
        let mut beats = Heartbeats::new(config(0)).unwrap();
        let (mut now, mut vouched) = (0, BTreeMap::new());
        for (step, i, adds) in steps {
            let until = now + step;
            while let Some(due) = beats.poll_timeout().filter(|due| due.as_micros() <= until) {
                beats.handle_timeout(due);
                while let Some(beat) = beats.poll_transmit() {
                    vouched.extend(beat.members.iter().map(|owned| (owned.cid.to_string(), due.as_micros())));
                }
            }
            now = until;
            let cid = format!("c{i}");
            if adds {
                beats.add("r", &cid, Session(1), who(), at(now));
                vouched.insert(cid, now);
            } else {
                prop_assert_eq!(beats.remove("r", &cid, Session(1)), vouched.remove(&cid).is_some());
            }
            prop_assert!(vouched.values().all(|last| now - last <= 2 * HEARTBEAT));
            prop_assert_eq!(beats.len(), vouched.len());
        }
        Ok(())
    });
}
