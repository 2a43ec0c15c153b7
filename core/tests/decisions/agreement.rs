//! Whatever is asked, in whatever order: the limiter answers what the model answers, field for field.

use proptest::prelude::*;
use tollgate_core::{Algorithm, Cost, Decision, Limiter, LimiterConfig, Policy, Request, RetryAfter, Span, Timestamp};

use crate::model::{ModelLimiter, Said, hold, policy};

/// How time moves before a step.
#[derive(Clone, Debug)]
pub(crate) enum Move {
    Stay,
    By(u64),
    Tenths(u64),
    /// To the time at which the last refused call may come again, or one microsecond before it.
    ToRetry {
        early: bool,
    },
    Back(u64),
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Consume { key: u8, costs: Vec<u64>, limits: Vec<u64> },
    Peek { key: u8, costs: Vec<u64>, limits: Vec<u64> },
    Settle { decision: usize, actual: Vec<u64> },
    Refund { decision: usize },
    Reset { key: u8 },
    Block { key: u8, span: u64 },
}

pub(crate) fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        5 => Just(Move::Stay),
        3 => (1..1_500_u64).prop_map(Move::By),
        4 => (1..13_u64).prop_map(Move::Tenths),
        4 => any::<bool>().prop_map(|early| Move::ToRetry { early }),
        1 => (1..5_000_u64).prop_map(Move::Back),
    ]
}

pub(crate) fn steps(policies: usize) -> impl Strategy<Value = Step> {
    let amounts = |most: u64| prop::collection::vec(prop_oneof![4 => 0..4_u64, 1 => 0..most], policies);
    let limits = || prop_oneof![3 => Just(vec![]), 1 => prop::collection::vec(0..4_u64, 0..=policies)];
    let consume = (0..3_u8, amounts(20), limits());
    prop_oneof![
        10 => consume.clone().prop_map(|(key, costs, limits)| Step::Consume { key, costs, limits }),
        3 => consume.prop_map(|(key, costs, limits)| Step::Peek { key, costs, limits }),
        2 => (any::<usize>(), amounts(30)).prop_map(|(decision, actual)| Step::Settle { decision, actual }),
        3 => any::<usize>().prop_map(|decision| Step::Refund { decision }),
        1 => (0..3_u8).prop_map(|key| Step::Reset { key }),
        1 => (0..3_u8, 0..6_000_u64).prop_map(|(key, span)| Step::Block { key, span }),
    ]
}

pub(crate) fn policies() -> impl Strategy<Value = Vec<Policy>> {
    let block_for = prop_oneof![3 => Just(None), 1 => (1_000..8_000_u64).prop_map(Some)];
    let any_policy = prop::sample::select(Algorithm::ALL.to_vec()).prop_flat_map(policy);
    let blocking = (any_policy, block_for)
        .prop_map(|(policy, micros)| Policy { block_for: micros.map(Span::from_micros), ..policy });
    prop::collection::vec(blocking, 1..4).prop_map(|mut policies| {
        for (i, policy) in policies.iter_mut().enumerate() {
            policy.name = Some(i.to_string());
        }
        policies
    })
}

/// Both sides, and what they have decided.
pub(crate) struct Pair {
    pub(crate) limiter: Limiter,
    model: ModelLimiter,
    window: u64,
    now: u64,
    due: Option<u64>,
    /// Decisions that may be settled.
    decided: Vec<(u8, Decision, Said)>,
}

impl Pair {
    pub(crate) fn new(policies: &[Policy], start: u64) -> Self {
        let config = LimiterConfig { policies: policies.to_vec(), max_keys: 64, ..LimiterConfig::default() };
        let limiter = Limiter::new(config).expect("valid policies");
        let window = policies[0].window.as_micros();
        Self { limiter, model: ModelLimiter::new(policies), window, now: start, due: None, decided: Vec::new() }
    }

    pub(crate) fn step(&mut self, by: Move, step: Step) -> Result<(), TestCaseError> {
        self.now = match by {
            Move::Stay => self.now,
            Move::By(micros) => self.now + micros,
            Move::Tenths(tenths) => self.now + self.window * tenths / 10,
            Move::ToRetry { early } => self.due.map_or(self.now, |due| due - u64::from(early)),
            Move::Back(micros) => self.now.saturating_sub(micros),
        };
        let (now, at) = (self.now, Timestamp::from_micros(self.now));
        match step {
            Step::Consume { key, costs, limits } => {
                let decision = self.limiter.consume(&[key], Request { cost: Cost::Each(&costs), limits: &limits }, at);
                let said = self.model.consume(&[key], &costs, &limits, now);
                prop_assert_eq!(Said::from(&decision), said.clone());
                if let RetryAfter::After(span) = said.retry_after {
                    self.due = Some(said.at + span.as_micros());
                }
                // What is decided in the microsecond of a reset, but after it, may or may not be given back.
                if !self.model.was_just_reset(&[key]) {
                    self.decided.push((key, decision, said));
                }
            }
            Step::Peek { key, costs, limits } => {
                let request = Request { cost: Cost::Each(&costs), limits: &limits };
                prop_assert_eq!(
                    Said::from(&self.limiter.peek(&[key], request, at)),
                    self.model.peek(&[key], &costs, &limits, now)
                );
            }
            Step::Settle { decision, actual } => self.settle(decision, Some(&actual), at),
            Step::Refund { decision } => self.settle(decision, None, at),
            Step::Reset { key } => {
                self.limiter.reset(&[key], at);
                self.model.reset(&[key], now);
            }
            Step::Block { key, span } => {
                self.limiter.block(&[key], Span::from_micros(span), at);
                self.model.block(&[key], span, now);
            }
        }
        Ok(())
    }

    fn settle(&mut self, index: usize, actual: Option<&[u64]>, at: Timestamp) {
        if self.decided.is_empty() {
            return;
        }
        let (key, decision, said) = &self.decided[index % self.decided.len()];
        match actual {
            Some(actual) => self.limiter.settle(&[*key], decision, actual, at),
            None => self.limiter.refund(&[*key], decision, at),
        }
        let nothing = vec![0; said.policies.len()];
        self.model.settle(&[*key], said, actual.unwrap_or(&nothing), at.as_micros());
    }
}

#[test]
fn the_limiter_agrees_with_the_model() {
    let inputs = policies().prop_flat_map(|policies| {
        let steps = prop::collection::vec((moves(), steps(policies.len())), 1..80);
        (Just(policies), 0..20_000_u64, steps)
    });
    hold(4_000, inputs, |(policies, start, steps)| {
        let mut pair = Pair::new(&policies, start);
        steps.into_iter().try_for_each(|(by, step)| pair.step(by, step))
    });
}

pub(crate) fn extreme_amount() -> impl Strategy<Value = u64> {
    const MAX: u64 = (1 << 53) - 1;
    prop_oneof![
        prop::sample::select(vec![0, 1, 2, 3, 2_045, 2_046, 2_047, 2_048, 2_049, MAX / 2, MAX - 1, MAX, MAX + 1]),
        Just(u64::MAX),
        0..=MAX,
        0..5_000_u64,
    ]
}

pub(crate) fn extreme_policy() -> impl Strategy<Value = Policy> {
    let limit = extreme_amount().prop_map(|limit| limit.clamp(1, (1 << 53) - 1));
    let longest = Policy::MAX_WINDOW.as_micros();
    let window = prop_oneof![Just(1_000), Just(longest), Just(longest - 1), 1_000..=longest];
    (prop::sample::select(Algorithm::ALL.to_vec()), limit, window).prop_map(|(algorithm, limit, window)| Policy {
        limit,
        window: Span::from_micros(window),
        algorithm,
        ..Policy::default()
    })
}

#[test]
fn the_limiter_agrees_with_the_model_at_the_extremes() {
    let start = prop_oneof![Just(0), Just((1 << 53) - 2_000), Just((1 << 53) - 400_000_000_000_000), 0..(1_u64 << 53)];
    let step = (extreme_amount(), prop_oneof![3 => Just(0), 1 => extreme_amount()], extreme_amount(), 0..5_u8);
    let by = prop_oneof![
        3 => Just(Move::Stay),
        2 => (0..12_u64).prop_map(Move::Tenths),
        2 => any::<bool>().prop_map(|early| Move::ToRetry { early }),
        1 => (0..1_u64 << 50).prop_map(Move::By),
    ];
    let inputs = (extreme_policy(), start, prop::collection::vec((by, step), 1..30));
    hold(4_000, inputs, |(policy, start, steps)| {
        let mut pair = Pair::new(&[policy], start);
        steps.into_iter().try_for_each(|(by, (cost, limit, actual, what))| {
            let step = match what {
                0 => Step::Settle { decision: actual as usize, actual: vec![actual] },
                1 => Step::Refund { decision: actual as usize },
                _ => Step::Consume { key: 0, costs: vec![cost], limits: vec![limit] },
            };
            pair.step(by, step)
        })
    });
}
