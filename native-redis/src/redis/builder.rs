//! A limiter over Redis with settings beside its policies.

use std::fmt;
use std::time::Duration;

use redis::Client;
use tollgate_core::LimiterConfig;
use tollgate_core::store::{StoreConfig, StoredLimiter};

use super::fallback::{Fallback, OnStoreError};
use super::names::Name;
use super::refusals::Refusals;
use super::{Parts, RedisRateLimiter};
use crate::config_error::ConfigError;
use crate::memory::RateLimiterBuilder;
use crate::policy::Policies;
use crate::terms::terms;

/// Makes a [`RedisRateLimiter`].
///
/// ```no_run
/// # async fn example() -> Result<(), tollgate::ConfigError> {
/// use std::time::Duration;
/// use tollgate::{OnStoreError, Policy, RedisRateLimiter};
/// let login = RedisRateLimiter::builder(Policy::new(5, Duration::from_secs(900)))
///     .name("login")
///     .on_store_error(OnStoreError::Closed)
///     .store_timeout(Duration::from_millis(100))
///     .connect("redis://127.0.0.1/")
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct RedisRateLimiterBuilder {
    policies: Policies,
    name: Option<String>,
    prefix: String,
    on_store_error: OnStoreError,
    store_timeout: Duration,
    denial_cache: Duration,
    max_keys: usize,
}

impl RedisRateLimiterBuilder {
    /// How long a call waits for Redis at most, where nothing else is said.
    pub const DEFAULT_STORE_TIMEOUT: Duration = Duration::from_millis(250);
    /// How long a refusal is remembered at most, where nothing else is said.
    pub const DEFAULT_DENIAL_CACHE: Duration = Duration::from_secs(1);

    pub(super) fn new(policies: Policies) -> Self {
        Self {
            policies,
            name: None,
            prefix: "tollgate".to_owned(),
            on_store_error: OnStoreError::default(),
            store_timeout: Self::DEFAULT_STORE_TIMEOUT,
            denial_cache: Self::DEFAULT_DENIAL_CACHE,
            max_keys: RateLimiterBuilder::DEFAULT_MAX_KEYS,
        }
    }

    /// What tells this limiter from others on the same Redis, 1 to 256 bytes. Limiters of one name, in whatever process
    /// and language, share their counts. Where nothing is said, the name of the only policy, if that has one.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// What all keys in Redis begin with: `tollgate` where nothing is said.
    #[must_use]
    pub fn prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// What happens to a call that Redis does not decide: [`OnStoreError::Open`] where nothing is said.
    #[must_use]
    pub fn on_store_error(self, what: OnStoreError) -> Self {
        Self { on_store_error: what, ..self }
    }

    /// How long a call waits for Redis at most: 1 ms to 60 s, 250 ms where nothing is said.
    #[must_use]
    pub fn store_timeout(self, timeout: Duration) -> Self {
        Self { store_timeout: timeout, ..self }
    }

    /// How long a refusal is remembered in this process at most, so that Redis need not be asked again: 1 ms to 60 s, 1 s
    /// where nothing is said, zero for not at all. So long a reset in another process may go unnoticed here. Nothing is
    /// remembered of calls with limits of their own, and nothing at all once something was settled or refunded here.
    #[must_use]
    pub fn denial_cache(self, longest: Duration) -> Self {
        Self { denial_cache: longest, ..self }
    }

    /// How many keys are held at most by [`OnStoreError::Local`]: 16 to 2^28, a million where nothing is said.
    #[must_use]
    pub fn max_keys(self, keys: usize) -> Self {
        Self { max_keys: keys, ..self }
    }

    /// Checks the settings, and begins to connect to `url`: `redis://user:password@host:6379/0`, any node of a cluster
    /// likewise. (`rediss://` needs one of the TLS features of the `redis` crate.)
    ///
    /// A Redis that is not there is no error: its calls are decided as [`OnStoreError`] says, and it is used as soon as
    /// it is. This waits for the connection as long as a call would.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed: also where Redis refuses the password, or is older
    /// than 7.0.
    pub async fn connect(self, url: &str) -> Result<RedisRateLimiter, ConfigError> {
        let client = open_client(url)?;
        let store =
            format!("{}/{}", client.get_connection_info().addr(), client.get_connection_info().redis_settings().db());
        check_timeout(self.store_timeout)?;
        let parts = self.parts(&store)?;
        let limiter = RedisRateLimiter::make(parts, client, self.store_timeout);
        match limiter.connected().await {
            Err(error) if error.is_misconfiguration() => Err(refused_url(url, error)),
            _ => Ok(limiter),
        }
    }

    fn parts(&self, store: &str) -> Result<Parts, ConfigError> {
        let policies = self.policies.to_core();
        let alone = if let [only] = policies.as_slice() { only.name.clone() } else { None };
        let given = self.name.clone().or(alone);
        let limiter = StoredLimiter::new(StoreConfig {
            limiter: LimiterConfig { policies, ..LimiterConfig::default() },
            name: given.clone().unwrap_or_else(|| "default".to_owned()),
            prefix: self.prefix.clone(),
        })?;
        let terms = terms(limiter.policies());
        Ok(Parts {
            fallback: Fallback::new(self.on_store_error, &self.policies, self.max_keys, terms)?,
            refusals: Refusals::new(terms, self.denial_cache)?,
            name: Name::take(given.as_deref(), &self.prefix, store, terms)?,
            limiter,
            terms,
        })
    }
}

pub(super) fn open_client(url: &str) -> Result<Client, ConfigError> {
    Client::open(url).map_err(|error| refused_url(url, error))
}

pub(super) fn refused_url(url: &str, why: impl fmt::Display) -> ConfigError {
    let value = format!("{:?} ({why})", without_password(url));
    ConfigError::new("CONFIG_REDIS", "url", value, "a URL such as redis://user:password@host:6379/0")
}

pub(super) fn check_timeout(timeout: Duration) -> Result<(), ConfigError> {
    if (Duration::from_millis(1)..=Duration::from_secs(60)).contains(&timeout) {
        return Ok(());
    }
    Err(ConfigError::new("CONFIG_STORE_TIMEOUT", "store_timeout", format!("{timeout:?}"), "1 ms to 60 s"))
}

/// A URL as it may stand in a message.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
        _ => url.to_owned(),
    }
}
