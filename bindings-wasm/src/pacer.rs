//! The pacer. All numbers of its calls are in memory.

use tollgate_boundary::pacer;
use tollgate_core::Pacer;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::memory::with_numbers;

/// A pacer. See [`Pacer`].
#[wasm_bindgen]
pub struct WasmPacer(Pacer);

impl WasmPacer {
    pub(crate) fn new(pacer: Pacer) -> Self {
        Self(pacer)
    }
}

#[wasm_bindgen]
impl WasmPacer {
    /// The names of the policies.
    pub fn names(&self) -> Vec<String> {
        self.0.policies().iter().map(|policy| policy.name.clone()).collect()
    }

    /// See [`pacer::submit`].
    pub fn submit(&mut self) {
        with_numbers(|scratch| pacer::submit(&mut self.0, scratch));
    }

    /// See [`pacer::finish`].
    pub fn finish(&mut self) {
        with_numbers(|scratch| pacer::finish(&mut self.0, scratch));
    }

    /// See [`pacer::settle`].
    pub fn settle(&mut self) {
        with_numbers(|scratch| pacer::settle(&mut self.0, scratch));
    }

    /// See [`pacer::cancel`].
    pub fn cancel(&mut self) {
        with_numbers(|scratch| pacer::cancel(&mut self.0, scratch));
    }

    /// See [`pacer::clear`].
    pub fn clear(&mut self) {
        with_numbers(|scratch| pacer::clear(&mut self.0, scratch));
    }

    /// See [`pacer::pause`].
    pub fn pause(&mut self) {
        with_numbers(|scratch| pacer::pause(&mut self.0, scratch));
    }

    /// See [`pacer::resume`].
    pub fn resume(&mut self) {
        with_numbers(|scratch| pacer::resume(&mut self.0, scratch));
    }

    /// See [`pacer::set_share`].
    #[wasm_bindgen(js_name = setShare)]
    pub fn set_share(&mut self) {
        with_numbers(|scratch| pacer::set_share(&mut self.0, scratch));
    }

    /// See [`pacer::set_limits`].
    #[wasm_bindgen(js_name = setLimits)]
    pub fn set_limits(&mut self) {
        with_numbers(|scratch| pacer::set_limits(&mut self.0, scratch));
    }

    /// See [`pacer::cancel_unfit`].
    #[wasm_bindgen(js_name = cancelUnfit)]
    pub fn cancel_unfit(&mut self) {
        with_numbers(|scratch| pacer::cancel_unfit(&mut self.0, scratch));
    }

    /// See [`pacer::learn`].
    pub fn learn(&mut self) {
        with_numbers(|scratch| pacer::learn(&mut self.0, scratch));
    }

    /// See [`pacer::begun`].
    pub fn begun(&mut self) {
        with_numbers(|scratch| pacer::begun(&mut self.0, scratch));
    }

    /// See [`pacer::drain`].
    pub fn drain(&mut self) {
        with_numbers(|scratch| pacer::drain(&mut self.0, scratch));
    }

    /// See [`pacer::state`].
    pub fn state(&mut self) {
        with_numbers(|scratch| pacer::state(&mut self.0, scratch));
    }
}

/// What header fields tell about limits. See [`tollgate_boundary::told`].
#[wasm_bindgen]
pub fn told(fields: &str, wall_secs: f64) -> String {
    tollgate_boundary::told(fields, wall_secs)
}
