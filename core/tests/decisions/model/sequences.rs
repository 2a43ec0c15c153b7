//! Random policies and calls, and the two ways to run a property.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use tollgate_core::{Algorithm, Policy, Span};

/// Fails the test where the property does not hold. `PROPTEST_CASES` overrides the number of cases.
pub(crate) fn hold<T: Debug>(
    cases: u32,
    inputs: impl Strategy<Value = T>,
    property: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { Config::default().cases } else { cases };
    let outcome = TestRunner::new(config(cases)).run(&inputs, property);
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// Fails the test where the property does hold: for rules that are known to be wrong.
pub(crate) fn must_fail<T: Debug>(inputs: impl Strategy<Value = T>, property: impl Fn(T) -> Result<(), TestCaseError>) {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(Config { max_shrink_iters: 0, ..config(5_000) }, rng).run(&inputs, property);
    assert!(matches!(outcome, Err(TestError::Fail(..))), "a wrong rule passed: {outcome:?}");
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Small limits and short windows, so that sequences of calls meet every edge.
pub(crate) fn policy(algorithm: Algorithm) -> impl Strategy<Value = Policy> {
    let window = prop_oneof![Just(1_000), Just(1_001), 1_000..5_000_u64, Just(1_000_000)];
    let burst = prop_oneof![2 => Just(None), 1 => (1..15_u64).prop_map(Some)];
    (1..15_u64, window, burst).prop_map(move |(limit, window, burst)| Policy {
        limit,
        window: Span::from_micros(window),
        algorithm,
        burst: burst.filter(|_| algorithm == Algorithm::TokenBucket),
        ..Policy::default()
    })
}

/// Up to 60 calls as `(now, cost)`: bursts, steps of a few microseconds, of parts of the window, and pauses.
pub(crate) fn calls(policy: &Policy) -> impl Strategy<Value = Vec<(u64, u64)>> + use<> {
    let window = policy.window.as_micros();
    let step = prop_oneof![
        4 => Just(0),
        2 => 1..4_u64,
        4 => (1..25_u64, 0..3_u64).prop_map(move |(tenths, off)| (window * tenths / 10 + off).saturating_sub(1)),
        3 => 0..=window,
        1 => 0..=3 * window,
    ];
    let cost = prop_oneof![6 => Just(1), 3 => 1..6_u64, 1 => 0..20_u64];
    let steps = prop::collection::vec((step, cost), 1..60);
    (0..3 * window, steps).prop_map(|(start, steps)| {
        let mut now = start;
        steps
            .into_iter()
            .map(|(step, cost)| {
                now += step;
                (now, cost)
            })
            .collect()
    })
}
