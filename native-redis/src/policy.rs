//! What is allowed.

use std::str::FromStr;
use std::time::Duration;

use tollgate_core::Algorithm;

use crate::config_error::ConfigError;
use crate::span::{duration, span};

/// One limit. Its numbers are checked when a limiter is made.
///
/// ```
/// use std::time::Duration;
/// use tollgate::{Algorithm, Policy};
/// const API: Policy = Policy::per_minute(100).named("api");
/// const LOGIN: Policy = Policy::new(5, Duration::from_secs(900)).block_for(Duration::from_secs(3_600));
/// const EVEN: Policy = Policy::per_second(20).burst(40);
/// let from_text: Policy = "1000 per day".parse()?;
/// assert_eq!(from_text, Policy::per_day(1_000));
/// # Ok::<(), tollgate::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    limit: u64,
    window: Duration,
    algorithm: Algorithm,
    burst: Option<u64>,
    block_for: Option<Duration>,
    name: Option<&'static str>,
}

impl Policy {
    /// `limit` in each `window`, by [`Algorithm::FixedWindow`].
    ///
    /// A limit is 1 to 2^53 − 1. A window is 1 ms to ten years; a fraction of a microsecond counts as a whole one.
    #[must_use]
    pub const fn new(limit: u64, window: Duration) -> Self {
        Self { limit, window, algorithm: Algorithm::FixedWindow, burst: None, block_for: None, name: None }
    }

    /// `limit` a second.
    #[must_use]
    pub const fn per_second(limit: u64) -> Self {
        Self::new(limit, Duration::from_secs(1))
    }

    /// `limit` a minute.
    #[must_use]
    pub const fn per_minute(limit: u64) -> Self {
        Self::new(limit, Duration::from_secs(60))
    }

    /// `limit` an hour.
    #[must_use]
    pub const fn per_hour(limit: u64) -> Self {
        Self::new(limit, Duration::from_secs(3_600))
    }

    /// `limit` a day.
    #[must_use]
    pub const fn per_day(limit: u64) -> Self {
        Self::new(limit, Duration::from_secs(86_400))
    }

    /// How it is counted. Another one than [`Algorithm::TokenBucket`] after [`Policy::burst`] is an error.
    #[must_use]
    pub const fn algorithm(self, algorithm: Algorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// Counts by [`Algorithm::TokenBucket`], which lets `tokens` go at once and fills at the policy's limit. At
    /// most what flows in within a hundred years. Without this, a token bucket holds the limit.
    #[must_use]
    pub const fn burst(self, tokens: u64) -> Self {
        Self { burst: Some(tokens), algorithm: Algorithm::TokenBucket, ..self }
    }

    /// Refuses a key for this long once it has exceeded the policy: 1 ms to ten years.
    #[must_use]
    pub const fn block_for(self, duration: Duration) -> Self {
        Self { block_for: Some(duration), ..self }
    }

    /// Its name in header fields, logs and keys: 1 to 64 printable ASCII characters. Otherwise `default` where it is
    /// alone, else made of limit and window, such as `100-per-60s`.
    #[must_use]
    pub const fn named(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    fn to_core(self) -> tollgate_core::Policy {
        tollgate_core::Policy {
            name: self.name.map(str::to_owned),
            limit: self.limit,
            window: span(self.window),
            algorithm: self.algorithm,
            burst: self.burst,
            block_for: self.block_for.map(span),
        }
    }
}

impl FromStr for Policy {
    type Err = ConfigError;

    /// Reads `"100 per minute"`, `"100/1m"`, `"5 per 10s"`.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let policy = tollgate_core::parse_rate(text)?;
        Ok(Self::new(policy.limit, duration(policy.window)))
    }
}

/// One to sixteen policies over one key: all of them allow a call and are charged, or nothing changes.
///
/// ```
/// use tollgate::{Policies, Policy};
/// let tiers = Policies::new([Policy::per_second(10), Policy::per_day(1_000)]);
/// let from_array: Policies = [Policy::per_second(10), Policy::per_day(1_000)].into();
/// assert_eq!(tiers, from_array);
/// assert_eq!("10/s, 1000 per day".parse::<Policies>()?, tiers);
/// # Ok::<(), tollgate::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies(Vec<Policy>);

impl Policies {
    /// These policies, in the order in which costs and decisions list them.
    pub fn new(policies: impl IntoIterator<Item = Policy>) -> Self {
        Self(policies.into_iter().collect())
    }

    pub(crate) fn to_core(&self) -> Vec<tollgate_core::Policy> {
        self.0.iter().map(|policy| policy.to_core()).collect()
    }
}

impl From<Policy> for Policies {
    fn from(policy: Policy) -> Self {
        Self(vec![policy])
    }
}

impl<const N: usize> From<[Policy; N]> for Policies {
    fn from(policies: [Policy; N]) -> Self {
        Self::new(policies)
    }
}

impl FromStr for Policies {
    type Err = ConfigError;

    /// Reads rates, separated by commas: `"10 per second, 1000 per day"`.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}
