//! Every vector, replayed by the scripts: to the bit, but for the times of fixed windows.

use std::collections::HashMap;

use serde_json::Value;
use tollgate_core::store::Op;
use tollgate_core::{Cost, Decision, PolicyState, Request, RetryAfter, Span, Timestamp};

use crate::reading::{amounts, list, policy, retry_after, state, stored, whole};
use crate::server::Server;
use crate::store::Store;

/// Microseconds by which the times of fixed windows may differ: Redis counts expiry in milliseconds, and a little real
/// time passes between setting a TTL and reading it.
const TOLERANCE: u64 = 50_000;

#[test]
fn the_scripts_answer_what_the_vectors_say() {
    let server = Server::start();
    let mut connection = server.connect();
    let mut steps = 0;
    for (file, text) in stored() {
        let parsed: Value = serde_json::from_str(&text).expect("JSON");
        for case in list(&parsed["cases"]) {
            let policies = list(&case["policies"]).iter().map(policy).collect();
            let mut store = Store::new(&mut connection, policies);
            steps += replay(&mut store, case, &format!("{file}: {}", case["name"]));
            store.assert_all_expire();
        }
    }
    assert!(steps > 2_000, "only {steps} steps");
}

fn replay(store: &mut Store<'_>, case: &Value, at: &str) -> usize {
    let fixed: Vec<bool> = list(&case["policies"]).iter().map(|policy| policy["algorithm"] == "fixed-window").collect();
    let mut decided = HashMap::new();
    for (index, step) in list(&case["steps"]).iter().enumerate() {
        if let Some(decision) = play(store, step, &decided) {
            assert_answer(&decision, &step["expect"], &fixed, &format!("{at}, step {index}"));
            decided.insert(index, decision);
        }
    }
    list(&case["steps"]).len()
}

fn play(store: &mut Store<'_>, step: &Value, decided: &HashMap<usize, Decision>) -> Option<Decision> {
    let key = step["key"].as_str().expect("a key");
    let now = Timestamp::from_micros(whole(&step["now"]));
    let (cost, limits) = (amounts(&step["cost"]), amounts(&step["limits"]));
    let request = Request { cost: Cost::Each(&cost), limits: &limits };
    let earlier = || &decided[&(whole(&step["decision"]) as usize)];
    match step["op"].as_str().expect("an op") {
        "consume" => return Some(store.decide(Op::Consume, key, request, now)),
        "peek" => return Some(store.decide(Op::Peek, key, request, now)),
        "refund" => store.settle(key, earlier(), Cost::All(0), now),
        "settle" => store.settle(key, earlier(), Cost::Each(&cost), now),
        "reset" => store.reset(key, now),
        "block" => store.block(key, Span::from_micros(whole(&step["spanMicros"])), now),
        other => panic!("unknown op {other}"),
    }
    None
}

fn assert_answer(decision: &Decision, expected: &Value, fixed: &[bool], at: &str) {
    let any_fixed = fixed.contains(&true);
    assert_eq!(Value::from(decision.allowed), expected["allowed"], "{at}: allowed, {decision:?}");
    assert_eq!(Value::from(decision.blocked), expected["blocked"], "{at}: blocked");
    assert_retry(decision.retry_after, retry_after(&expected["retryAfterMicros"]), any_fixed, at);
    let states: Vec<PolicyState> = list(&expected["policies"]).iter().map(state).collect();
    assert_eq!(decision.policies().count(), states.len(), "{at}");
    for ((told, expected), &is_fixed) in decision.policies().zip(states).zip(fixed) {
        assert_eq!(
            (told.limit, told.remaining, told.charged),
            (expected.limit, expected.remaining, expected.charged),
            "{at}"
        );
        assert_retry(told.retry_after, expected.retry_after, is_fixed, at);
        assert_span(told.reset_after, expected.reset_after, is_fixed, at);
    }
    if !any_fixed {
        assert_eq!(decision.binding as u64, whole(&expected["binding"]), "{at}: binding");
    }
}

fn assert_retry(told: RetryAfter, expected: RetryAfter, is_fixed: bool, at: &str) {
    match (told, expected) {
        (RetryAfter::After(told), RetryAfter::After(expected)) => assert_span(told, expected, is_fixed, at),
        (told, expected) => assert_eq!(told, expected, "{at}: retry_after"),
    }
}

fn assert_span(told: Span, expected: Span, is_fixed: bool, at: &str) {
    let tolerance = if is_fixed { TOLERANCE } else { 0 };
    let apart = told.as_micros().abs_diff(expected.as_micros());
    assert!(apart <= tolerance, "{at}: {told:?} instead of {expected:?}");
}
