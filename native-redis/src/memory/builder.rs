//! A limiter with settings beside its policies.

use super::RateLimiter;
use crate::clock::{Clock, MonotonicClock};
use crate::config_error::ConfigError;
use crate::policy::Policies;

/// Makes a [`RateLimiter`].
///
/// ```
/// use tollgate::{Policy, RateLimiter};
/// let limiter = RateLimiter::builder(Policy::per_minute(100)).max_keys(10_000_000).build()?;
/// # assert!(limiter.check("ann").allowed);
/// # Ok::<(), tollgate::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RateLimiterBuilder<C: Clock = MonotonicClock> {
    policies: Policies,
    max_keys: usize,
    clock: C,
}

impl RateLimiterBuilder {
    /// How many keys are held at most where nothing else is said.
    pub const DEFAULT_MAX_KEYS: usize = 1_000_000;

    pub(super) fn new(policies: Policies) -> Self {
        Self { policies, max_keys: Self::DEFAULT_MAX_KEYS, clock: MonotonicClock }
    }
}

impl<C: Clock> RateLimiterBuilder<C> {
    /// How many keys are held at most: 16 to 2^28.
    ///
    /// They are divided among the shards, so one may be full when the whole is not quite. Keys that find a shard full of
    /// keys in use share a limit with others there; nobody is let off.
    #[must_use]
    pub fn max_keys(self, keys: usize) -> Self {
        Self { max_keys: keys, ..self }
    }

    /// The clock to go by.
    #[must_use]
    pub fn clock<D: Clock>(self, clock: D) -> RateLimiterBuilder<D> {
        RateLimiterBuilder { policies: self.policies, max_keys: self.max_keys, clock }
    }

    /// Checks the settings and makes a limiter that has seen nobody.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn build(self) -> Result<RateLimiter<C>, ConfigError> {
        RateLimiter::make(&self.policies, self.max_keys, self.clock)
    }
}
