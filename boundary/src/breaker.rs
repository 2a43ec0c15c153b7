//! The calls of a breaker. What it answers, and what is reported of a call, is a number: the index in [`ASKS`].

use tollgate_core::{Ask, Breaker, BreakerConfig, Span, Timestamp};

/// Answers, in the order of their numbers; `js/src/engine.ts` has their twins.
const ASKS: [Ask; 3] = [Ask::No, Ask::Yes, Ask::Probe];

/// What a breaker is made from; what is absent takes the core's default. The numbers have been checked to be whole.
#[derive(Clone, Copy, Debug)]
pub struct EngineBreakerConfig {
    /// See [`BreakerConfig::seed`].
    pub seed: f64,
    /// See [`BreakerConfig::failures`].
    pub failures: Option<f64>,
    /// See [`BreakerConfig::first_delay`], in microseconds.
    pub first_delay_micros: Option<f64>,
    /// See [`BreakerConfig::max_delay`], in microseconds.
    pub max_delay_micros: Option<f64>,
}

impl From<EngineBreakerConfig> for BreakerConfig {
    fn from(given: EngineBreakerConfig) -> Self {
        let default = Self::default();
        let span = |micros: Option<f64>, default| micros.map_or(default, |micros| Span::from_micros(micros as u64));
        Self {
            failures: given.failures.map_or(default.failures, |failures| failures as u32),
            first_delay: span(given.first_delay_micros, default.first_delay),
            max_delay: span(given.max_delay_micros, default.max_delay),
            seed: given.seed as u64,
        }
    }
}

/// Whether a call may go to the store.
#[must_use]
#[inline]
pub fn may_ask(breaker: &mut Breaker, now: f64) -> u32 {
    breaker.may_ask(at(now)) as u32
}

/// A call that had got the answer `ask` was answered in time.
#[inline]
pub fn succeeded(breaker: &mut Breaker, asked: u32, now: f64) {
    breaker.succeeded(ask(asked), at(now));
}

/// A call that had got the answer `ask` failed.
#[inline]
pub fn failed(breaker: &mut Breaker, asked: u32, now: f64) {
    breaker.failed(ask(asked), at(now));
}

/// A call that was given up was answered after all.
pub fn answered_late(breaker: &mut Breaker, now: f64) {
    breaker.answered_late(at(now));
}

/// When the next probe may go, in microseconds; −1 where none is waited for.
#[must_use]
pub fn next_probe(breaker: &Breaker) -> f64 {
    breaker.poll_timeout().map_or(-1.0, |at| at.as_micros() as f64)
}

fn ask(number: u32) -> Ask {
    ASKS.get(number as usize).copied().unwrap_or(Ask::No)
}

fn at(micros: f64) -> Timestamp {
    Timestamp::from_micros(micros as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_their_numbers_are_the_same_list() {
        for (number, ask) in ASKS.into_iter().enumerate() {
            assert_eq!(ask as usize, number);
        }
    }
}
