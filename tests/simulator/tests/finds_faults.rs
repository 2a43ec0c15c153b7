//! The simulator can fail: it finds the faults of p-ratelimit's rules, and what each rule of ours is for.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use tollgate_core::share::PeerRules;
use tollgate_simulator::plan::Plan;
use tollgate_simulator::report::{rules_named, worst_of};
use tollgate_simulator::row::Row;
use tollgate_simulator::world::World;

const SEEDS: u64 = 60;

/// The worst of a row, under rules of that name.
fn worst_rate(row: Row, rules: &str) -> f64 {
    worst_of(row, 0..SEEDS, rules_named(rules).unwrap()).rate
}

#[track_caller]
fn assert_finds(row: Row, rules: &str, at_least: f64) {
    let with_all = worst_of(row, 0..SEEDS, PeerRules::ALL);
    assert!(with_all.rate <= 1.0 && !with_all.broken, "{}: {} with all rules", row.name(), with_all.rate);
    let without = worst_rate(row, rules);
    assert!(without >= at_least, "{}: only {without} with the rules {rules:?}", row.name());
}

#[test]
fn plain_rules_overshoot_when_members_are_cut_off() {
    assert_finds(Row::CutOne, "plain", 1.4);
    assert_finds(Row::CutHalf, "plain", 2.0);
    assert_finds(Row::CutAll, "plain", 4.0);
}

#[test]
fn plain_rules_overshoot_when_members_join_stop_and_crash() {
    assert_finds(Row::StaggeredJoins, "plain", 1.3);
    assert_finds(Row::LongPause, "plain", 1.4);
    assert_finds(Row::CrashAndRestart, "plain", 1.3);
}

#[test]
fn without_the_fence_who_is_cut_off_keeps_its_share() {
    assert_finds(Row::CutOne, "no-fence", 1.4);
    assert_finds(Row::CutHalf, "no-fence", 2.0);
    assert_finds(Row::CutAll, "no-fence", 4.0);
}

#[test]
fn without_the_rejoin_who_comes_back_takes_its_old_share() {
    assert_finds(Row::LongPause, "no-rejoin", 1.1);
    assert_finds(Row::CutHalf, "no-rejoin", 1.1);
}

#[test]
fn without_the_hold_a_share_grows_while_the_old_use_is_in_the_window() {
    assert_finds(Row::StaggeredJoins, "no-hold", 1.3);
    assert_finds(Row::Churn, "no-hold", 1.3);
}

#[test]
fn without_confirmation_a_newcomer_takes_for_silence_what_the_bus_lost() {
    assert_finds(Row::RestartDuringJoin, "no-confirm", 1.1);
}

#[test]
fn with_one_clock_a_suspended_member_does_not_notice() {
    assert_finds(Row::Suspend, "one-clock", 1.1);
}

#[test]
fn without_a_word_a_leaver_is_missed_for_three_heartbeats() {
    let after = |rules| worst_of(Row::Delays, 0..20, rules_named(rules).unwrap()).least_use;
    let (with, without) = (after("all"), after("no-word"));
    assert!(without < with - 0.02, "{with} of the quota is used with goodbyes, {without} without");
}

#[test]
fn members_that_are_all_busy_use_all_of_the_quota() {
    let mut plans = (0..400).map(|seed| (seed, Plan::draw(Row::JoinsAtOnce, seed, PeerRules::ALL)));
    // Where the rate is what holds jobs back, and what begins or ends a span of minutes weighs little.
    let fit = |plan: &Plan| plan.interval <= 2_000_000 && plan.longest_job < 100_000 && plan.weights == [1];
    let mut runs = 0;
    while let Some((seed, plan)) = plans.find(|(_, plan)| fit(plan)) {
        let length = plan.length;
        let mut world = World::new(plan, seed);
        world.auditor.count_from(60_000_000);
        world.run();
        let used = world.auditor.use_until(length);
        assert!(used >= 0.99, "seed {seed}: {used}");
        runs += 1;
    }
    assert!(runs >= 20, "{runs} runs");
}

#[test]
fn fast_start_takes_the_quota_once_for_each_member_and_no_more() {
    let worst = worst_of(Row::FastStart, 0..SEEDS, PeerRules::ALL);
    assert!(worst.rate > 2.0 && !worst.broken, "{}", worst.rate);
}

#[test]
fn a_join_while_another_is_cut_off_is_bounded_and_strict_start_removes_it() {
    let usual = worst_of(Row::JoinDuringCut, 0..SEEDS, PeerRules::ALL);
    assert!(usual.rate > 1.0 && !usual.broken, "{}", usual.rate);
    let strict = worst_of(Row::StrictJoinDuringCut, 0..SEEDS, PeerRules::ALL);
    assert!(strict.rate <= 1.0 && !strict.broken, "{}", strict.rate);
}

#[test]
fn with_more_members_than_quota_everybody_is_served_and_the_floor_starves_them() {
    let turns = worst_of(Row::TooMany, 0..20, PeerRules::ALL);
    assert!(turns.never_served == 0 && turns.rate <= 1.0 && turns.least_use > 0.8, "{turns:?}");
    let floor = worst_of(Row::TooMany, 0..20, PeerRules::PLAIN);
    assert!(floor.never_served > 0 && floor.broken, "{floor:?}");
}

#[test]
fn clocks_of_another_window_would_be_found() {
    // p-ratelimit's members count in the interval itself, by clocks that may be fast.
    let plain = worst_of(Row::Drift, 0..20, PeerRules { fence: false, ..PeerRules::PLAIN });
    assert!(plain.rate > 1.0, "{}", plain.rate);
}

#[test]
fn a_crowd_makes_no_storm() {
    let mut plan = Plan::draw(Row::JoinsAtOnce, 1, PeerRules::ALL);
    let join = plan.faults[0];
    plan.faults = vec![join; 50];
    (plan.members, plan.rate, plan.concurrency) = (50, 100, 100);
    plan.length = 9_000_000;
    let mut world = World::new(plan, 1);
    world.run();
    // A ping and a hello each, and few answers; p-ratelimit sends 2,500.
    assert!(world.published() <= 50 * 5, "{} messages", world.published());
    assert!(world.auditor.worst_rate() <= 1.0);
}
