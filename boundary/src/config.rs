//! Configurations as JavaScript has them, and the core's.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use tollgate_core::http::Dialect;
use tollgate_core::{Algorithm, ConfigError, LimiterConfig, Policy, RestoreError, Span};

/// One policy; what is absent takes the core's default. The numbers have been checked to be whole.
#[derive(Clone, Debug)]
pub struct EnginePolicy {
    /// See [`Policy::name`].
    pub name: Option<String>,
    /// See [`Policy::limit`].
    pub limit: f64,
    /// See [`Policy::window`], in microseconds.
    pub window_micros: f64,
    /// See [`Algorithm::name`].
    pub algorithm: Option<String>,
    /// See [`Policy::burst`].
    pub burst: Option<f64>,
    /// See [`Policy::block_for`], in microseconds.
    pub block_for_micros: Option<f64>,
}

/// What a limiter is made from.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// See [`LimiterConfig::policies`].
    pub policies: Vec<EnginePolicy>,
    /// See [`LimiterConfig::max_keys`].
    pub max_keys: Option<f64>,
    /// See [`LimiterConfig::seed`]: two whole numbers.
    pub seed: (f64, f64),
}

/// A limit and its window.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct EngineRate {
    /// How much may go in one window.
    pub limit: f64,
    /// The window, in microseconds.
    pub window_micros: f64,
}

/// A dialect of header fields.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct EngineDialect {
    /// See [`Dialect::name`].
    pub name: &'static str,
    /// See [`Dialect::field_names`].
    pub fields: &'static [&'static str],
}

/// What JavaScript is told when a configuration cannot be used: `Error.code` and `Error.message`.
#[derive(Clone, Debug)]
pub struct EngineError {
    /// See [`ConfigError::code`].
    pub code: &'static str,
    /// What is wrong, and what is allowed.
    pub message: String,
}

/// All dialects; the index of one is its number in [`crate::calls::headers`].
pub fn dialects() -> impl Iterator<Item = EngineDialect> {
    Dialect::ALL.into_iter().map(|dialect| EngineDialect { name: dialect.name(), fields: dialect.field_names() })
}

/// Microseconds of `"30s"`.
///
/// # Errors
/// The text is not a duration.
pub fn parse_duration(text: &str) -> Result<f64, EngineError> {
    Ok(micros(tollgate_core::parse_duration(text)?))
}

/// Limit and window of `"100 per minute"`.
///
/// # Errors
/// The text is not a rate.
pub fn parse_rate(text: &str) -> Result<EngineRate, EngineError> {
    let policy = tollgate_core::parse_rate(text)?;
    Ok(EngineRate { limit: policy.limit as f64, window_micros: micros(policy.window) })
}

fn micros(span: Span) -> f64 {
    span.as_micros() as f64
}

impl From<ConfigError> for EngineError {
    fn from(error: ConfigError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

impl From<RestoreError> for EngineError {
    fn from(error: RestoreError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

impl TryFrom<EnginePolicy> for Policy {
    type Error = EngineError;

    fn try_from(given: EnginePolicy) -> Result<Self, EngineError> {
        let default = Self::default();
        Ok(Self {
            name: given.name,
            limit: given.limit as u64,
            window: Span::from_micros(given.window_micros as u64),
            algorithm: given.algorithm.as_deref().map_or(Ok(default.algorithm), algorithm)?,
            burst: given.burst.map(|burst| burst as u64),
            block_for: given.block_for_micros.map(|micros| Span::from_micros(micros as u64)),
        })
    }
}

fn algorithm(name: &str) -> Result<Algorithm, EngineError> {
    Algorithm::from_name(name)
        .ok_or_else(|| EngineError { code: "CONFIG_ALGORITHM", message: format!("algorithm: {name:?} is not known") })
}

impl TryFrom<EngineConfig> for LimiterConfig {
    type Error = EngineError;

    fn try_from(given: EngineConfig) -> Result<Self, EngineError> {
        let default = Self::default();
        Ok(Self {
            policies: given.policies.into_iter().map(Policy::try_from).collect::<Result<_, _>>()?,
            max_keys: given.max_keys.map_or(default.max_keys, |keys| keys as usize),
            seed: [given.seed.0 as u64, given.seed.1 as u64],
        })
    }
}
