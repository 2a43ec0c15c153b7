//! In memory or over Redis, as the environment says.

use std::future::Future;

use super::RedisRateLimiter;
use crate::config_error::ConfigError;
use crate::cost::Request;
use crate::decision::Decision;
use crate::key::Key;
use crate::limit::Limit;
use crate::memory::RateLimiter;
use crate::policy::Policies;

/// A limiter in memory or over Redis: the same code on a laptop and in a fleet.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(async {
/// use tollgate::{AnyRateLimiter, Policy};
/// // Over the Redis that the variable names; in memory when it is unset.
/// let limiter = AnyRateLimiter::from_env("REDIS_URL", Policy::per_minute(100).named("api")).await?;
/// assert!(limiter.check("203.0.113.7").await.allowed);
/// # Ok::<(), tollgate::ConfigError>(()) }).expect("a valid policy");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyRateLimiter {
    /// Within this process.
    Memory(RateLimiter),
    /// Shared with others.
    Redis(RedisRateLimiter),
}

impl AnyRateLimiter {
    /// A limiter over the Redis whose URL an environment variable holds; in memory where it is unset or empty.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub async fn from_env(variable: &str, policies: impl Into<Policies>) -> Result<Self, ConfigError> {
        let allowed = "unset, or a URL as text";
        match std::env::var(variable) {
            Ok(url) if !url.is_empty() => Ok(Self::Redis(RedisRateLimiter::connect(&url, policies).await?)),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(ConfigError::new("CONFIG_REDIS", variable, "what is not Unicode", allowed))
            }
            _ => Ok(Self::Memory(RateLimiter::new(policies)?)),
        }
    }

    /// Decides about one call, and counts it if it may go. A refused call takes nothing.
    pub async fn check(&self, key: impl Key) -> Decision {
        self.check_n(key, 1).await
    }

    /// Decides about a call with a cost, or with limits of the caller's own.
    pub async fn check_n(&self, key: impl Key, request: impl Into<Request>) -> Decision {
        match self {
            Self::Memory(limiter) => limiter.check_n(key, request),
            Self::Redis(limiter) => limiter.check_n(key, request).await,
        }
    }
}

impl From<RateLimiter> for AnyRateLimiter {
    fn from(limiter: RateLimiter) -> Self {
        Self::Memory(limiter)
    }
}

impl From<RedisRateLimiter> for AnyRateLimiter {
    fn from(limiter: RedisRateLimiter) -> Self {
        Self::Redis(limiter)
    }
}

impl Limit for AnyRateLimiter {
    fn check_n(&self, key: &dyn Key, request: Request) -> impl Future<Output = Decision> + Send {
        Self::check_n(self, key, request)
    }
}
