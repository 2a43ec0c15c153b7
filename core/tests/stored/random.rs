//! Random policies and calls: the scripts answer what a limiter in memory answers at the same time, to the bit.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tollgate_core::{
    Algorithm, Cost, Decision, Limiter, LimiterConfig, MAX_SAFE_INTEGER, Policy, Request, Span, Timestamp,
};

use crate::server::Server;
use crate::store::Store;

const KEYS: [&str; 3] = ["ann", "{bob}%", "größe 🔑"];

/// What one caller asks.
#[derive(Clone, Debug)]
struct Asked {
    key: usize,
    costs: Vec<u64>,
    limits: Vec<u64>,
}

#[derive(Clone, Debug)]
enum Step {
    /// In one call, one after the other.
    Consume(Vec<Asked>),
    Peek(Asked),
    /// Corrects an earlier decision: its place, counted from the latest.
    Settle(usize, Vec<u64>),
    Reset(usize),
    Block(usize, u64),
    /// Lets a part of the first window pass, in hundredths.
    Pass(u64),
}

#[test]
fn the_scripts_answer_what_memory_answers() {
    let server = Server::start();
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    runner
        .run(&(policies(), prop::collection::vec(step(), 1..40)), |(policies, steps)| {
            compare(&server, policies, &steps);
            Ok(())
        })
        .unwrap();
}

fn policies() -> impl Strategy<Value = Vec<Policy>> {
    prop::collection::vec(policy(), 1..4).prop_map(|mut policies| {
        for (i, policy) in policies.iter_mut().enumerate() {
            policy.name = Some(format!("policy {i};"));
        }
        policies
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let limit = prop_oneof![6 => 1..12_u64, 1 => 1_000..1_000_000_u64, 1 => Just(MAX_SAFE_INTEGER)];
    let window = prop_oneof![1_000..5_000_000_u64, Just(60_000_000), Just(1_001_001)];
    let algorithm = prop::sample::select(Algorithm::ALL.to_vec());
    let (burst, block_for) = (prop::option::of(1..20_u64), prop::option::weighted(0.2, 1_000..9_000_000_u64));
    (limit, window, algorithm, burst, block_for).prop_map(|(limit, window, algorithm, burst, block_for)| Policy {
        limit,
        window: Span::from_micros(window),
        algorithm,
        burst: burst.filter(|_| algorithm == Algorithm::TokenBucket),
        block_for: block_for.map(Span::from_micros),
        ..Policy::default()
    })
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..KEYS.len();
    prop_oneof![
        8 => prop::collection::vec(asked(), 1..5).prop_map(Step::Consume),
        2 => asked().prop_map(Step::Peek),
        3 => (0..6_usize, costs()).prop_map(|(back, costs)| Step::Settle(back, costs)),
        1 => key.clone().prop_map(Step::Reset),
        1 => (key, 1..3_000_000_u64).prop_map(|(key, micros)| Step::Block(key, micros)),
        6 => (0..130_u64).prop_map(Step::Pass),
    ]
}

fn asked() -> impl Strategy<Value = Asked> {
    let limit = prop_oneof![3 => Just(0), 2 => 1..9_u64, 1 => Just(MAX_SAFE_INTEGER)];
    let limits = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(limit, 3)];
    (0..KEYS.len(), costs(), limits).prop_map(|(key, costs, limits)| Asked { key, costs, limits })
}

fn costs() -> impl Strategy<Value = Vec<u64>> {
    let cost = prop_oneof![2 => Just(0), 8 => Just(1), 4 => 2..6_u64, 1 => Just(MAX_SAFE_INTEGER - 1)];
    prop_oneof![3 => Just(vec![1; 3]), 2 => prop::collection::vec(cost, 3)]
}

/// Plays the steps on both, and compares every decision.
fn compare(server: &Server, mut policies: Vec<Policy>, steps: &[Step]) {
    // Fixed windows end with a millisecond: where there is one, all is in whole ones.
    let any_fixed = policies.iter().any(|policy| policy.algorithm == Algorithm::FixedWindow);
    let unit = if any_fixed { 1_000 } else { 1 };
    for policy in policies.iter_mut().filter(|_| any_fixed) {
        policy.window = Span::from_micros(policy.window.as_micros().div_ceil(unit) * unit);
    }
    let window = policies[0].window.as_micros();
    let config = LimiterConfig { policies: policies.clone(), ..LimiterConfig::default() };
    let Ok(mut memory) = Limiter::new(config) else { return };
    let mut store = Store::new(server, policies);
    let mut decided: Vec<(usize, Decision)> = Vec::new();
    let mut now = 1_700_000_000_000_000;
    for (index, step) in steps.iter().enumerate() {
        let at = Timestamp::from_micros(now);
        match step {
            Step::Consume(asked) => {
                let told = store.consume_all(&requests(asked), at);
                for (asked, told) in asked.iter().zip(told) {
                    let expected = memory.consume(KEYS[asked.key].as_bytes(), request(asked), at);
                    assert_eq!(told, expected, "step {index}");
                    decided.push((asked.key, told));
                }
            }
            Step::Peek(asked) => {
                let expected = memory.peek(KEYS[asked.key].as_bytes(), request(asked), at);
                assert_eq!(store.peek(KEYS[asked.key], request(asked), at), expected, "step {index}");
            }
            Step::Settle(back, costs) if *back < decided.len() => {
                // A caller settles a decision once.
                let (key, decision) = decided.remove(decided.len() - 1 - back);
                memory.settle(KEYS[key].as_bytes(), &decision, Cost::Each(costs), at);
                store.settle(KEYS[key], &decision, Cost::Each(costs), at);
            }
            Step::Settle(..) => {}
            Step::Reset(key) => {
                memory.reset(KEYS[*key].as_bytes(), at);
                store.reset(KEYS[*key], at);
            }
            Step::Block(key, micros) => {
                memory.block(KEYS[*key].as_bytes(), Span::from_micros(*micros), at);
                store.block(KEYS[*key], Span::from_micros(*micros), at);
            }
            Step::Pass(hundredths) => now += (window / 100 * hundredths).div_ceil(unit) * unit,
        }
        store.assert_all_expire();
    }
}

fn requests(asked: &[Asked]) -> Vec<(&'static str, Request<'_>)> {
    asked.iter().map(|asked| (KEYS[asked.key], request(asked))).collect()
}

fn request(asked: &Asked) -> Request<'_> {
    Request { cost: Cost::Each(&asked.costs), limits: &asked.limits }
}
