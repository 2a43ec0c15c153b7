//! A ticket starts within a stated time, whoever else keeps coming.

use crate::model::{Asked, Naive, Outcome, Quirk, Rules, Subject, Tollgate};

/// Two starts a millisecond; a step of priority is worth 5 ms.
fn rules() -> Rules {
    Rules { policies: vec![(2, 1_000)], concurrency: None, max_queue: 1 << 20, ageing: 5_000 }
}

fn asked(cost: u64, priority: i32, lane: u32) -> Asked {
    Asked { costs: vec![cost], priority, lane, deadline: None }
}

/// When `patient` starts that is submitted first, while three of `pushy` come in each millisecond, which is more than
/// can start. `None` where it does not within 100 ms.
fn start_of(subject: &mut dyn Subject, patient: &Asked, pushy: impl Fn(u64) -> Asked) -> Option<u64> {
    let mut next = 0;
    let mut submit = |subject: &mut dyn Subject, asked: &Asked, now| {
        next += 1;
        subject.submit(next - 1, asked, now)
    };
    // Not at once, so that room comes one by one.
    assert_eq!(submit(subject, &asked(1, 0, 0), 0), Outcome::Started);
    assert_eq!(submit(subject, &asked(1, 0, 0), 500), Outcome::Started);
    assert_eq!(submit(subject, patient, 500), Outcome::Waiting);
    for i in 0..300 {
        let now = 600 + i * 1_000 / 3;
        submit(subject, &pushy(i), now);
        if subject.events().contains(&(2, Outcome::Started)) {
            return Some(now);
        }
    }
    None
}

/// Ours starts the ticket in time; the wrong one never does.
fn starts_by(micros: u64, wrong: Quirk, patient: &Asked, pushy: impl Fn(u64) -> Asked + Copy) {
    let ours = start_of(&mut Tollgate::new(&rules()), patient, pushy);
    assert!(ours.is_some_and(|at| at <= micros), "{ours:?}");
    assert_eq!(start_of(&mut Naive::new(&rules(), wrong), patient, pushy), None);
}

#[test]
fn priority_ages() {
    // Those of priority 2 that come within 10 ms go first: 30 tickets, for which 15 ms are needed.
    starts_by(17_000, Quirk::NoAgeing, &asked(1, 0, 0), |_| asked(1, 2, 0));
}

#[test]
fn lanes_take_turns() {
    starts_by(2_000, Quirk::FirstLaneFirst, &asked(1, 0, 5), |_| asked(1, 0, 1));
}

#[test]
fn cheap_tickets_do_not_overtake_a_dear_one() {
    starts_by(2_000, Quirk::CheapOvertake, &asked(2, 0, 0), |_| asked(1, 0, 0));
}

#[test]
fn new_lanes_do_not_push_in_for_ever() {
    let start =
        start_of(&mut Tollgate::new(&rules()), &asked(2, 0, 7), |i| asked(1, 0, u32::try_from(i).unwrap() % 12));
    assert!(start.is_some_and(|at| at <= 12_000), "{start:?}");
}
