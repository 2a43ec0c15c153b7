//! The calls that every decision makes.

use tollgate_boundary::calls;
use tollgate_core::Limiter;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::memory::{with_key, with_numbers};
use crate::plan::thrown;

/// A limiter. Its calls take the length of the key that is in memory, and say whether there was room for such a key.
#[wasm_bindgen]
pub struct WasmLimiter {
    limiter: Limiter,
}

impl WasmLimiter {
    pub(crate) fn new(limiter: Limiter) -> Self {
        Self { limiter }
    }
}

#[wasm_bindgen]
impl WasmLimiter {
    /// The names of the policies.
    pub fn names(&self) -> Vec<String> {
        self.limiter.policies().iter().map(|policy| policy.name.clone()).collect()
    }

    /// Decides and charges; the answer is in memory.
    pub fn consume(&mut self, units: usize) -> bool {
        with_key(units, |scratch, key| calls::consume(&mut self.limiter, scratch, key)).is_some()
    }

    /// What `consume` would answer.
    pub fn peek(&self, units: usize) -> bool {
        with_key(units, |scratch, key| calls::peek(&self.limiter, scratch, key)).is_some()
    }

    /// Corrects the decision in memory to the costs given there.
    pub fn settle(&mut self, units: usize) -> bool {
        with_key(units, |scratch, key| calls::settle(&mut self.limiter, scratch, key)).is_some()
    }

    /// Forgets a key.
    pub fn reset(&mut self, units: usize) -> bool {
        with_key(units, |scratch, key| calls::reset(&mut self.limiter, scratch, key)).is_some()
    }

    /// Blocks a key for the duration given in the place of the cost.
    pub fn block(&mut self, units: usize) -> bool {
        with_key(units, |scratch, key| calls::block(&mut self.limiter, scratch, key)).is_some()
    }

    /// All that is known of a key; undefined where there is no room for such a key.
    pub fn save(&self, units: usize) -> Option<Vec<f64>> {
        with_key(units, |_, key| calls::save(&self.limiter, key))
    }

    /// Takes over what `save` returned.
    pub fn restore(&mut self, units: usize, saved: &[f64]) -> Result<bool, JsValue> {
        let restored = with_key(units, |_, key| calls::restore(&mut self.limiter, key, saved));
        restored.transpose().map(|done| done.is_some()).map_err(thrown)
    }

    /// See [`calls::headers`].
    pub fn headers(&self, dialect: u32) -> Option<String> {
        with_numbers(|scratch| calls::headers(&self.limiter, scratch, dialect))
    }

    /// See [`calls::problem`].
    pub fn problem(&self, status: u32) -> String {
        with_numbers(|scratch| calls::problem(&self.limiter, scratch, status))
    }

    /// See [`calls::size`].
    pub fn size(&self) -> String {
        calls::size(&self.limiter)
    }
}
