//! Whatever is asked: what the cache denies, the store denies; caches that are wrong on purpose are caught.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use tollgate_core::{
    Algorithm, Cost, Decision, Denials, DenialsConfig, Limiter, LimiterConfig, Policy, Request, RetryAfter, Span,
    Timestamp,
};

const MAX_AGE: Span = Span::from_millis(2);

#[derive(Clone, Debug)]
enum Step {
    Call {
        key: u8,
        costs: Vec<u64>,
        limits: Vec<u64>,
        /// Microseconds for which the call is on its way to the store.
        way: u64,
        /// Whether the answer takes until a later step.
        slow: bool,
    },
    /// The slow answers arrive.
    Arrive,
    Reset {
        key: u8,
    },
    Refund {
        decision: usize,
    },
    Block {
        key: u8,
        micros: u64,
    },
}

/// How a cache is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    EveryCost,
    EveryLimit,
    NeverForgets,
    TimeFromTheAnswer,
    ForgetsOnlyThePast,
}

/// A denial that is still on its way back.
struct Answer {
    key: u8,
    costs: Vec<u64>,
    limits: Vec<u64>,
    decision: Decision,
    asked: Timestamp,
}

struct Case {
    store: Limiter,
    cache: Denials,
    fault: Fault,
    now: u64,
    allowed: Vec<(u8, Decision)>,
    on_their_way: Vec<Answer>,
    forgot: Timestamp,
    answered: u32,
}

impl Case {
    fn new(policies: &[Policy], fault: Fault) -> Self {
        let limits = policies.iter().map(|policy| policy.limit).collect();
        let config = LimiterConfig { policies: policies.to_vec(), ..LimiterConfig::default() };
        let cache = DenialsConfig { limits, max_age: MAX_AGE, max_keys: 64, seed: [3, 4] };
        let (store, cache) = (Limiter::new(config).unwrap(), Denials::new(cache).unwrap());
        Self {
            store,
            cache,
            fault,
            now: 0,
            allowed: Vec::new(),
            on_their_way: Vec::new(),
            forgot: Timestamp::ZERO,
            answered: 0,
        }
    }

    fn step(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Call { key, costs, limits, way, slow } => self.call(key, &costs, &limits, way, slow)?,
            Step::Arrive => self.arrive(),
            Step::Reset { key } => {
                self.store.reset(&[key], Timestamp::from_micros(self.now));
                self.forget(key);
            }
            Step::Block { key, micros } => {
                self.store.block(&[key], Span::from_micros(micros), Timestamp::from_micros(self.now));
                self.forget(key);
            }
            Step::Refund { decision } => {
                if !self.allowed.is_empty() {
                    let (key, decision) = self.allowed.swap_remove(decision % self.allowed.len());
                    self.store.refund(&[key], &decision, Timestamp::from_micros(self.now));
                    self.forget(key);
                }
            }
        }
        Ok(())
    }

    fn forget(&mut self, key: u8) {
        self.forgot = Timestamp::from_micros(self.now);
        match self.fault {
            Fault::NeverForgets => {}
            Fault::ForgetsOnlyThePast => self.cache.forget(&[key], Timestamp::ZERO),
            _ => self.cache.forget(&[key], Timestamp::from_micros(self.now)),
        }
    }

    fn arrive(&mut self) {
        for Answer { key, costs, limits, decision, asked } in self.on_their_way.drain(..) {
            let request = Request { cost: Cost::Each(&costs), limits: &limits };
            self.cache.learn(&[key], request, &decision, asked);
        }
    }

    fn call(&mut self, key: u8, costs: &[u64], limits: &[u64], way: u64, slow: bool) -> Result<(), TestCaseError> {
        let request = Request { cost: Cost::Each(costs), limits };
        let asked = Timestamp::from_micros(self.now);
        let sought = match self.fault {
            Fault::EveryCost => Request { cost: Cost::All(u64::MAX), limits },
            Fault::EveryLimit => Request { cost: Cost::Each(costs), limits: &[] },
            _ => request,
        };
        if let Some(known) = self.cache.find(&[key], sought, asked) {
            self.answered += 1;
            let truth = self.store.peek(&[key], request, asked);
            prop_assert!(!known.allowed && !truth.allowed, "{known:?} {truth:?}");
            prop_assert_eq!(known.retry_after.max(truth.retry_after), truth.retry_after);
            prop_assert_eq!(known.at, asked);
            return Ok(());
        }
        self.now += way;
        let decided = Timestamp::from_micros(self.now);
        let decision = self.store.consume(&[key], request, decided);
        if decision.allowed {
            self.allowed.push((key, decision));
        } else if slow {
            self.on_their_way.push(Answer { key, costs: costs.to_vec(), limits: limits.to_vec(), decision, asked });
        } else {
            let from = if self.fault == Fault::TimeFromTheAnswer { self.now + 200 } else { asked.as_micros() };
            self.cache.learn(&[key], request, &decision, Timestamp::from_micros(from));
            self.ends_in_time(key, request, &decision, asked)?;
        }
        Ok(())
    }

    /// A denial is not remembered at its `retry_after`, nor at the greatest age.
    fn ends_in_time(
        &self,
        key: u8,
        request: Request<'_>,
        denied: &Decision,
        asked: Timestamp,
    ) -> Result<(), TestCaseError> {
        let life = match denied.retry_after {
            RetryAfter::After(span) => span.min(MAX_AGE),
            _ => MAX_AGE,
        };
        let end = asked.saturating_add(life);
        let known = |at| self.cache.find(&[key], request, at).is_some();
        if self.fault == Fault::None && asked > self.forgot {
            prop_assert!(known(end.saturating_sub(Span::from_micros(1))), "too short");
        }
        prop_assert!(!known(end), "too long");
        Ok(())
    }
}

fn policies() -> impl Strategy<Value = Vec<Policy>> {
    let one = (prop::sample::select(Algorithm::ALL.to_vec()), 1..8_u64, 1_000..6_000_u64, any::<Option<bool>>());
    let one = one.prop_map(|(algorithm, limit, window, block)| Policy {
        algorithm,
        limit,
        window: Span::from_micros(window),
        block_for: block.filter(|block| *block).map(|_| Span::from_millis(3)),
        ..Policy::default()
    });
    prop::collection::vec(one, 1..4).prop_map(|mut policies| {
        for (i, policy) in policies.iter_mut().enumerate() {
            policy.name = Some(i.to_string());
        }
        policies
    })
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let limits = prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(0..8_u64, 0..4)];
    let call = (0..2_u8, prop::collection::vec(0..5_u64, 0..4), limits, 0..150_u64, any::<bool>());
    let step = prop_oneof![
        20 => call.prop_map(|(key, costs, limits, way, slow)| Step::Call { key, costs, limits, way, slow }),
        6 => Just(Step::Arrive),
        1 => (0..2_u8).prop_map(|key| Step::Reset { key }),
        2 => any::<usize>().prop_map(|decision| Step::Refund { decision }),
        1 => (0..2_u8, 0..5_000_u64).prop_map(|(key, micros)| Step::Block { key, micros }),
    ];
    prop::collection::vec((prop_oneof![3 => Just(0), 2 => 0..800_u64], step), 1..80)
}

fn run(fault: Fault, policies: &[Policy], steps: Vec<(u64, Step)>) -> Result<u32, TestCaseError> {
    let mut case = Case::new(policies, fault);
    for (pause, step) in steps {
        case.now += pause;
        case.step(step)?;
    }
    Ok(case.answered)
}

fn config() -> Config {
    Config { cases: 4_000, max_shrink_iters: 2_000, failure_persistence: None, ..Config::default() }
}

#[test]
fn what_the_cache_denies_the_store_denies() {
    let answered = std::cell::Cell::new(0);
    let property = |(policies, steps): (Vec<_>, _)| {
        answered.set(answered.get() + run(Fault::None, &policies, steps)?);
        Ok(())
    };
    TestRunner::new(config()).run(&(policies(), steps()), property).unwrap();
    assert!(answered.get() > 100, "the cache answered only {} times", answered.get());
}

#[test]
fn caches_that_are_wrong_are_caught() {
    for fault in
        [Fault::EveryCost, Fault::EveryLimit, Fault::NeverForgets, Fault::TimeFromTheAnswer, Fault::ForgetsOnlyThePast]
    {
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let outcome = TestRunner::new_with_rng(Config { max_shrink_iters: 0, ..config() }, rng)
            .run(&(policies(), steps()), |(policies, steps)| run(fault, &policies, steps).map(drop));
        assert!(matches!(outcome, Err(TestError::Fail(..))), "{fault:?} passed: {outcome:?}");
    }
}
