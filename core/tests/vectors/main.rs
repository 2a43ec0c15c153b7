//! The conformance vectors: the limiter answers what the files say, and the generator still writes those files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

#[path = "../../examples/vectors/generator.rs"]
mod generator;
mod reading;

use std::collections::HashMap;

use reading::{amounts, list, policy, retry_after, state, stored, whole};
use serde_json::Value;
use tollgate_core::{Cost, Decision, Limiter, LimiterConfig, PolicyState, Request, Span, Timestamp};

#[test]
fn the_generator_writes_the_same_bytes() {
    let mut made = generator::files().expect("valid policies");
    made.sort();
    let names = |files: &[(String, String)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let stored = stored();
    assert_eq!(names(&made), names(&stored));
    for ((name, made), (_, stored)) in made.iter().zip(&stored) {
        let changed = made.lines().zip(stored.lines()).position(|(made, stored)| made != stored);
        assert!(made == stored, "{name} differs from line {changed:?} on: run the example `vectors`");
    }
}

#[test]
fn the_limiter_answers_what_the_vectors_say() {
    let mut steps = 0;
    for (file, text) in stored() {
        let parsed: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(parsed["format"], 1);
        for case in list(&parsed["cases"]) {
            steps += replay(case, &format!("{file}: {}", case["name"]));
        }
    }
    assert!(steps > 2_000, "only {steps} steps");
}

/// Plays one case; returns how many steps it has.
fn replay(case: &Value, at: &str) -> usize {
    let policies = list(&case["policies"]).iter().map(policy).collect();
    let mut limiter = Limiter::new(LimiterConfig { policies, ..LimiterConfig::default() }).expect("valid policies");
    let mut decided = HashMap::new();
    for (index, step) in list(&case["steps"]).iter().enumerate() {
        if let Some(decision) = play(&mut limiter, step, &decided) {
            assert_answer(&decision, &step["expect"], &format!("{at}, step {index}"));
            decided.insert(index, decision);
        }
    }
    list(&case["steps"]).len()
}

fn play(limiter: &mut Limiter, step: &Value, decided: &HashMap<usize, Decision>) -> Option<Decision> {
    let key = step["key"].as_str().expect("a key").as_bytes();
    let now = Timestamp::from_micros(whole(&step["now"]));
    let (cost, limits) = (amounts(&step["cost"]), amounts(&step["limits"]));
    let request = Request { cost: Cost::Each(&cost), limits: &limits };
    let earlier = || &decided[&(whole(&step["decision"]) as usize)];
    match step["op"].as_str().expect("an op") {
        "consume" => return Some(limiter.consume(key, request, now)),
        "peek" => return Some(limiter.peek(key, request, now)),
        "refund" => limiter.refund(key, earlier(), now),
        "settle" => limiter.settle(key, earlier(), Cost::Each(&cost), now),
        "reset" => limiter.reset(key, now),
        "block" => limiter.block(key, Span::from_micros(whole(&step["spanMicros"])), now),
        other => panic!("unknown op {other}"),
    }
    None
}

fn assert_answer(decision: &Decision, expected: &Value, at: &str) {
    assert_eq!(Value::from(decision.allowed), expected["allowed"], "{at}: allowed");
    assert_eq!(Value::from(decision.blocked), expected["blocked"], "{at}: blocked");
    assert_eq!(decision.binding as u64, whole(&expected["binding"]), "{at}: binding");
    assert_eq!(decision.retry_after, retry_after(&expected["retryAfterMicros"]), "{at}: retry_after");
    let states: Vec<PolicyState> = decision.policies().copied().collect();
    let expected: Vec<PolicyState> = list(&expected["policies"]).iter().map(state).collect();
    assert_eq!(states, expected, "{at}");
}
