//! Control plane: configurations in, limiters out. The types are those of `tollgate-boundary`, for napi-derive.

use napi::bindgen_prelude::{Env, Float64Array, Object};
use napi_derive::napi;
use tollgate_boundary::EngineError;
use tollgate_core::{Limiter, LimiterConfig};

use crate::hot;

/// An error whose `code` is the core's.
pub(crate) type CodedError = napi::Error<String>;

/// One policy; what is absent takes the core's default. The numbers have been checked to be whole.
#[napi(object)]
pub struct EnginePolicy {
    /// See `Policy::name`.
    pub name: Option<String>,
    /// See `Policy::limit`.
    pub limit: f64,
    /// See `Policy::window`, in microseconds.
    pub window_micros: f64,
    /// See `Algorithm::name`.
    pub algorithm: Option<String>,
    /// See `Policy::burst`.
    pub burst: Option<f64>,
    /// See `Policy::block_for`, in microseconds.
    pub block_for_micros: Option<f64>,
}

/// What a limiter is made from.
#[napi(object)]
pub struct EngineConfig {
    /// See `LimiterConfig::policies`.
    pub policies: Vec<EnginePolicy>,
    /// See `LimiterConfig::max_keys`.
    pub max_keys: Option<f64>,
    /// See `LimiterConfig::seed`: two whole numbers.
    pub seed: (f64, f64),
}

/// A limit and its window.
#[napi(object)]
pub struct EngineRate {
    /// How much may go in one window.
    pub limit: f64,
    /// The window, in microseconds.
    pub window_micros: f64,
}

/// A dialect of header fields.
#[napi(object)]
pub struct EngineDialect {
    /// See `Dialect::name`.
    pub name: String,
    /// See `Dialect::field_names`.
    pub fields: Vec<String>,
}

/// All dialects; the index of one is its number in `headers` calls.
#[napi]
pub fn dialects() -> Vec<EngineDialect> {
    tollgate_boundary::dialects().map(EngineDialect::from).collect()
}

/// Makes a limiter whose hot calls use `scratch`.
#[napi]
pub fn create_limiter<'env>(
    env: &'env Env,
    config: EngineConfig,
    scratch: Float64Array,
) -> napi::Result<Object<'env>, String> {
    let config = LimiterConfig::try_from(tollgate_boundary::EngineConfig::from(config)).map_err(coded)?;
    let limiter = Limiter::new(config).map_err(coded)?;
    hot::limiter_object(env, limiter, scratch)
}

/// Microseconds of `"30s"`.
#[napi]
pub fn parse_duration(text: String) -> napi::Result<f64, String> {
    tollgate_boundary::parse_duration(&text).map_err(coded)
}

/// Limit and window of `"100 per minute"`.
#[napi]
pub fn parse_rate(text: String) -> napi::Result<EngineRate, String> {
    let rate = tollgate_boundary::parse_rate(&text).map_err(coded)?;
    Ok(EngineRate { limit: rate.limit, window_micros: rate.window_micros })
}

/// What header fields tell about limits. See `tollgate_boundary::told`.
#[napi]
pub fn told(fields: String, wall_secs: f64) -> String {
    tollgate_boundary::told(&fields, wall_secs)
}

pub(crate) fn coded(error: impl Into<EngineError>) -> CodedError {
    let EngineError { code, message } = error.into();
    napi::Error::new(code.to_owned(), message)
}

impl From<tollgate_boundary::EngineDialect> for EngineDialect {
    fn from(dialect: tollgate_boundary::EngineDialect) -> Self {
        let fields = dialect.fields.iter().map(|field| (*field).to_owned()).collect();
        Self { name: dialect.name.to_owned(), fields }
    }
}

impl From<EnginePolicy> for tollgate_boundary::EnginePolicy {
    fn from(given: EnginePolicy) -> Self {
        let EnginePolicy { name, limit, window_micros, algorithm, burst, block_for_micros } = given;
        Self { name, limit, window_micros, algorithm, burst, block_for_micros }
    }
}

impl From<EngineConfig> for tollgate_boundary::EngineConfig {
    fn from(given: EngineConfig) -> Self {
        let policies = given.policies.into_iter().map(Into::into).collect();
        Self { policies, max_keys: given.max_keys, seed: given.seed }
    }
}
