//! What a property asks of the thing it is held against: one key, one policy, one verb.

use tollgate_core::{Limiter, LimiterConfig, Policy, RetryAfter, Timestamp};

use super::rules::ExactRule;

/// A rule under test.
pub(crate) trait Subject {
    fn consume(&mut self, cost: u64, now: u64) -> Answer;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) retry_after: RetryAfter,
    pub(crate) remaining: u64,
}

impl Answer {
    pub(crate) fn allowed(&self) -> bool {
        self.retry_after == RetryAfter::Now
    }
}

/// The limiter itself, with one key.
pub(crate) struct Tollgate(Limiter);

impl Tollgate {
    pub(crate) fn new(policy: &Policy) -> Self {
        let config = LimiterConfig { policies: vec![policy.clone()], max_keys: 16, ..LimiterConfig::default() };
        Self(Limiter::new(config).expect("a valid policy"))
    }
}

impl Subject for Tollgate {
    fn consume(&mut self, cost: u64, now: u64) -> Answer {
        let decision = self.0.consume(b"key", cost, Timestamp::from_micros(now));
        assert_eq!(decision.allowed, decision.retry_after == RetryAfter::Now);
        Answer { retry_after: decision.retry_after, remaining: decision.binding_policy().remaining }
    }
}

/// An exact rule as a subject: the properties must hold for the model too.
pub(crate) struct Modelled<R>(pub(crate) R);

impl<R: ExactRule> Subject for Modelled<R> {
    fn consume(&mut self, cost: u64, now: u64) -> Answer {
        let retry_after = self.0.retry_after(cost, now);
        if retry_after == RetryAfter::Now {
            self.0.charge(cost, now);
        }
        Answer { retry_after, remaining: self.0.remaining(now) }
    }
}
