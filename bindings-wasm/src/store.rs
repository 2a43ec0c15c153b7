//! A limiter in a store. Its calls find requests, decisions and replies in memory, and answer with texts.

use tollgate_boundary::{EngineStoreConfig, store};
use tollgate_core::store::StoredLimiter;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::memory::{with_key, with_numbers};

/// Name, digest and text of each script, joined by NULs.
#[wasm_bindgen]
pub fn scripts() -> String {
    store::scripts()
}

/// A limiter in a store.
#[wasm_bindgen]
pub struct WasmStore(StoredLimiter);

impl WasmStore {
    pub(crate) fn new(config: EngineStoreConfig) -> Result<Self, tollgate_boundary::EngineError> {
        store::create(config).map(Self)
    }
}

#[wasm_bindgen]
impl WasmStore {
    /// See [`store::plan`].
    pub fn plan(&self) -> String {
        store::plan(&self.0)
    }

    /// The key of `units` code units that is in memory, as it stands in the store.
    pub fn escape(&self, units: usize) -> Option<String> {
        with_key(units, |_, key| store::escape(key))
    }

    /// See [`store::base`].
    pub fn base(&self, policy: u32, limit: f64) -> String {
        store::base(&self.0, policy, limit)
    }

    /// See [`store::text`].
    pub fn text(&self, peek: bool) -> String {
        with_numbers(|scratch| store::text(&self.0, scratch, peek))
    }

    /// See [`store::settle_args`].
    #[wasm_bindgen(js_name = settleArgs)]
    pub fn settle_args(&self) -> String {
        with_numbers(|scratch| store::settle_args(&self.0, scratch))
    }

    /// See [`store::block_args`].
    #[wasm_bindgen(js_name = blockArgs)]
    pub fn block_args(&self) -> String {
        with_numbers(|scratch| store::block_args(&self.0, scratch))
    }

    /// See [`store::decision`].
    pub fn decision(&self, script: u32, peek: bool) -> bool {
        with_numbers(|scratch| store::decision(&self.0, scratch, script, peek))
    }
}
