//! What a limiter answers.

use alloc::vec::Vec;

use crate::time::{Span, Timestamp};

/// When a refused call may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// At once: the call was allowed, or a peek found room.
    Now,
    /// After this time, exactly: refused one microsecond before it, allowed at it if nothing else arrives.
    After(Span),
    /// Never: the cost is above what the policy can ever hold.
    Never,
}

impl PolicyState {
    /// What no policy says.
    pub(crate) const NONE: Self =
        Self { limit: 0, remaining: 0, reset_after: Span::ZERO, retry_after: RetryAfter::Now, charged: 0 };
}

impl RetryAfter {
    /// The later of two answers; [`RetryAfter::Never`] is the latest.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Now, x) | (x, Self::Now) => x,
            (Self::After(a), Self::After(b)) => Self::After(if a > b { a } else { b }),
        }
    }
}

/// One policy's part of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyState {
    /// The limit in force for this call: the policy's own, or the one given with the call.
    pub limit: u64,
    /// What is left after this decision, in units of cost.
    pub remaining: u64,
    /// Time until this policy's state is as if never used, when nothing else arrives.
    pub reset_after: Span,
    /// When this policy would let a refused call through; [`RetryAfter::Now`] where it did not object.
    pub retry_after: RetryAfter,
    /// What this decision took from the policy: its cost when allowed, 0 when refused or only peeked at.
    pub charged: u64,
}

/// The answer to "may this go now?".
///
/// It keeps what every policy said, because the header dialects list them all, and what was taken and
/// when, so that a refund or a settlement can name the decision it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Decision {
    /// Whether the call may go.
    pub allowed: bool,
    /// Index of the binding policy: where refused, the one that holds the call back longest; where
    /// allowed, the one with the smallest share of its limit left.
    pub binding: usize,
    /// When a refused call may be tried again: the latest of all policies and of a block.
    pub retry_after: RetryAfter,
    /// The limiter's time at which this was decided.
    pub at: Timestamp,
    /// Whether the key was blocked, or was blocked by this very call.
    pub blocked: bool,
    first: PolicyState,
    rest: Vec<PolicyState>,
}

impl Decision {
    /// What the only policy said at `at`.
    #[inline]
    pub(crate) fn single(at: Timestamp, state: PolicyState) -> Self {
        let allowed = state.retry_after == RetryAfter::Now;
        Self { allowed, binding: 0, retry_after: state.retry_after, at, blocked: false, first: state, rest: Vec::new() }
    }

    /// Joins what several policies said at `at`: allowed where all allow.
    pub fn from_policies(at: Timestamp, mut states: impl Iterator<Item = PolicyState>) -> Self {
        let mut decision = Self::single(at, states.next().unwrap_or(PolicyState::NONE));
        decision.rest = states.collect();
        decision.join();
        decision
    }

    /// Makes one answer of what the policies say. Apart from the above, so that its code is there once.
    fn join(&mut self) {
        self.retry_after = self.policies().fold(RetryAfter::Now, |latest, state| latest.max(state.retry_after));
        self.allowed = self.retry_after == RetryAfter::Now;
        self.binding = self.tightest();
    }

    /// How many policies answered; never 0.
    #[must_use]
    pub fn policy_count(&self) -> usize {
        self.rest.len().saturating_add(1)
    }

    /// What the policy at `index` said, in the order of the limiter's policies.
    #[must_use]
    pub fn policy(&self, index: usize) -> Option<&PolicyState> {
        match index.checked_sub(1) {
            None => Some(&self.first),
            Some(i) => self.rest.get(i),
        }
    }

    /// What every policy said, in the order of the limiter's policies.
    pub fn policies(&self) -> impl Iterator<Item = &PolicyState> + Clone {
        core::iter::once(&self.first).chain(&self.rest)
    }

    /// Indices of the policies that refused the call: by their count, or by the block that they started.
    pub fn violated(&self) -> impl Iterator<Item = usize> {
        let by_count = |(i, state): (usize, &PolicyState)| (state.retry_after != RetryAfter::Now).then_some(i);
        let by_block = (self.blocked && self.binding_policy().retry_after == RetryAfter::Now).then_some(self.binding);
        self.policies().enumerate().filter_map(by_count).chain(by_block)
    }

    fn tightest(&self) -> usize {
        let mut binding = (0, &self.first);
        for candidate in self.policies().enumerate().skip(1) {
            let binds = if self.allowed { less_left(candidate.1, binding.1) } else { later(candidate.1, binding.1) };
            if binds {
                binding = candidate;
            }
        }
        binding.0
    }

    /// What the binding policy said.
    #[must_use]
    pub fn binding_policy(&self) -> &PolicyState {
        self.policy(self.binding).unwrap_or(&self.first)
    }
}

/// Whether `a` has a smaller share of its limit left than `b`.
fn less_left(a: &PolicyState, b: &PolicyState) -> bool {
    u128::from(a.remaining).saturating_mul(u128::from(b.limit))
        < u128::from(b.remaining).saturating_mul(u128::from(a.limit))
}

/// Whether `a` holds a call back longer than `b`.
fn later(a: &PolicyState, b: &PolicyState) -> bool {
    a.retry_after != b.retry_after && a.retry_after.max(b.retry_after) == a.retry_after
}
