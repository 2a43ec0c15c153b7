//! Every vector, replayed by the scripts, to the bit.
//!
//! In Redis a fixed window ends with a millisecond. Cases of nothing else are replayed a thousand times slower, a
//! microsecond of theirs as a millisecond. Where such times would pass 2^53, and where fixed windows come together with
//! others, cases are replayed at whole milliseconds, and compared with a limiter in memory at the same times.

use std::collections::HashMap;

use serde_json::{Value, json};
use tollgate_core::{
    Algorithm, Cost, Decision, Limiter, LimiterConfig, MAX_SAFE_INTEGER, Policy, PolicyState, Request, Span, Timestamp,
};

use crate::reading::{amounts, list, policy, retry_after, state, stored, whole};
use crate::server::Server;
use crate::store::Store;

const MILLI: u64 = 1_000;

#[test]
fn the_scripts_answer_what_the_vectors_say() {
    let server = Server::start();
    let (mut steps, mut beside) = (0, 0);
    for (file, text) in stored() {
        let parsed: Value = serde_json::from_str(&text).expect("JSON");
        for case in list(&parsed["cases"]) {
            let at = format!("{file}: {}", case["name"]);
            let policies: Vec<Policy> = list(&case["policies"]).iter().map(policy).collect();
            steps += list(&case["steps"]).len();
            let is_fixed = |policy: &Policy| policy.algorithm == Algorithm::FixedWindow;
            let slower = policies.iter().all(is_fixed).then(|| slowed_down(case)).flatten();
            if let Some(slower) = slower {
                replay(&server, &slower, &at);
            } else if policies.iter().any(is_fixed) {
                beside += 1;
                replay_beside_memory(&server, case, &at);
            } else {
                replay(&server, case, &at);
            }
        }
    }
    assert!(steps > 2_000, "only {steps} steps");
    assert!(beside < 30, "{beside} cases are not compared with what their vectors say");
}

/// The case with all times a thousand times as long, where they stay within bounds.
fn slowed_down(case: &Value) -> Option<Value> {
    let mut slower = case.clone();
    stretch(&mut slower)?;
    let in_bounds = |policy: &Value| whole(&policy["windowMicros"]) <= Policy::MAX_WINDOW.as_micros();
    list(&slower["policies"]).iter().all(in_bounds).then_some(slower)
}

fn stretch(value: &mut Value) -> Option<()> {
    match value {
        Value::Array(values) => values.iter_mut().try_for_each(stretch),
        Value::Object(fields) => fields.iter_mut().try_for_each(|(name, value)| {
            let is_time = name == "now" || name.ends_with("Micros");
            match value.as_u64().filter(|_| is_time) {
                Some(micros) if micros > MAX_SAFE_INTEGER / MILLI / 2 => None,
                Some(micros) => {
                    *value = json!(micros * MILLI);
                    Some(())
                }
                None => stretch(value),
            }
        }),
        _ => Some(()),
    }
}

fn replay(server: &Server, case: &Value, at: &str) {
    let mut store = Store::new(server, list(&case["policies"]).iter().map(policy).collect());
    let mut decided = HashMap::new();
    for (index, step) in list(&case["steps"]).iter().enumerate() {
        let now = Timestamp::from_micros(whole(&step["now"]));
        if let Some(decision) = play(&mut store, step, now, &decided) {
            assert_answer(&decision, &step["expect"], &format!("{at}, step {index}"));
            decided.insert(index, decision);
        }
        store.assert_all_expire();
    }
}

fn play(store: &mut Store<'_>, step: &Value, now: Timestamp, decided: &HashMap<usize, Decision>) -> Option<Decision> {
    let key = step["key"].as_str().expect("a key");
    let (cost, limits) = (amounts(&step["cost"]), amounts(&step["limits"]));
    let request = Request { cost: Cost::Each(&cost), limits: &limits };
    let earlier = || &decided[&(whole(&step["decision"]) as usize)];
    match step["op"].as_str().expect("an op") {
        "consume" => return Some(store.consume(key, request, now)),
        "peek" => return Some(store.peek(key, request, now)),
        "refund" => store.settle(key, earlier(), Cost::All(0), now),
        "settle" => store.settle(key, earlier(), Cost::Each(&cost), now),
        "reset" => store.reset(key, now),
        "block" => store.block(key, Span::from_micros(whole(&step["spanMicros"])), now),
        other => panic!("unknown op {other}"),
    }
    None
}

fn assert_answer(decision: &Decision, expected: &Value, at: &str) {
    let told = (decision.allowed, decision.blocked, decision.binding as u64, decision.retry_after);
    let flag = |name: &str| expected[name].as_bool().expect("a flag");
    let wanted =
        (flag("allowed"), flag("blocked"), whole(&expected["binding"]), retry_after(&expected["retryAfterMicros"]));
    let states: Vec<PolicyState> = decision.policies().copied().collect();
    let expected: Vec<PolicyState> = list(&expected["policies"]).iter().map(state).collect();
    assert_eq!(states, expected, "{at}");
    assert_eq!(told, wanted, "{at}: allowed, blocked, binding, retry_after");
}

/// Plays a case at whole milliseconds, with windows of whole milliseconds, on a limiter in memory too.
fn replay_beside_memory(server: &Server, case: &Value, at: &str) {
    let whole_millis = |micros: u64| micros.div_ceil(MILLI) * MILLI;
    let mut policies: Vec<Policy> = list(&case["policies"]).iter().map(policy).collect();
    for policy in &mut policies {
        policy.window = Span::from_micros(whole_millis(policy.window.as_micros()));
    }
    let mut limiter = Limiter::new(LimiterConfig { policies: policies.clone(), ..LimiterConfig::default() }).unwrap();
    let mut store = Store::new(server, policies);
    let mut decided: HashMap<usize, Decision> = HashMap::new();
    for (index, step) in list(&case["steps"]).iter().enumerate() {
        let now = Timestamp::from_micros(whole(&step["now"]) / MILLI * MILLI);
        let key = step["key"].as_str().expect("a key").as_bytes();
        let (cost, limits) = (amounts(&step["cost"]), amounts(&step["limits"]));
        let request = Request { cost: Cost::Each(&cost), limits: &limits };
        let earlier: Option<Decision> = step["decision"].as_u64().map(|at| decided[&(at as usize)].clone());
        let expected = match (step["op"].as_str().expect("an op"), earlier) {
            ("consume", _) => Some(limiter.consume(key, request, now)),
            ("peek", _) => Some(limiter.peek(key, request, now)),
            ("refund", Some(earlier)) => {
                limiter.refund(key, &earlier, now);
                None
            }
            ("settle", Some(earlier)) => {
                limiter.settle(key, &earlier, Cost::Each(&cost), now);
                None
            }
            ("reset", _) => {
                limiter.reset(key, now);
                None
            }
            ("block", _) => {
                limiter.block(key, Span::from_micros(whole(&step["spanMicros"])), now);
                None
            }
            other => panic!("unknown op {other:?}"),
        };
        let told = play(&mut store, step, now, &decided);
        assert_eq!(told, expected, "{at}, step {index}");
        told.and_then(|decision| decided.insert(index, decision));
        store.assert_all_expire();
    }
}
