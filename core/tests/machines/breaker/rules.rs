//! Any sequence of calls and reports keeps the rules; breakers that are wrong on purpose do not.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use tollgate_core::{Ask, Breaker, BreakerConfig, Span, Timestamp};

use super::watch::{Subject, Watched};

#[derive(Clone, Copy, Debug)]
enum Step {
    Ask,
    /// Ends one of the calls that are out.
    End {
        which: usize,
        well: bool,
    },
    Late,
}

pub(super) fn configs() -> impl Strategy<Value = BreakerConfig> {
    let delays = (1..300_u64, 0..3_000_u64);
    (1..6_u32, delays, any::<u64>()).prop_map(|(failures, (first, more), seed)| BreakerConfig {
        failures,
        first_delay: Span::from_millis(first),
        max_delay: Span::from_millis(first + more),
        seed,
    })
}

fn steps() -> impl Strategy<Value = Vec<(u64, Step)>> {
    let step = prop_oneof![
        4 => Just(Step::Ask),
        3 => any::<usize>().prop_map(|which| Step::End { which, well: false }),
        1 => any::<usize>().prop_map(|which| Step::End { which, well: true }),
        1 => Just(Step::Late),
    ];
    let pause = prop_oneof![3 => Just(0), 3 => 1..50_000_u64, 2 => 0..4_000_000_u64];
    prop::collection::vec((pause, step), 1..120)
}

fn keeps_the_rules<S: Subject>(
    subject: S,
    config: BreakerConfig,
    steps: Vec<(u64, Step)>,
) -> Result<(), TestCaseError> {
    let mut breaker = Watched::new(subject, config);
    let (mut now, mut out) = (0, Vec::new());
    for (pause, step) in steps {
        now += pause;
        match step {
            Step::Ask => match breaker.may_ask(now)? {
                Ask::No => {}
                ask => out.push(ask),
            },
            Step::End { .. } if out.is_empty() => {}
            Step::End { which, well: true } => breaker.succeeded(out.remove(which % out.len()), now),
            Step::End { which, well: false } => breaker.failed(out.remove(which % out.len()), now),
            Step::Late => breaker.answered_late(now),
        }
    }
    Ok(())
}

#[test]
fn whatever_is_reported_the_rules_hold() {
    let config = Config { cases: 4_000, failure_persistence: None, ..Config::default() };
    let property = |(config, steps)| keeps_the_rules(Breaker::new(config).unwrap(), config, steps);
    TestRunner::new(config).run(&(configs(), steps()), property).unwrap();
}

/// What a wrong breaker does otherwise.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// It cannot tell whose end is reported.
    EveryEndIsTheProbes,
    /// A call that was answered too late counts as one that was answered.
    LateIsWell,
    /// A failed call from before the opening holds the probe back.
    StragglersDelay,
    /// It does not hear signs of life.
    DeafToLate,
}

struct Wrong(Breaker, Fault);

impl Subject for Wrong {
    fn may_ask(&mut self, now: Timestamp) -> Ask {
        self.0.may_ask(now)
    }
    fn succeeded(&mut self, ask: Ask, now: Timestamp) {
        self.0.succeeded(ask, now);
    }
    fn failed(&mut self, ask: Ask, now: Timestamp) {
        match self.1 {
            Fault::EveryEndIsTheProbes => self.0.failed(Ask::Probe, now),
            Fault::StragglersDelay if self.0.poll_timeout().is_some() => self.0.failed(Ask::Probe, now),
            _ => self.0.failed(ask, now),
        }
    }
    fn answered_late(&mut self, now: Timestamp) {
        match self.1 {
            Fault::LateIsWell => self.0.succeeded(Ask::Yes, now),
            Fault::DeafToLate => {}
            _ => self.0.answered_late(now),
        }
    }
}

#[test]
fn breakers_that_are_wrong_are_caught() {
    for fault in [Fault::EveryEndIsTheProbes, Fault::LateIsWell, Fault::StragglersDelay, Fault::DeafToLate] {
        let config = Config { cases: 4_000, max_shrink_iters: 0, failure_persistence: None, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let outcome = TestRunner::new_with_rng(config, rng).run(&(configs(), steps()), |(config, steps)| {
            keeps_the_rules(Wrong(Breaker::new(config).unwrap(), fault), config, steps)
        });
        assert!(matches!(outcome, Err(TestError::Fail(..))), "{fault:?} passed: {outcome:?}");
    }
}
