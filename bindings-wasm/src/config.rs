//! Control plane: configurations in, limiters out. What returns an object is written by serde.

use tollgate_boundary::{EngineConfig, EngineError, EnginePacerConfig, EnginePolicy, EngineStoreConfig};
use tollgate_core::{Limiter, LimiterConfig};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::hot::WasmLimiter;
use crate::pacer::WasmPacer;
use crate::store::WasmStore;

/// The version of the package that this belongs to.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// All dialects; the index of one is its number in `headers` calls.
#[wasm_bindgen]
pub fn dialects() -> Result<JsValue, JsValue> {
    Ok(serde_wasm_bindgen::to_value(&tollgate_boundary::dialects().collect::<Vec<_>>())?)
}

/// A limiter to be: its policies are named one after the other. (Read as one object by serde, a configuration would
/// take 10 KB more of compressed code.)
#[wasm_bindgen]
pub struct LimiterPlan(EngineConfig);

#[wasm_bindgen]
impl LimiterPlan {
    /// A plan without policies. See [`EngineConfig`].
    #[wasm_bindgen(constructor)]
    pub fn new(max_keys: Option<f64>, seed_high: f64, seed_low: f64) -> Self {
        Self(EngineConfig { policies: Vec::new(), max_keys, seed: (seed_high, seed_low) })
    }

    /// Adds a policy. See [`EnginePolicy`].
    pub fn add(
        &mut self,
        name: Option<String>,
        limit: f64,
        window_micros: f64,
        algorithm: Option<String>,
        burst: Option<f64>,
        block_for_micros: Option<f64>,
    ) {
        self.0.policies.push(EnginePolicy { name, limit, window_micros, algorithm, burst, block_for_micros });
    }

    /// Makes the limiter in a store; where keys are kept in memory does not matter for it.
    pub fn store(self, name: String, prefix: String) -> Result<WasmStore, JsValue> {
        let config = EngineStoreConfig { policies: self.0.policies, name, prefix };
        WasmStore::new(config).map_err(thrown)
    }

    /// Makes the limiter.
    pub fn limiter(self) -> Result<WasmLimiter, JsValue> {
        let config = LimiterConfig::try_from(self.0).map_err(thrown)?;
        Limiter::new(config).map(WasmLimiter::new).map_err(thrown)
    }

    /// Makes a pacer of these policies.
    pub fn pacer(self, concurrency: Option<f64>, max_queue: Option<f64>) -> Result<WasmPacer, JsValue> {
        let config = EnginePacerConfig { policies: self.0.policies, concurrency, max_queue };
        tollgate_boundary::pacer::create(config).map(WasmPacer::new).map_err(thrown)
    }
}

/// Microseconds of `"30s"`.
#[wasm_bindgen(js_name = parseDuration)]
pub fn parse_duration(text: &str) -> Result<f64, JsValue> {
    tollgate_boundary::parse_duration(text).map_err(thrown)
}

/// Limit and window of `"100 per minute"`.
#[wasm_bindgen(js_name = parseRate)]
pub fn parse_rate(text: &str) -> Result<JsValue, JsValue> {
    let rate = tollgate_boundary::parse_rate(text).map_err(thrown)?;
    Ok(serde_wasm_bindgen::to_value(&rate)?)
}

/// What header fields tell about limits. See [`tollgate_boundary::told`].
#[wasm_bindgen]
pub fn told(fields: &str, wall_secs: f64) -> String {
    tollgate_boundary::told(fields, wall_secs)
}

/// What is thrown: code and message as one text, of which JavaScript makes an `Error`.
pub(crate) fn thrown(error: impl Into<EngineError>) -> JsValue {
    let EngineError { code, message } = error.into();
    JsValue::from_str(&format!("{code}\n{message}"))
}
