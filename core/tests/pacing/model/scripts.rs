//! Random rules and scripts, and the two ways to run a property.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// What a pacer is made from.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Limit and window in µs.
    pub(crate) policies: Vec<(u64, u64)>,
    pub(crate) concurrency: Option<u64>,
    pub(crate) max_queue: u64,
    pub(crate) ageing: u64,
}

/// One thing that happens. Tickets are chosen by a number, taken modulo how many there are.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Submit { costs: Vec<u64>, priority: i32, lane: u32, max_delay: Option<u64> },
    Finish(usize),
    Settle(usize, Vec<u64>),
    Cancel(usize),
    Pause(u64),
    Resume,
    SetShare(Vec<u64>, u64),
    SetLimits(Vec<u64>),
    Wait(u64),
}

/// Fails the test where the property does not hold. `PROPTEST_CASES` overrides the number of cases.
pub(crate) fn hold<T: Debug>(
    cases: u32,
    inputs: impl Strategy<Value = T>,
    property: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { cases };
    if let Err(error) = TestRunner::new(config(cases)).run(&inputs, property) {
        panic!("{error}");
    }
}

/// Fails the test where the property does hold: for rules that are known to be wrong.
pub(crate) fn must_fail<T: Debug>(inputs: impl Strategy<Value = T>, property: impl Fn(T) -> Result<(), TestCaseError>) {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(Config { max_shrink_iters: 0, ..config(2_000) }, rng).run(&inputs, property);
    assert!(matches!(outcome, Err(TestError::Fail(..))), "a wrong rule passed: {outcome:?}");
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

fn rules() -> impl Strategy<Value = Rules> {
    let policy = (1..12_u64, prop_oneof![Just(1_000), 1_000..5_000_u64]);
    let policies =
        prop_oneof![6 => prop::collection::vec(policy.clone(), 1..=1), 3 => prop::collection::vec(policy, 0..=3)];
    let concurrency = prop_oneof![1 => Just(None), 1 => (1..6_u64).prop_map(Some)];
    let max_queue = prop_oneof![4 => Just(1_000_u64), 1 => 0..6_u64];
    (policies, concurrency, max_queue).prop_map(|(policies, concurrency, max_queue)| Rules {
        policies,
        concurrency,
        max_queue,
        ageing: 1_000,
    })
}

fn step(rules: &Rules) -> impl Strategy<Value = Step> + use<> {
    let count = rules.policies.len();
    let cost = prop_oneof![1 => Just(0), 8 => Just(1), 3 => 1..5_u64, 1 => 0..14_u64];
    let costs = prop::collection::vec(cost, count..=count);
    let shares = prop::collection::vec(prop_oneof![1 => Just(0), 4 => 0..12_u64, 2 => Just(12)], count..=count);
    let limits = prop::collection::vec(0..15_u64, count..=count);
    let max_delay = prop_oneof![3 => Just(None), 1 => prop_oneof![Just(0), 0..8_000_u64].prop_map(Some)];
    let lane = prop_oneof![3 => Just(0), 2 => 0..4_u32];
    let priority = prop_oneof![3 => Just(0), 1 => -2..3_i32];
    let span = prop_oneof![2 => 0..4_u64, 4 => 0..1_500_u64, 1 => 0..6_000_u64];
    prop_oneof![
        12 => (costs.clone(), priority, lane, max_delay)
            .prop_map(|(costs, priority, lane, max_delay)| Step::Submit { costs, priority, lane, max_delay }),
        6 => any::<usize>().prop_map(Step::Finish),
        1 => (any::<usize>(), costs).prop_map(|(which, costs)| Step::Settle(which, costs)),
        2 => any::<usize>().prop_map(Step::Cancel),
        1 => (0..3_000_u64).prop_map(Step::Pause),
        1 => Just(Step::Resume),
        1 => (shares, 0..6_u64).prop_map(|(shares, concurrency)| Step::SetShare(shares, concurrency)),
        1 => limits.prop_map(Step::SetLimits),
        8 => span.prop_map(Step::Wait),
    ]
}

/// Rules, and up to 80 steps under them.
pub(crate) fn scripts() -> impl Strategy<Value = (Rules, Vec<Step>)> {
    rules().prop_flat_map(|rules| {
        let steps = prop::collection::vec(step(&rules), 1..80);
        (Just(rules), steps)
    })
}
