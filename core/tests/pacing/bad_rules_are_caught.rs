//! The properties can fail: a pacer that is known to be wrong does not pass.

use crate::model::{Naive, Quirk, World, hold, must_fail, scripts};

fn is_caught(quirk: Quirk) {
    must_fail(scripts(), |(rules, steps)| World::new(&rules, Naive::new(&rules, quirk)).run(&steps));
}

#[test]
fn fixed_windows_start_too_much() {
    is_caught(Quirk::FixedWindows);
}

#[test]
fn a_window_that_is_a_microsecond_short_is_noticed() {
    is_caught(Quirk::ForgetsEarly);
}

#[test]
fn waking_a_microsecond_late_is_noticed() {
    is_caught(Quirk::WakesLate);
}

#[test]
fn a_share_that_shrinks_counts_what_has_started() {
    is_caught(Quirk::ForgetsOnShare);
}

#[test]
fn a_cancelled_ticket_that_starts_is_noticed() {
    is_caught(Quirk::StartsCancelled);
}

#[test]
fn the_list_of_timestamps_itself_passes() {
    hold(300, scripts(), |(rules, steps)| World::new(&rules, Naive::new(&rules, Quirk::None)).run(&steps));
}
