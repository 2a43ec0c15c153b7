//! The conformance vectors: this limiter answers what the core does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

use std::collections::HashMap;
use std::fs;
use std::future::{Future, ready};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tollgate::{Algorithm, Clock, Cost, Decision, Policy, RateLimiter, RetryAfter};

/// A clock that is set, also back.
#[derive(Clone, Default)]
struct SetClock(Arc<AtomicU64>);

impl Clock for SetClock {
    fn now(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, _duration: Duration) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

/// So few that they are all in one shard, which takes the time of one for that of all, as the vectors do.
const ONE_SHARD: usize = 500;

#[test]
fn the_limiter_answers_what_the_vectors_say() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut steps = 0;
    for entry in fs::read_dir(directory).expect("tests/vectors") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(&path).expect("a vector file");
            let file: Value = serde_json::from_str(&text).expect("JSON");
            steps += list(&file["cases"]).iter().map(|case| replay(case, &path)).sum::<usize>();
        }
    }
    assert!(steps > 2_000, "only {steps} steps");
}

fn replay(case: &Value, path: &Path) -> usize {
    let clock = SetClock::default();
    let policies: Vec<Policy> = list(&case["policies"]).iter().map(policy).collect();
    let policies = tollgate::Policies::new(policies);
    let limiter = RateLimiter::builder(policies).max_keys(ONE_SHARD).clock(clock.clone()).build().expect("valid");
    let mut decided = HashMap::new();
    for (index, step) in list(&case["steps"]).iter().enumerate() {
        clock.0.store(whole(&step["now"]), Ordering::Relaxed);
        if let Some(decision) = play(&limiter, step, &decided) {
            assert_answer(&decision, &step["expect"], &format!("{path:?}, {}, step {index}", case["name"]));
            decided.insert(index, decision);
        }
    }
    list(&case["steps"]).len()
}

fn play(limiter: &RateLimiter<SetClock>, step: &Value, decided: &HashMap<usize, Decision>) -> Option<Decision> {
    let key = step["key"].as_str().expect("a key");
    let cost = Cost::from(amounts(&step["cost"]));
    let request = || cost.clone().limits(amounts(&step["limits"]));
    let earlier = || decided[&(whole(&step["decision"]) as usize)].clone();
    match step["op"].as_str().expect("an op") {
        "consume" => return Some(limiter.check_n(key, request())),
        "peek" => return Some(limiter.peek_n(key, request())),
        "refund" => limiter.refund(key, earlier()),
        "settle" => limiter.settle(key, earlier(), cost),
        "reset" => limiter.reset(key),
        "block" => limiter.block(key, Duration::from_micros(whole(&step["spanMicros"]))),
        other => panic!("unknown op {other}"),
    }
    None
}

fn assert_answer(decision: &Decision, expected: &Value, at: &str) {
    assert_eq!(Value::from(decision.allowed), expected["allowed"], "{at}: allowed");
    assert_eq!(Value::from(decision.blocked()), expected["blocked"], "{at}: blocked");
    assert_eq!(decision.policy.get() as u64, whole(&expected["binding"]), "{at}: binding");
    assert_eq!(micros(decision.retry_after), expected["retryAfterMicros"], "{at}: retry_after");
    let states: Vec<_> = decision.policies().collect();
    assert_eq!(states.len(), list(&expected["policies"]).len(), "{at}: policies");
    for (state, expected) in states.iter().zip(list(&expected["policies"])) {
        let numbers = [state.limit, state.remaining, state.reset_after.as_micros() as u64, state.charged];
        let names = ["limit", "remaining", "resetAfterMicros", "charged"];
        assert_eq!(numbers, names.map(|name| whole(&expected[name])), "{at}: {}", state.name);
        assert_eq!(micros(state.retry_after), expected["retryAfterMicros"], "{at}: {}", state.name);
    }
    let binding = &states[decision.policy.get()];
    let told = (decision.limit, decision.remaining, decision.reset_after, decision.policy_name());
    assert_eq!(told, (binding.limit, binding.remaining, binding.reset_after, binding.name), "{at}: binding policy");
}

fn micros(retry: RetryAfter) -> Value {
    match retry {
        RetryAfter::Now => 0.into(),
        RetryAfter::Never => (-1).into(),
        RetryAfter::After(time) => (time.as_micros() as u64).into(),
    }
}

fn policy(value: &Value) -> Policy {
    let name = value["name"].as_str().expect("a name").to_owned().leak();
    let algorithm = Algorithm::from_name(value["algorithm"].as_str().expect("a name")).expect("an algorithm");
    let window = Duration::from_micros(whole(&value["windowMicros"]));
    let policy = Policy::new(whole(&value["limit"]), window).named(name);
    let policy = value.get("burst").map_or(policy, |burst| policy.burst(whole(burst))).algorithm(algorithm);
    let block = value.get("blockForMicros").map(|span| Duration::from_micros(whole(span)));
    block.map_or(policy, |block| policy.block_for(block))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// An absent list is an empty one.
fn amounts(value: &Value) -> Vec<u64> {
    value.as_array().map_or(Vec::new(), |amounts| amounts.iter().map(whole).collect())
}

fn whole(value: &Value) -> u64 {
    value.as_u64().expect("a whole number")
}
