//! The cache of denials. Its calls find key, request and decision in memory, as those of a limiter do.

use tollgate_boundary::{EngineDenialsConfig, denials};
use tollgate_core::Denials;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::memory::with_key;
use crate::plan::thrown;

/// A cache of denials. Its calls take the length of the key that is in memory.
#[wasm_bindgen]
pub struct WasmDenials(Denials);

#[wasm_bindgen]
impl WasmDenials {
    /// See [`EngineDenialsConfig`].
    #[wasm_bindgen(constructor)]
    pub fn new(
        limits: Vec<f64>,
        max_age_micros: Option<f64>,
        max_keys: Option<f64>,
        seed_high: f64,
        seed_low: f64,
    ) -> Result<Self, JsValue> {
        let config = EngineDenialsConfig { limits, max_age_micros, max_keys, seed: (seed_high, seed_low) };
        Denials::new(config.into()).map(Self).map_err(thrown)
    }

    /// Whether a denial is known for the request; it is in memory then.
    pub fn find(&self, units: usize) -> bool {
        with_key(units, |scratch, key| denials::find(&self.0, scratch, key)).unwrap_or(false)
    }

    /// Remembers the decision in memory, where it is a denial.
    pub fn learn(&mut self, units: usize) -> bool {
        with_key(units, |scratch, key| denials::learn(&mut self.0, scratch, key)).is_some()
    }

    /// Forgets what is known of a key.
    pub fn forget(&mut self, units: usize) -> bool {
        with_key(units, |scratch, key| denials::forget(&mut self.0, scratch, key)).is_some()
    }
}
