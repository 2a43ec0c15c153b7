//! Stores that are slow, that die, and that come back.

use proptest::prelude::*;
use tollgate_core::{Ask, Breaker, BreakerConfig, Span, Timestamp};

use super::rules::configs;
use super::watch::Watched;

const DEADLINE: u64 = 250_000;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn usual() -> Breaker {
    Breaker::new(BreakerConfig::default()).unwrap()
}

/// One caller after the other, each waiting for its answer or the deadline, until `end`.
struct Callers {
    breaker: Watched<Breaker>,
    now: u64,
    waited: u32,
}

impl Callers {
    fn new(config: BreakerConfig) -> Self {
        Self { breaker: Watched::new(Breaker::new(config).unwrap(), config), now: 0, waited: 0 }
    }

    /// Asks a store that never answers.
    fn ask_dead(&mut self) -> Result<(), TestCaseError> {
        let ask = self.breaker.may_ask(self.now)?;
        if ask != Ask::No {
            self.now += DEADLINE;
            self.waited += 1;
            self.breaker.failed(ask, self.now);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_the_first_calls_and_the_probes_wait_on_a_dead_store(
        config in configs(),
        pauses in prop::collection::vec(0..400_000_u64, 1..300),
    ) {
        let mut callers = Callers::new(config);
        for pause in &pauses {
            callers.now += pause;
            callers.ask_dead()?;
        }
        prop_assert!(callers.waited <= config.failures + callers.breaker.probes);
        let between = config.first_delay.as_micros() / 2 + DEADLINE;
        prop_assert!(u64::from(callers.breaker.probes) <= callers.now / between + 1);
    }

    #[test]
    fn a_store_that_answers_again_is_asked_again_within_the_bound(
        config in configs(),
        back_at in 0..60_000_000_u64,
        step in 1..20_000_u64,
    ) {
        let mut callers = Callers::new(config);
        while callers.now < back_at {
            callers.now += step;
            callers.ask_dead()?;
        }
        let back_at = callers.now;
        loop {
            let ask = callers.breaker.may_ask(callers.now)?;
            if ask != Ask::No {
                callers.breaker.succeeded(ask, callers.now);
                break;
            }
            callers.now += step;
        }
        prop_assert!(callers.now < back_at + config.max_delay.as_micros() + step);
        prop_assert_eq!(callers.breaker.may_ask(callers.now)?, Ask::Yes);
    }

    #[test]
    fn a_store_that_fails_less_often_in_a_row_is_always_asked(
        config in configs(),
        rows in prop::collection::vec(0..6_u32, 1..50),
    ) {
        let mut breaker = Watched::new(Breaker::new(config).unwrap(), config);
        for (now, row) in (0..).zip(rows) {
            for _ in 0..row.min(config.failures - 1) {
                prop_assert_eq!(breaker.may_ask(now)?, Ask::Yes);
                breaker.failed(Ask::Yes, now);
            }
            prop_assert_eq!(breaker.may_ask(now)?, Ask::Yes);
            breaker.succeeded(Ask::Yes, now);
        }
    }
}

#[test]
fn a_pause_that_swallows_the_two_calls_in_flight_does_not_open_it() {
    let mut breaker = usual();
    breaker.failed(Ask::Yes, at(250));
    breaker.failed(Ask::Yes, at(250));
    assert_eq!(breaker.may_ask(at(250)), Ask::Yes);
    breaker.answered_late(at(300));
    breaker.answered_late(at(300));
    breaker.succeeded(Ask::Yes, at(301));
    breaker.failed(Ask::Yes, at(600));
    assert!(!breaker.is_open());
}

#[test]
fn a_store_that_always_answers_too_late_is_left_alone() {
    let mut breaker = usual();
    for i in 0..3 {
        assert_eq!(breaker.may_ask(at(300 * i)), Ask::Yes);
        breaker.failed(Ask::Yes, at(300 * i + 250));
        breaker.answered_late(at(300 * i + 300));
    }
    assert_eq!(breaker.may_ask(at(900)), Ask::No);
    assert_eq!(breaker.openings(), 1);
}

#[test]
fn a_sign_of_life_brings_the_next_probe_forward_to_the_first_delay() {
    let mut breaker = usual();
    (0..3).for_each(|_| breaker.failed(Ask::Yes, at(0)));
    let mut now = at(0);
    for _ in 0..6 {
        now = breaker.poll_timeout().unwrap();
        assert_eq!(breaker.may_ask(now), Ask::Probe);
        breaker.failed(Ask::Probe, now);
    }
    assert!(breaker.poll_timeout().unwrap() >= now.saturating_add(Span::from_secs(1)));
    breaker.answered_late(now);
    assert_eq!(breaker.poll_timeout(), Some(now.saturating_add(Span::from_millis(100))));
}

#[test]
fn an_answer_to_a_call_from_before_the_opening_closes_it() {
    let mut breaker = usual();
    assert_eq!(breaker.may_ask(at(0)), Ask::Yes);
    (0..3).for_each(|_| breaker.failed(Ask::Yes, at(1)));
    assert_eq!(breaker.may_ask(at(2)), Ask::No);
    breaker.succeeded(Ask::Yes, at(3));
    assert_eq!(breaker.may_ask(at(3)), Ask::Yes);
}

#[test]
fn delays_double_to_the_bound_and_begin_anew_after_a_success() {
    let (mut breaker, mut now) = (usual(), at(0));
    for _ in 0..2 {
        (0..3).for_each(|_| breaker.failed(Ask::Yes, now));
        for delay in [100, 200, 400, 800, 1_600, 2_000, 2_000] {
            let wait = breaker.poll_timeout().unwrap().saturating_since(now);
            assert!(wait >= Span::from_millis(delay / 2) && wait <= Span::from_millis(delay), "{delay}: {wait:?}");
            now = now.saturating_add(wait);
            assert_eq!(breaker.may_ask(now), Ask::Probe);
            breaker.failed(Ask::Probe, now);
        }
        breaker.succeeded(Ask::Yes, now);
    }
}

#[test]
fn processes_do_not_probe_in_step() {
    let mut due: Vec<_> = (0..100)
        .map(|seed| {
            let mut breaker = Breaker::new(BreakerConfig { seed, ..BreakerConfig::default() }).unwrap();
            (0..3).for_each(|_| breaker.failed(Ask::Yes, at(0)));
            breaker.poll_timeout().unwrap()
        })
        .collect();
    due.sort();
    due.dedup();
    assert!(due.len() > 90, "{}", due.len());
}

#[test]
fn time_that_goes_backwards_is_no_time() {
    let mut breaker = usual();
    (0..3).for_each(|_| breaker.failed(Ask::Yes, at(10_000)));
    assert_eq!(breaker.may_ask(at(0)), Ask::No);
    assert_eq!(breaker.may_ask(at(10_100)), Ask::Probe);
    breaker.failed(Ask::Probe, at(0));
    assert!(breaker.poll_timeout().unwrap() >= at(10_200));
}

#[test]
fn settings_out_of_bounds_are_told() {
    let told = |config: BreakerConfig| Breaker::new(config).unwrap_err().to_string();
    let usual = BreakerConfig::default;
    assert_eq!(
        told(BreakerConfig { failures: 0, ..usual() }),
        "failures: 0 is not allowed; expected a whole number from 1 to 1000"
    );
    assert_eq!(
        told(BreakerConfig { first_delay: Span::ZERO, ..usual() }),
        "firstDelay: 0 ms is not allowed; expected 1 ms to 10 minutes"
    );
    assert_eq!(
        told(BreakerConfig { max_delay: Span::from_millis(99), ..usual() }),
        "maxDelay: 99 ms is not allowed; expected firstDelay to 10 minutes"
    );
}
