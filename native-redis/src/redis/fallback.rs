//! Who decides where the store has not.

use std::time::Duration;

use tollgate_core::{PolicyState, RetryAfter, Span, Timestamp};

use crate::config_error::ConfigError;
use crate::cost::{Cost, Request};
use crate::decision::{Decision, Source};
use crate::memory::RateLimiter;
use crate::policy::Policies;
use crate::terms::Terms;

/// What happens to a call that Redis does not decide: because it is down, slow, restarting, or not there at boot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum OnStoreError {
    /// It goes, uncounted: for what has to stay up.
    #[default]
    Open,
    /// It is refused, as what could not be checked (status 503): for log-ins and payments.
    Closed,
    /// This process decides, in memory: for a limit that must not vanish. Each limit is multiplied by `share` (above 0,
    /// at most 1; rounded down, at least 1): with four processes, 0.25 of it each.
    Local {
        /// This process's share of each limit.
        share: f64,
    },
}

/// What a refusal for want of a store tells callers to wait.
const CLOSED_FOR: Span = Span::from_secs(1);

/// Decides where the store has not.
pub(super) enum Fallback {
    Answer { allowed: bool, terms: Terms },
    Local { limiter: RateLimiter, share: f64 },
}

impl Fallback {
    pub(super) fn new(
        mode: OnStoreError,
        policies: &Policies,
        max_keys: usize,
        terms: Terms,
    ) -> Result<Self, ConfigError> {
        let share = match mode {
            OnStoreError::Open => return Ok(Self::Answer { allowed: true, terms }),
            OnStoreError::Closed => return Ok(Self::Answer { allowed: false, terms }),
            OnStoreError::Local { share } => share,
        };
        if !(share > 0.0 && share <= 1.0) {
            let allowed = "a number above 0, and at most 1 for the whole limit";
            return Err(ConfigError::new("CONFIG_LOCAL_SHARE", "on_store_error.share", share, allowed));
        }
        let limiter = RateLimiter::builder(policies.scaled(|limit| part(limit, share))).max_keys(max_keys).build()?;
        Ok(Self::Local { limiter, share })
    }

    /// Decides, and counts where this process does.
    pub(super) fn decide(&self, key: &[u8], request: Request) -> Decision {
        match self {
            Self::Answer { allowed, terms } => answer(*allowed, terms),
            Self::Local { limiter, share } => local(limiter.check_n(key, scaled(request, *share))),
        }
    }

    /// What [`Fallback::decide`] would answer.
    pub(super) fn peek(&self, key: &[u8], request: Request) -> Decision {
        match self {
            Self::Answer { allowed, terms } => answer(*allowed, terms),
            Self::Local { limiter, share } => local(limiter.peek_n(key, scaled(request, *share))),
        }
    }

    /// Corrects what a decision took that was made here.
    pub(super) fn settle(&self, key: &[u8], decision: Decision, actual: Cost) {
        if let Self::Local { limiter, .. } = self {
            limiter.settle(key, decision, actual);
        }
    }

    pub(super) fn reset(&self, key: &[u8]) {
        if let Self::Local { limiter, .. } = self {
            limiter.reset(key);
        }
    }

    pub(super) fn block(&self, key: &[u8], duration: Duration) {
        if let Self::Local { limiter, .. } = self {
            limiter.block(key, duration);
        }
    }
}

fn local(decision: Decision) -> Decision {
    Decision { source: Source::Local, ..decision }
}

/// All or nothing, and nothing counted.
fn answer(allowed: bool, terms: Terms) -> Decision {
    let unused = terms.iter().map(|policy| PolicyState {
        limit: policy.limit,
        remaining: policy.limit,
        reset_after: Span::ZERO,
        retry_after: RetryAfter::Now,
        charged: 0,
    });
    let mut core = tollgate_core::Decision::from_policies(Timestamp::ZERO, unused);
    if allowed {
        return Decision::new(core, Source::Open, terms);
    }
    core.allowed = false;
    core.retry_after = RetryAfter::After(CLOSED_FOR);
    Decision::new(core, Source::Closed, terms)
}

fn scaled(request: Request, share: f64) -> Request {
    let own = |limit: u64| if limit == 0 { 0 } else { part(limit, share) };
    Request { limits: request.limits.into_iter().map(own).collect(), ..request }
}

/// A share of a limit: rounded down, and at least 1. Limits are below 2^53, so a double has them exactly.
fn part(limit: u64, share: f64) -> u64 {
    ((limit as f64 * share) as u64).max(1)
}
