//! What a limiter answers.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use tollgate_core::PolicyState as CoreState;

use crate::span::duration;
use crate::terms::Terms;

/// Who decided. So "limited" and "the store failed" are never confused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// This process, from its memory.
    Memory,
    /// The store that processes share.
    Store,
    /// This process, which remembers that the store has refused the call.
    Cache,
    /// This process, with its share of the limit: the store failed.
    Local,
    /// Nobody: the store failed, and then calls go.
    Open,
    /// Nobody: the store failed, and then calls are refused.
    Closed,
}

impl Source {
    /// Its name in logs: `memory`, `store`, `cache`, `local`, `open` or `closed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Store => "store",
            Self::Cache => "cache",
            Self::Local => "local",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// Whether the call was counted anywhere.
    #[must_use]
    pub const fn is_counted(self) -> bool {
        !matches!(self, Self::Open | Self::Closed)
    }
}

/// When a refused call may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// At once: the call was allowed, or a peek found room.
    Now,
    /// After this time, exactly: refused a microsecond before it, allowed at it if nothing else arrives.
    After(Duration),
    /// Never: it costs more than the policy can ever hold.
    Never,
}

impl From<tollgate_core::RetryAfter> for RetryAfter {
    #[inline]
    fn from(retry: tollgate_core::RetryAfter) -> Self {
        match retry {
            tollgate_core::RetryAfter::Now => Self::Now,
            tollgate_core::RetryAfter::After(span) => Self::After(duration(span)),
            tollgate_core::RetryAfter::Never => Self::Never,
        }
    }
}

/// The place of a policy in the list that its limiter was made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyIndex(usize);

impl PolicyIndex {
    /// Counted from 0.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

/// One policy's part of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyState {
    /// Name of the policy.
    pub name: &'static str,
    /// The limit in force for this call: the policy's own, or the one given with the call.
    pub limit: u64,
    /// What is left after this decision, in units of cost.
    pub remaining: u64,
    /// Time until this policy is as if never used, when nothing else arrives.
    pub reset_after: Duration,
    /// When this policy would let a refused call through; [`RetryAfter::Now`] where it did not object.
    pub retry_after: RetryAfter,
    /// What this decision took: the cost when allowed, 0 when refused or only peeked at.
    pub charged: u64,
}

/// The answer to "may this go now?".
///
/// Numbers of one policy are those of the binding one: where refused, the one that holds the call back longest; where
/// allowed, the one with the smallest share of its limit left. [`Decision::policies`] lists all.
///
/// A `Decision` is also what a call took: [`RateLimiter::settle`](crate::RateLimiter::settle) and
/// [`RateLimiter::refund`](crate::RateLimiter::refund) give it back, and take the decision for it.
#[must_use]
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Whether the call may go.
    pub allowed: bool,
    /// The limit in force.
    pub limit: u64,
    /// What is left after this decision, in units of cost.
    pub remaining: u64,
    /// When a refused call may be tried again: the latest of all policies and of a block.
    pub retry_after: RetryAfter,
    /// Time until the binding policy is as if never used, when nothing else arrives.
    pub reset_after: Duration,
    /// The binding policy.
    pub policy: PolicyIndex,
    /// Who decided.
    pub source: Source,
    pub(crate) core: tollgate_core::Decision,
    pub(crate) terms: Terms,
}

impl Decision {
    #[inline]
    pub(crate) fn new(core: tollgate_core::Decision, source: Source, terms: Terms) -> Self {
        let binding = core.binding_policy();
        Self {
            allowed: core.allowed,
            limit: binding.limit,
            remaining: binding.remaining,
            retry_after: core.retry_after.into(),
            reset_after: duration(binding.reset_after),
            policy: PolicyIndex(core.binding),
            source,
            core,
            terms,
        }
    }

    /// This decision where the call may go, an error where it may not: for `?`.
    ///
    /// ```
    /// use tollgate::{Denied, Policy, RateLimiter};
    /// fn upload(limiter: &RateLimiter, user: u64) -> Result<u64, Denied> {
    ///     Ok(limiter.check(user).into_result()?.remaining)
    /// }
    /// let limiter = RateLimiter::new(Policy::per_hour(1))?;
    /// assert_eq!(upload(&limiter, 7).ok(), Some(0));
    /// assert_eq!(upload(&limiter, 7).unwrap_err().to_string(), "refused by policy \"default\" (1 per 3600 s): try again in 3600 s");
    /// # Ok::<(), tollgate::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`Denied`] where the call may not go.
    pub fn into_result(self) -> Result<Self, Denied> {
        if self.allowed { Ok(self) } else { Err(Denied(Box::new(self))) }
    }

    /// Whether the key was blocked, or was blocked by this very call.
    #[must_use]
    pub fn blocked(&self) -> bool {
        self.core.blocked
    }

    /// Name of the binding policy.
    #[must_use]
    pub fn policy_name(&self) -> &'static str {
        name_of(self.terms, self.policy.get())
    }

    /// What every policy said, in the order of the limiter's policies.
    pub fn policies(&self) -> impl Iterator<Item = PolicyState> {
        self.core.policies().enumerate().map(|(i, state)| state_of(self.terms, i, state))
    }

    /// Names of the policies that refused the call.
    pub fn violated(&self) -> impl Iterator<Item = &'static str> {
        self.core.violated().map(|i| name_of(self.terms, i))
    }
}

fn name_of(terms: Terms, index: usize) -> &'static str {
    terms.get(index).map_or("", |policy| &policy.name)
}

fn state_of(terms: Terms, index: usize, state: &CoreState) -> PolicyState {
    PolicyState {
        name: name_of(terms, index),
        limit: state.limit,
        remaining: state.remaining,
        reset_after: duration(state.reset_after),
        retry_after: state.retry_after.into(),
        charged: state.charged,
    }
}

/// A call that may not go, as an error.
#[derive(Clone, Debug, PartialEq)]
pub struct Denied(Box<Decision>);

impl Denied {
    /// The decision.
    pub fn decision(&self) -> &Decision {
        &self.0
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decision = &self.0;
        if decision.source == Source::Closed {
            return f.write_str("refused because the rate limit could not be checked: try again soon");
        }
        if decision.blocked() {
            f.write_str("refused because the caller is blocked")?;
        } else {
            let window = decision.terms.get(decision.policy.get()).map_or(0, |policy| policy.window.as_secs_ceil());
            let name = decision.policy_name();
            write!(f, "refused by policy {name:?} ({} per {window} s)", decision.limit)?;
        }
        match decision.core.retry_after {
            tollgate_core::RetryAfter::Never => f.write_str(": it costs more than can ever fit"),
            tollgate_core::RetryAfter::Now => Ok(()),
            tollgate_core::RetryAfter::After(span) => write!(f, ": try again in {} s", span.as_secs_ceil()),
        }
    }
}

impl Error for Denied {}
