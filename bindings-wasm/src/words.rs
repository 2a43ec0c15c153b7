//! What texts mean, and which dialects there are. What returns an object is written by serde.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::plan::thrown;

/// All dialects; the index of one is its number in `headers` calls.
#[wasm_bindgen]
pub fn dialects() -> Result<JsValue, JsValue> {
    Ok(serde_wasm_bindgen::to_value(&tollgate_boundary::dialects().collect::<Vec<_>>())?)
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
