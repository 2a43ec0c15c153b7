//! The properties can fail: each rule that is known to be wrong does not pass the one it violates.

use crate::model::{Flaw, Model};
use crate::promises::{keeps_whom_its_process_keeps, tells_what_is, tells_what_the_model_tells};
use crate::sequences::{calls, grace, must_fail};

fn is_caught(flaw: Flaw) {
    must_fail((grace(), calls()), |(grace, calls)| tells_what_is(Model::new(grace, flaw), grace, &calls));
}

#[test]
fn a_late_leave_that_removes_the_newer_connection() {
    is_caught(Flaw::LateLeaveRemovesTheNewer);
}

#[test]
fn a_leave_told_by_every_sweeper() {
    is_caught(Flaw::TwoSweepersTell);
}

#[test]
fn an_expiry_that_nobody_is_told_of() {
    is_caught(Flaw::SilentExpiry);
}

#[test]
fn ghosts() {
    is_caught(Flaw::Ghosts);
}

#[test]
fn a_grace_that_is_not_given() {
    is_caught(Flaw::NoGrace);
}

#[test]
fn coming_back_as_a_join() {
    is_caught(Flaw::BackIsAJoin);
}

#[test]
fn users_told_once_a_connection() {
    is_caught(Flaw::UsersAreConnections);
}

#[test]
fn an_old_session_that_keeps_a_newer_one_alive() {
    is_caught(Flaw::AnySessionVouches);
}

#[test]
fn a_rejoin_that_takes_the_place_of_who_came_later() {
    is_caught(Flaw::RejoinTakesOver);
}

#[test]
fn an_update_as_leave_and_join() {
    must_fail((grace(), calls()), |(grace, calls)| {
        tells_what_the_model_tells(Model::new(grace, Flaw::UpdateLeavesAndJoins), grace, &calls)
    });
}

#[test]
fn heartbeats_that_do_not_count() {
    must_fail((grace(), calls()), |(grace, calls)| {
        keeps_whom_its_process_keeps(Model::new(grace, Flaw::HeartbeatsForgotten), &calls)
    });
}
