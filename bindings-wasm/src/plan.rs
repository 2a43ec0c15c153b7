//! Control plane: policies in, limiters and pacers out.

use tollgate_boundary::{EngineConfig, EngineError, EnginePolicy};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

/// The version of the package that this belongs to.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// A limiter or a pacer to be: its policies are named one after the other. (Read as one object by serde, a configuration would
/// take 10 KB more of compressed code.)
#[wasm_bindgen]
pub struct PolicyPlan(EngineConfig);

#[wasm_bindgen]
impl PolicyPlan {
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
}

#[cfg(feature = "limits")]
mod limits {
    use tollgate_boundary::EngineStoreConfig;
    use tollgate_core::{Limiter, LimiterConfig};
    use wasm_bindgen::JsValue;
    use wasm_bindgen::prelude::wasm_bindgen;

    use super::{PolicyPlan, thrown};
    use crate::hot::WasmLimiter;
    use crate::store::WasmStore;

    #[wasm_bindgen]
    impl PolicyPlan {
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
    }
}

#[cfg(feature = "machines")]
mod machines {
    use tollgate_boundary::EnginePacerConfig;
    use wasm_bindgen::JsValue;
    use wasm_bindgen::prelude::wasm_bindgen;

    use super::{PolicyPlan, thrown};
    use crate::pacer::WasmPacer;

    #[wasm_bindgen]
    impl PolicyPlan {
        /// Makes a pacer of these policies.
        pub fn pacer(self, concurrency: Option<f64>, max_queue: Option<f64>) -> Result<WasmPacer, JsValue> {
            let config = EnginePacerConfig { policies: self.0.policies, concurrency, max_queue };
            tollgate_boundary::pacer::create(config).map(WasmPacer::new).map_err(thrown)
        }
    }
}

/// What is thrown: code and message as one text, of which JavaScript makes an `Error`.
pub(crate) fn thrown(error: impl Into<EngineError>) -> JsValue {
    let EngineError { code, message } = error.into();
    JsValue::from_str(&format!("{code}\n{message}"))
}
