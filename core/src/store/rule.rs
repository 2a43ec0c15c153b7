//! The algorithms over states that a script has answered.

use crate::decision::{PolicyState, RetryAfter};
use crate::limit::{Arrival, FixedWindow, Rule, SlidingWindow, TokenBucket, Window};
use crate::policy::{Algorithm, CheckedPolicy};
use crate::time::{MAX_SAFE_INTEGER, Span, Timestamp};

/// One policy's arithmetic.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StoredRule {
    Fixed(FixedWindow<Window>),
    Sliding(SlidingWindow),
    Bucket(TokenBucket<Arrival>),
}

/// What `decide.lua` has to know of a policy, besides its limit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Terms {
    /// Microseconds of a fixed window, or of a sliding window's tenth.
    pub(crate) window: u64,
    /// The largest cost that can ever fit.
    pub(crate) most: u64,
    /// Microseconds and rest of the time in which an empty bucket fills.
    pub(crate) fill: (u64, u64),
}

impl StoredRule {
    pub(crate) fn new(policy: &CheckedPolicy) -> Self {
        let CheckedPolicy { limit, window, burst, .. } = *policy;
        match policy.algorithm {
            Algorithm::FixedWindow => Self::Fixed(FixedWindow::new(limit, window)),
            Algorithm::SlidingWindow => Self::Sliding(SlidingWindow::new(limit, window)),
            Algorithm::TokenBucket => Self::Bucket(TokenBucket::new(limit, window, burst)),
        }
    }

    pub(crate) fn limit(self) -> u64 {
        match self {
            Self::Fixed(rule) => rule.limit(),
            Self::Sliding(rule) => rule.limit(),
            Self::Bucket(rule) => rule.limit(),
        }
    }

    /// The same under the limit of a call; 0 for its own.
    pub(crate) fn under(self, limit: u64) -> Self {
        let limit = limit.min(MAX_SAFE_INTEGER);
        match self {
            _ if limit == 0 => self,
            Self::Fixed(rule) => Self::Fixed(rule.with_limit(limit)),
            Self::Sliding(rule) => Self::Sliding(rule.with_limit(limit)),
            Self::Bucket(rule) => Self::Bucket(rule.with_limit(limit)),
        }
    }

    /// Its number in the scripts.
    pub(crate) fn kind(self) -> u64 {
        match self {
            Self::Fixed(_) => 1,
            Self::Sliding(_) => 2,
            Self::Bucket(_) => 3,
        }
    }

    pub(crate) fn terms(self) -> Terms {
        match self {
            Self::Fixed(rule) => {
                let window = rule.longest_charge().as_micros();
                Terms { window, most: rule.limit(), ..Terms::default() }
            }
            Self::Sliding(rule) => Terms { window: rule.part(), most: rule.limit(), ..Terms::default() },
            Self::Bucket(rule) => Terms { window: 0, most: rule.capacity(), fill: rule.tolerance().parts() },
        }
    }

    /// The time that a cost takes to flow in: microseconds, and a rest over the limit.
    pub(crate) fn step(self, cost: u64) -> (u64, u64) {
        match self {
            Self::Bucket(rule) => rule.step(cost).parts(),
            _ => (0, 0),
        }
    }

    /// How many numbers of a reply are its state.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::Fixed(_) | Self::Bucket(_) => 2,
            Self::Sliding(_) => 12,
        }
    }

    /// The longest time for which a charge can be given back.
    pub(crate) fn longest_charge(self) -> Span {
        match self {
            Self::Fixed(rule) => rule.longest_charge(),
            Self::Sliding(rule) => rule.longest_charge(),
            Self::Bucket(rule) => rule.longest_charge(),
        }
    }

    /// What a state says about a cost; `None` where there are too few numbers.
    pub(crate) fn read(self, words: &[u64], cost: u64, now: Timestamp) -> Option<PolicyState> {
        match (self, words) {
            (Self::Fixed(rule), &[used, ends, ..]) => {
                Some(told(&rule, &Window::new(Timestamp::from_millis(ends), used), cost, now))
            }
            (Self::Sliding(rule), &[newest, ref counts @ ..]) => {
                Some(told(&rule, &rule.state(newest, counts.get(..11)?), cost, now))
            }
            (Self::Bucket(rule), &[micros, rest, ..]) => Some(told(&rule, &Arrival::of(micros, rest), cost, now)),
            _ => None,
        }
    }
}

fn told<R: Rule>(rule: &R, state: &R::State, cost: u64, now: Timestamp) -> PolicyState {
    let standing = rule.standing(state, now);
    PolicyState {
        limit: rule.limit(),
        remaining: standing.remaining,
        reset_after: standing.reset_after,
        retry_after: rule.retry_after(state, cost, now),
        charged: 0,
    }
}

/// What a policy says whose state was charged.
pub(crate) fn charged(state: PolicyState, cost: u64) -> PolicyState {
    PolicyState { retry_after: RetryAfter::Now, charged: cost, ..state }
}
