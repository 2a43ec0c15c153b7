//! The conformance vectors: the limiter answers what the files say, and the generator still writes those files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

#[path = "../examples/vectors/generator.rs"]
mod generator;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tollgate_core::{
    Algorithm, Cost, Decision, Limiter, LimiterConfig, MAX_SAFE_INTEGER, Policy, PolicyState, Request, RetryAfter,
    Span, Timestamp,
};

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

/// Every vector file, by its name.
fn stored() -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(directory())
        .expect("tests/vectors")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (name(&path), fs::read_to_string(&path).expect("a vector file")))
        .collect();
    files.sort();
    files
}

fn name(path: &std::path::Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

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

fn policy(value: &Value) -> Policy {
    Policy {
        name: Some(value["name"].as_str().expect("a name").to_owned()),
        limit: whole(&value["limit"]),
        window: Span::from_micros(whole(&value["windowMicros"])),
        algorithm: Algorithm::from_name(value["algorithm"].as_str().expect("a name")).expect("an algorithm"),
        burst: value.get("burst").map(whole),
        block_for: value.get("blockForMicros").map(|span| Span::from_micros(whole(span))),
    }
}

fn state(value: &Value) -> PolicyState {
    PolicyState {
        limit: whole(&value["limit"]),
        remaining: whole(&value["remaining"]),
        reset_after: Span::from_micros(whole(&value["resetAfterMicros"])),
        retry_after: retry_after(&value["retryAfterMicros"]),
        charged: whole(&value["charged"]),
    }
}

fn retry_after(value: &Value) -> RetryAfter {
    match value.as_i64() {
        Some(-1) => RetryAfter::Never,
        Some(0) => RetryAfter::Now,
        _ => RetryAfter::After(Span::from_micros(whole(value))),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// An absent list is an empty one.
fn amounts(value: &Value) -> Vec<u64> {
    value.as_array().map_or(Vec::new(), |amounts| amounts.iter().map(whole).collect())
}

/// A whole number that a double holds exactly.
fn whole(value: &Value) -> u64 {
    value.as_u64().filter(|number| *number <= MAX_SAFE_INTEGER).expect("a whole number below 2^53")
}
