//! The rules of a breaker, checked at every answer, from nothing but what was asked and reported.

use proptest::prelude::*;
use tollgate_core::{Ask, Breaker, BreakerConfig, Timestamp};

/// A breaker, or something that is known to be a wrong one.
pub(super) trait Subject {
    fn may_ask(&mut self, now: Timestamp) -> Ask;
    fn succeeded(&mut self, ask: Ask, now: Timestamp);
    fn failed(&mut self, ask: Ask, now: Timestamp);
    fn answered_late(&mut self, now: Timestamp);
}

impl Subject for Breaker {
    fn may_ask(&mut self, now: Timestamp) -> Ask {
        let expected = self.poll_timeout();
        let answer = self.may_ask(now);
        assert!(answer != Ask::Probe || expected.is_some_and(|at| at <= now), "{expected:?} {now:?}");
        answer
    }
    fn succeeded(&mut self, ask: Ask, now: Timestamp) {
        self.succeeded(ask, now);
    }
    fn failed(&mut self, ask: Ask, now: Timestamp) {
        self.failed(ask, now);
    }
    fn answered_late(&mut self, now: Timestamp) {
        self.answered_late(now);
    }
}

/// Passes everything on to a breaker, and knows what has happened to it.
pub(super) struct Watched<S> {
    subject: S,
    config: BreakerConfig,
    /// Failures reported since the last success.
    row: u32,
    probe_out: bool,
    /// When it opened, or the last probe failed.
    waits_since: u64,
    late_at: Option<u64>,
    pub(super) probes: u32,
}

impl<S: Subject> Watched<S> {
    pub(super) fn new(subject: S, config: BreakerConfig) -> Self {
        Self { subject, config, row: 0, probe_out: false, waits_since: 0, late_at: None, probes: 0 }
    }

    pub(super) fn may_ask(&mut self, now: u64) -> Result<Ask, TestCaseError> {
        let answer = self.subject.may_ask(Timestamp::from_micros(now));
        let (first, longest) = (self.config.first_delay.as_micros(), self.config.max_delay.as_micros());
        match answer {
            Ask::Yes => prop_assert!(self.row < self.config.failures, "asked after {} failures", self.row),
            Ask::No => {
                prop_assert!(self.row >= self.config.failures, "not asked after {} failures", self.row);
                prop_assert!(self.probe_out || now < self.waits_since + longest, "no probe within the bound");
                let late_bound = self.late_at.is_none_or(|late| now < late + first);
                prop_assert!(self.probe_out || late_bound, "no probe after a sign of life");
            }
            Ask::Probe => {
                prop_assert!(self.row >= self.config.failures && !self.probe_out, "a second probe");
                prop_assert!(now >= self.waits_since + first / 2, "a probe too early");
                self.probe_out = true;
                self.probes += 1;
            }
        }
        Ok(answer)
    }

    pub(super) fn succeeded(&mut self, ask: Ask, now: u64) {
        self.subject.succeeded(ask, Timestamp::from_micros(now));
        self.probe_out &= ask != Ask::Probe;
        self.row = 0;
        self.late_at = None;
    }

    pub(super) fn failed(&mut self, ask: Ask, now: u64) {
        self.subject.failed(ask, Timestamp::from_micros(now));
        self.probe_out &= ask != Ask::Probe;
        self.row = self.row.saturating_add(1);
        if self.row == self.config.failures || (ask == Ask::Probe && self.row > self.config.failures) {
            self.waits_since = now;
            self.late_at = None;
        }
    }

    pub(super) fn answered_late(&mut self, now: u64) {
        self.subject.answered_late(Timestamp::from_micros(now));
        if self.row >= self.config.failures {
            self.late_at = Some(self.late_at.map_or(now, |before| before.min(now)));
        }
    }
}
