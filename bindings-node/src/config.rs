//! Control plane: configurations in, limiters out.

use napi::bindgen_prelude::{Env, Float64Array, Object};
use napi_derive::napi;
use tollgate_core::http::Dialect;
use tollgate_core::{Algorithm, ConfigError, Limiter, LimiterConfig, Policy, Span};

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
    Dialect::ALL.into_iter().map(EngineDialect::from).collect()
}

/// Makes a limiter whose hot calls use `scratch`.
#[napi]
pub fn create_limiter<'env>(
    env: &'env Env,
    config: EngineConfig,
    scratch: Float64Array,
) -> napi::Result<Object<'env>, String> {
    let limiter = Limiter::new(config.try_into()?).map_err(coded)?;
    hot::limiter_object(env, limiter, scratch)
}

/// Microseconds of `"30s"`.
#[napi]
pub fn parse_duration(text: String) -> napi::Result<f64, String> {
    tollgate_core::parse_duration(&text).map(micros).map_err(coded)
}

/// Limit and window of `"100 per minute"`.
#[napi]
pub fn parse_rate(text: String) -> napi::Result<EngineRate, String> {
    let policy = tollgate_core::parse_rate(&text).map_err(coded)?;
    Ok(EngineRate { limit: policy.limit as f64, window_micros: micros(policy.window) })
}

fn micros(span: Span) -> f64 {
    span.as_micros() as f64
}

fn coded(error: ConfigError) -> CodedError {
    napi::Error::new(error.code().to_owned(), error.to_string())
}

impl From<Dialect> for EngineDialect {
    fn from(dialect: Dialect) -> Self {
        let fields = dialect.field_names().iter().map(|field| (*field).to_owned()).collect();
        Self { name: dialect.name().to_owned(), fields }
    }
}

impl TryFrom<EnginePolicy> for Policy {
    type Error = CodedError;

    fn try_from(given: EnginePolicy) -> Result<Self, CodedError> {
        let default = Self::default();
        let algorithm = match &given.algorithm {
            None => default.algorithm,
            Some(name) => Algorithm::from_name(name).ok_or_else(|| {
                napi::Error::new("CONFIG_ALGORITHM".to_owned(), format!("algorithm: {name:?} is not known"))
            })?,
        };
        Ok(Self {
            name: given.name,
            limit: given.limit as u64,
            window: Span::from_micros(given.window_micros as u64),
            algorithm,
            burst: given.burst.map(|burst| burst as u64),
            block_for: given.block_for_micros.map(|micros| Span::from_micros(micros as u64)),
        })
    }
}

impl TryFrom<EngineConfig> for LimiterConfig {
    type Error = CodedError;

    fn try_from(given: EngineConfig) -> Result<Self, CodedError> {
        let default = Self::default();
        Ok(Self {
            policies: given.policies.into_iter().map(Policy::try_from).collect::<Result<_, _>>()?,
            max_keys: given.max_keys.map_or(default.max_keys, |keys| keys as usize),
            seed: [given.seed.0 as u64, given.seed.1 as u64],
        })
    }
}
