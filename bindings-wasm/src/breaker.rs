//! The breaker. Times and answers are plain numbers.

use tollgate_boundary::{EngineBreakerConfig, breaker};
use tollgate_core::Breaker;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::plan::thrown;

/// A breaker. See [`Breaker`].
#[wasm_bindgen]
pub struct WasmBreaker(Breaker);

#[wasm_bindgen]
impl WasmBreaker {
    /// See [`EngineBreakerConfig`].
    #[wasm_bindgen(constructor)]
    pub fn new(
        seed: f64,
        failures: Option<f64>,
        first_delay_micros: Option<f64>,
        max_delay_micros: Option<f64>,
    ) -> Result<Self, JsValue> {
        let config = EngineBreakerConfig { seed, failures, first_delay_micros, max_delay_micros };
        Breaker::new(config.into()).map(Self).map_err(thrown)
    }

    /// 0 for no, 1 for yes, 2 for yes as a probe.
    #[wasm_bindgen(js_name = mayAsk)]
    pub fn may_ask(&mut self, now: f64) -> u32 {
        breaker::may_ask(&mut self.0, now)
    }

    /// A call that had got the answer `ask` was answered in time.
    pub fn succeeded(&mut self, ask: u32, now: f64) {
        breaker::succeeded(&mut self.0, ask, now);
    }

    /// A call that had got the answer `ask` failed.
    pub fn failed(&mut self, ask: u32, now: f64) {
        breaker::failed(&mut self.0, ask, now);
    }

    /// A call that was given up was answered after all.
    #[wasm_bindgen(js_name = answeredLate)]
    pub fn answered_late(&mut self, now: f64) {
        breaker::answered_late(&mut self.0, now);
    }

    /// Whether calls are kept from the store.
    #[wasm_bindgen(js_name = isOpen)]
    pub fn is_open(&self) -> bool {
        self.0.is_open()
    }

    /// How often it has opened.
    pub fn openings(&self) -> f64 {
        self.0.openings() as f64
    }

    /// When the next probe may go, in microseconds; −1 for none.
    #[wasm_bindgen(js_name = nextProbe)]
    pub fn next_probe(&self) -> f64 {
        breaker::next_probe(&self.0)
    }
}
