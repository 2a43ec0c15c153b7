//! Control plane: configurations in, limiters out.

use tollgate_boundary::{EngineConfig, EngineError};
use tollgate_core::{Limiter, LimiterConfig};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::hot::WasmLimiter;

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

/// Makes a limiter.
#[wasm_bindgen(js_name = createLimiter)]
pub fn create_limiter(config: JsValue) -> Result<WasmLimiter, JsValue> {
    let config: EngineConfig = serde_wasm_bindgen::from_value(config)?;
    let config = LimiterConfig::try_from(config).map_err(thrown)?;
    Limiter::new(config).map(WasmLimiter::new).map_err(thrown)
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

/// What is thrown: code and message as one text, of which JavaScript makes an `Error`.
fn thrown(error: impl Into<EngineError>) -> JsValue {
    let EngineError { code, message } = error.into();
    JsValue::from_str(&format!("{code}\n{message}"))
}
