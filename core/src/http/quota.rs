//! What header fields tell about a policy.

use alloc::vec::Vec;

use crate::decision::{Decision, PolicyState, RetryAfter};
use crate::policy::CheckedPolicy;
use crate::time::Span;

/// What header fields tell about one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota<'a> {
    /// Name of the policy. Characters outside printable ASCII, which no field value may hold, are
    /// written as `?`.
    pub name: &'a str,
    /// Length of its window, written in whole seconds, a fraction rounded up: a client that spreads its
    /// calls over the longer time stays within the limit. Below one second,
    /// [`Draft11`](super::Dialect::Draft11) leaves it out; [`Draft7`](super::Dialect::Draft7) and
    /// [`Draft6`](super::Dialect::Draft6), which require it, say one second.
    pub window: Span,
    /// The limit in force.
    pub limit: u64,
    /// What is left.
    pub remaining: u64,
    /// Time until the policy is as if never used.
    pub reset_after: Span,
    /// When the policy would let a refused call through; [`RetryAfter::Now`] where it did not object.
    pub retry_after: RetryAfter,
}

impl<'a> Quota<'a> {
    /// What `policy` said in a decision.
    #[must_use]
    pub fn new(policy: &'a CheckedPolicy, state: &PolicyState) -> Self {
        Self {
            name: &policy.name,
            window: policy.window,
            limit: state.limit,
            remaining: state.remaining,
            reset_after: state.reset_after,
            retry_after: state.retry_after,
        }
    }

    /// Seconds until there is room, rounded up: for the refused call where this policy refused it, so that
    /// it is never later than `Retry-After`; else for as much as the policy allows at all.
    pub(super) fn room_after_secs(&self) -> u64 {
        match self.retry_after {
            RetryAfter::After(span) => span.as_secs_ceil(),
            RetryAfter::Now | RetryAfter::Never => self.reset_after.as_secs_ceil(),
        }
    }

    /// The window in whole seconds, rounded up; none below one.
    pub(super) fn window_secs(&self) -> Option<u64> {
        (self.window >= Span::from_secs(1)).then(|| self.window.as_secs_ceil())
    }
}

/// What each of a limiter's policies said in a decision, in their order. Of a blocked key, the binding
/// policy has nothing left until the block ends.
#[must_use]
pub fn quotas<'a>(policies: &'a [CheckedPolicy], decision: &Decision) -> Vec<Quota<'a>> {
    let mut quotas: Vec<_> =
        policies.iter().zip(decision.policies()).map(|(policy, state)| Quota::new(policy, state)).collect();
    if let Some(binding) = quotas.get_mut(decision.binding).filter(|_| decision.blocked) {
        binding.remaining = 0;
        binding.retry_after = decision.retry_after;
    }
    quotas
}
