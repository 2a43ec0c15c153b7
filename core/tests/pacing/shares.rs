//! A share that changes while tickets wait and run.

use tollgate_core::{Cost, PacerEvent, Submission, Timestamp};

use crate::model::{Asked, Outcome, Rules, Subject, Tollgate};

fn rules() -> Rules {
    Rules { policies: vec![(10, 1_000)], concurrency: Some(10), max_queue: 100, ageing: 1_000 }
}

fn asked(cost: u64) -> Asked {
    Asked { costs: vec![cost], priority: 0, lane: 0, deadline: None }
}

#[test]
fn what_runs_ends_and_nothing_starts_above_a_smaller_share() {
    let mut ours = Tollgate::new(&rules());
    for ticket in 0..10 {
        assert_eq!(ours.submit(ticket, &asked(1), 0), Outcome::Started);
    }
    ours.set_share(&[4], 3, 100);
    assert_eq!(ours.submit(10, &asked(1), 100), Outcome::Waiting);
    assert_eq!(ours.poll_timeout(), None, "ten run, of three");
    for ticket in 0..7 {
        ours.finish(ticket, 200);
    }
    assert_eq!(ours.poll_timeout(), None, "three run, of three");
    ours.finish(7, 200);
    assert_eq!(ours.poll_timeout(), Some(1_000));
}

#[test]
fn with_a_share_of_nothing_all_wait_until_it_grows() {
    let mut ours = Tollgate::new(&rules());
    ours.set_share(&[0], 0, 0);
    for ticket in 0..3 {
        assert_eq!(ours.submit(ticket, &asked(4), 0), Outcome::Waiting);
    }
    assert_eq!(ours.poll_timeout(), None);
    ours.set_share(&[8], 10, 500);
    assert_eq!(ours.events(), [(0, Outcome::Started), (1, Outcome::Started)]);
    assert_eq!(ours.poll_timeout(), Some(1_500));
}

#[test]
fn what_costs_more_than_the_share_waits_aside() {
    let mut ours = Tollgate::new(&rules());
    ours.set_share(&[5], 10, 0);
    assert_eq!(ours.submit(0, &asked(6), 0), Outcome::Waiting);
    assert_eq!(ours.submit(1, &asked(5), 0), Outcome::Started);
    assert_eq!(ours.submit(2, &asked(5), 0), Outcome::Waiting);
    ours.set_share(&[10], 10, 10);
    assert_eq!(ours.poll_timeout(), Some(1_000), "the first is first again");
    ours.handle_timeout(1_000);
    assert_eq!(ours.events(), [(0, Outcome::Started)]);
}

#[test]
fn what_costs_more_than_the_limit_is_rejected_at_once() {
    let mut ours = Tollgate::new(&rules());
    ours.set_share(&[5], 10, 0);
    let rejection = ours.pacer.submit(Submission { cost: Cost::All(11), ..Submission::default() }, Timestamp::ZERO);
    let too_large = tollgate_core::Rejection::TooLarge { policy: 0, cost: 11, limit: 10 };
    assert_eq!(rejection, Err(too_large));
}

#[test]
fn a_larger_limit_lets_more_start_and_a_smaller_one_waits_for_what_has() {
    let mut ours = Tollgate::new(&Rules { concurrency: None, ..rules() });
    for ticket in 0..12 {
        ours.submit(ticket, &asked(1), 0);
    }
    assert_eq!(ours.poll_timeout(), Some(1_000));
    ours.set_limits(&[11], 100);
    assert_eq!(ours.events(), [(10, Outcome::Started)]);
    ours.set_limits(&[2], 200);
    assert_eq!(ours.poll_timeout(), Some(1_000), "ten leave then, and one counts");
    assert_eq!(ours.pacer.policies()[0].limit, 2);
    ours.handle_timeout(1_000);
    assert_eq!(ours.events(), [(11, Outcome::Started)]);
}

#[test]
fn a_larger_concurrency_lets_more_run_at_once() {
    let mut ours = Tollgate::new(&Rules { concurrency: Some(1), ..rules() });
    for ticket in 0..4 {
        ours.submit(ticket, &asked(1), 0);
    }
    ours.pacer.set_limits(&[], Some(3), Timestamp::ZERO);
    assert_eq!(ours.events(), [(1, Outcome::Started), (2, Outcome::Started)]);
}

#[test]
fn what_costs_more_than_a_new_limit_is_named_once() {
    let mut ours = Tollgate::new(&rules());
    for (ticket, cost) in [10, 5, 1].into_iter().enumerate() {
        ours.submit(ticket, &asked(cost), 0);
    }
    ours.set_limits(&[4], 10);
    let (running, unfit, fit) = (ours.id(0), ours.id(1), ours.id(2));
    let now = Timestamp::from_micros(20);
    assert_eq!(ours.pacer.cancel_unfit(running, now), None);
    assert_eq!(ours.pacer.cancel_unfit(fit, now), None);
    let too_large = tollgate_core::Rejection::TooLarge { policy: 0, cost: 5, limit: 4 };
    assert_eq!(ours.pacer.cancel_unfit(unfit, now), Some(too_large));
    assert_eq!(ours.pacer.cancel_unfit(unfit, now), None);
    assert_eq!(ours.pacer.waiting(), 1);
}

#[test]
fn a_share_that_is_all_of_a_limit_follows_it() {
    let mut ours = Tollgate::new(&rules());
    ours.set_limits(&[20], 0);
    assert_eq!(ours.pacer.share(0), 20);
    ours.set_share(&[8], 10, 0);
    ours.set_limits(&[30], 0);
    assert_eq!(ours.pacer.share(0), 8);
    ours.set_limits(&[5], 0);
    assert_eq!(ours.pacer.share(0), 5);
}

#[test]
fn a_pause_holds_all_back_and_the_longer_one_counts() {
    let mut ours = Tollgate::new(&rules());
    ours.pause(5_000, 0);
    ours.pause(100, 0);
    assert_eq!(ours.submit(0, &asked(1), 50), Outcome::Waiting);
    assert_eq!(ours.poll_timeout(), Some(5_000));
    ours.resume(70);
    assert_eq!(ours.events(), [(0, Outcome::Started)]);
    ours.pause(u64::MAX, 70);
    assert_eq!(ours.submit(1, &asked(1), 80), Outcome::Waiting);
    assert_eq!(ours.poll_timeout(), None, "a pause without an end");
    ours.resume(90);
    assert!(matches!(ours.pacer.poll_event(), Some(PacerEvent::Started(_))));
}

#[test]
fn windows_of_ten_years_work() {
    let ten_years = 10 * 31_557_600 * 1_000_000;
    let mut ours = Tollgate::new(&Rules { policies: vec![(1, ten_years)], ..rules() });
    assert_eq!(ours.submit(0, &asked(1), 7), Outcome::Started);
    ours.finish(0, 7);
    assert_eq!(ours.submit(1, &asked(1), 8), Outcome::Waiting);
    assert_eq!(ours.poll_timeout(), Some(ten_years + 7));
}
