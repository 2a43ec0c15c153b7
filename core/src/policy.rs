//! What is allowed: policies as they are written, and the form that has been checked.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::time::{MAX_SAFE_INTEGER, Span};

/// How a limit is counted. The bounds are what the property tests hold each algorithm to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// A counter for each window; a window starts with the first call. At most `limit` in a window, so up
    /// to 2 × `limit` in a span as long as a window that lies across an edge.
    #[default]
    FixedWindow,
    /// Ten sub-windows, the oldest counted in full. Never more than `limit` in any span as long as the
    /// window; under constant overload at least 10/11 of the limit is used.
    SlidingWindow,
    /// A bucket that holds `burst` and fills at `limit` per window (GCRA). At most
    /// `burst + limit × Δt / window` in any Δt, exactly.
    TokenBucket,
}

impl Algorithm {
    /// All algorithms, the default first.
    pub const ALL: [Self; 3] = [Self::FixedWindow, Self::SlidingWindow, Self::TokenBucket];

    /// The name used in configuration: `fixed-window`, `sliding-window`, `token-bucket`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FixedWindow => "fixed-window",
            Self::SlidingWindow => "sliding-window",
            Self::TokenBucket => "token-bucket",
        }
    }

    /// The algorithm of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }
}

/// One limit, as it is written in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Name in decisions and header fields; printable ASCII, at most [`Policy::MAX_NAME`] characters. When
    /// absent: `default` for a single policy, else made of limit and window, such as `100-per-60s`.
    pub name: Option<String>,
    /// How much may go in one window: 1 to 2^53 − 1.
    pub limit: u64,
    /// Length of the window: [`Policy::MIN_WINDOW`] to [`Policy::MAX_WINDOW`].
    pub window: Span,
    /// How it is counted.
    pub algorithm: Algorithm,
    /// Token bucket only: how much may go at once; the limit when absent. A bucket may take at most
    /// [`Policy::MAX_FILL_TIME`] to fill.
    pub burst: Option<u64>,
    /// How long a key is refused once it has exceeded this policy.
    pub block_for: Option<Span>,
}

impl Policy {
    /// The shortest window: 1 ms.
    pub const MIN_WINDOW: Span = Span::from_millis(1);
    /// The longest window: ten years of 365.25 days.
    pub const MAX_WINDOW: Span = Span::from_secs(10 * YEAR_SECS);
    /// The longest time that an empty token bucket may take to fill: a hundred years. (Above, arrival
    /// times would no longer fit below 2^53 µs, and a burst would silently shrink.)
    pub const MAX_FILL_TIME: Span = Span::from_secs(100 * YEAR_SECS);
    /// Longest name, in characters.
    pub const MAX_NAME: usize = 64;
}

const YEAR_SECS: u64 = 31_557_600;

impl Default for Policy {
    /// A hundred a minute, fixed window.
    fn default() -> Self {
        Self {
            name: None,
            limit: 100,
            window: Span::from_secs(60),
            algorithm: Algorithm::FixedWindow,
            burst: None,
            block_for: None,
        }
    }
}

/// A policy that has been checked: its name is set, and its numbers are within bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPolicy {
    /// Unique within its limiter.
    pub name: String,
    /// See [`Policy::limit`].
    pub limit: u64,
    /// See [`Policy::window`].
    pub window: Span,
    /// See [`Policy::algorithm`].
    pub algorithm: Algorithm,
    /// See [`Policy::burst`].
    pub burst: Option<u64>,
    /// See [`Policy::block_for`].
    pub block_for: Option<Span>,
}

/// What a limiter is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimiterConfig {
    /// One to [`LimiterConfig::MAX_POLICIES`]; all of them must allow a call.
    pub policies: Vec<Policy>,
    /// How many keys each policy holds at most: [`LimiterConfig::MIN_KEYS`] to [`LimiterConfig::MAX_KEYS`].
    pub max_keys: usize,
    /// Secret of the hash that stands for keys: draw it at random, so that nobody can make keys collide.
    pub seed: [u64; 2],
}

impl LimiterConfig {
    /// The largest number of policies in one limiter.
    pub const MAX_POLICIES: usize = 16;
    /// The smallest [`LimiterConfig::max_keys`].
    pub const MIN_KEYS: usize = 16;
    /// The largest [`LimiterConfig::max_keys`].
    pub const MAX_KEYS: usize = 1 << 28;

    pub(crate) fn check(self) -> Result<CheckedConfig, ConfigError> {
        if self.policies.is_empty() || self.policies.len() > Self::MAX_POLICIES {
            let allowed = format!("1 to {} policies", Self::MAX_POLICIES);
            return Err(ConfigError::new("CONFIG_POLICIES", "policies", self.policies.len(), allowed));
        }
        if !(Self::MIN_KEYS..=Self::MAX_KEYS).contains(&self.max_keys) {
            let allowed = format!("a whole number from {} to {}", Self::MIN_KEYS, Self::MAX_KEYS);
            return Err(ConfigError::new("CONFIG_MAX_KEYS", "maxKeys", self.max_keys, allowed));
        }
        let policies = check_policies(self.policies)?;
        Ok(CheckedConfig { policies, max_keys: self.max_keys, seed: self.seed })
    }
}

impl Default for LimiterConfig {
    /// [`Policy::default`] for at most a million keys.
    fn default() -> Self {
        Self { policies: alloc::vec![Policy::default()], max_keys: 1_000_000, seed: [0, 0] }
    }
}

pub(crate) struct CheckedConfig {
    pub(crate) policies: Vec<CheckedPolicy>,
    pub(crate) max_keys: usize,
    pub(crate) seed: [u64; 2],
}

impl Policy {
    fn check(self, prefix: &str, alone: bool) -> Result<CheckedPolicy, ConfigError> {
        let error = |code, field: &str, value: String, allowed: String| {
            Err(ConfigError::new(code, format!("{prefix}{field}"), value, allowed))
        };
        if !(1..=MAX_SAFE_INTEGER).contains(&self.limit) {
            return error("CONFIG_LIMIT", "limit", self.limit.to_string(), whole_numbers());
        }
        if !(Self::MIN_WINDOW..=Self::MAX_WINDOW).contains(&self.window) {
            return error("CONFIG_WINDOW", "window", millis(self.window), "1 ms to 10 years (3652.5 days)".to_owned());
        }
        if let Some(burst) = self.burst {
            if self.algorithm != Algorithm::TokenBucket {
                let value = format!("{burst} with algorithm {}", quoted(self.algorithm.name()));
                return error("CONFIG_BURST", "burst", value, "only with algorithm \"token-bucket\"".to_owned());
            }
            let most = self.largest_burst();
            if !(1..=most).contains(&burst) {
                let allowed = format!("a whole number from 1 to {most}: what flows in within 100 years at this limit");
                return error("CONFIG_BURST", "burst", burst.to_string(), allowed);
            }
        }
        let blocks = Self::MIN_WINDOW..=Self::MAX_WINDOW;
        if let Some(block_for) = self.block_for.filter(|span| !blocks.contains(span)) {
            return error("CONFIG_BLOCK_FOR", "blockFor", millis(block_for), "1 ms to 10 years".to_owned());
        }
        let name = self.name.clone().unwrap_or_else(|| if alone { "default".to_owned() } else { self.made_up_name() });
        let printable = name.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        if !(1..=Self::MAX_NAME).contains(&name.len()) || !printable {
            let allowed = format!("1 to {} printable ASCII characters", Self::MAX_NAME);
            return error("CONFIG_NAME", "name", quoted(&name), allowed);
        }
        Ok(CheckedPolicy {
            name,
            limit: self.limit,
            window: self.window,
            algorithm: self.algorithm,
            burst: self.burst,
            block_for: self.block_for,
        })
    }

    /// `burst × window / limit` may be at most [`Policy::MAX_FILL_TIME`].
    fn largest_burst(&self) -> u64 {
        let tokens = u128::from(Self::MAX_FILL_TIME.as_micros()) * u128::from(self.limit)
            / u128::from(self.window.as_micros().max(1));
        u64::try_from(tokens).unwrap_or(MAX_SAFE_INTEGER).min(MAX_SAFE_INTEGER)
    }

    fn made_up_name(&self) -> String {
        let micros = self.window.as_micros();
        if micros % 1_000_000 == 0 {
            format!("{}-per-{}s", self.limit, micros / 1_000_000)
        } else {
            format!("{}-per-{}ms", self.limit, micros.div_ceil(1_000))
        }
    }
}

/// Checks each policy, and that no two have the same name.
pub(crate) fn check_policies(given: Vec<Policy>) -> Result<Vec<CheckedPolicy>, ConfigError> {
    let alone = given.len() == 1;
    let mut policies: Vec<CheckedPolicy> = Vec::with_capacity(given.len());
    for (i, policy) in given.into_iter().enumerate() {
        let prefix = if alone { String::new() } else { format!("policies[{i}].") };
        let policy = policy.check(&prefix, alone)?;
        if policies.iter().any(|other| other.name == policy.name) {
            let field = format!("{prefix}name");
            return Err(ConfigError::new(
                "CONFIG_NAME",
                field,
                quoted(&policy.name),
                "a name that no other policy has",
            ));
        }
        policies.push(policy);
    }
    Ok(policies)
}

/// A configuration that cannot be used. Nothing was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    code: &'static str,
    field: String,
    value: String,
    allowed: String,
}

impl ConfigError {
    pub(crate) fn new(
        code: &'static str,
        field: impl Into<String>,
        value: impl ToString,
        allowed: impl Into<String>,
    ) -> Self {
        Self { code, field: field.into(), value: value.to_string(), allowed: allowed.into() }
    }

    /// Stable name of the problem, such as `CONFIG_LIMIT`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The option that is wrong, such as `policies[1].window`.
    #[must_use]
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What was given, as text.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// What is allowed instead.
    #[must_use]
    pub fn allowed(&self) -> &str {
        &self.allowed
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} is not allowed; expected {}", self.field, self.value, self.allowed)
    }
}

impl core::error::Error for ConfigError {}

fn whole_numbers() -> String {
    format!("a whole number from 1 to {MAX_SAFE_INTEGER}")
}

pub(crate) fn millis(span: Span) -> String {
    let micros = span.as_micros();
    if micros % 1_000 == 0 { format!("{} ms", micros / 1_000) } else { format!("{micros} µs") }
}

pub(crate) fn quoted(text: &str) -> String {
    format!("{text:?}")
}
