//! Random calls, and the two ways to run a property.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use crate::subject::{TTL, Verb};

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
    let outcome = TestRunner::new_with_rng(Config { max_shrink_iters: 0, ..config(5_000) }, rng).run(&inputs, property);
    assert!(matches!(outcome, Err(TestError::Fail(..))), "a wrong rule passed: {outcome:?}");
}

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

pub(crate) fn grace() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(TTL / 3), Just(TTL * 2)]
}

/// Up to 80 calls as `(now, verb)`: two rooms, four ids, three users, sessions that meet and that are late.
pub(crate) fn calls() -> impl Strategy<Value = Vec<(u64, Verb)>> {
    let step = prop_oneof![4 => Just(0), 6 => 0..TTL / 3, 2 => 0..=TTL, 1 => Just(TTL), 1 => 0..3 * TTL];
    prop::collection::vec((step, verb()), 1..80).prop_map(|steps| {
        let mut now = 7;
        steps
            .into_iter()
            .map(|(step, verb)| {
                now += step;
                (now, verb)
            })
            .collect()
    })
}

fn verb() -> impl Strategy<Value = Verb> {
    let place = (0..2_u8, 0..4_u8, 0..3_u64);
    let user = prop_oneof![1 => Just(None), 4 => (0..3_u8).prop_map(Some)];
    let rejoin = (place.clone(), user.clone(), 0..3_u8);
    prop_oneof![
        2 => rejoin.prop_map(|((room, cid, session), user, data)| Verb::Rejoin { room, cid, session, user, data }),
        4 => (place.clone(), user, 0..3_u8).prop_map(|((room, cid, session), user, data)| Verb::Join { room, cid, session, user, data }),
        2 => (place.clone(), 0..3_u8).prop_map(|((room, cid, session), data)| Verb::Update { room, cid, session, data }),
        3 => place.clone().prop_map(|(room, cid, session)| Verb::Heartbeat { room, cid, session }),
        3 => place.prop_map(|(room, cid, session)| Verb::Leave { room, cid, session }),
        2 => Just(Verb::Sweep),
    ]
}
