//! A member of a shared quota: most of its calls come with messages, not with jobs.

use tollgate_boundary::{EnginePeersConfig, PeersCalls, peers};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::plan::thrown;

/// A member. See [`PeersCalls`].
#[wasm_bindgen]
pub struct WasmPeers(PeersCalls);

/// See [`peers::guarded_interval`].
#[wasm_bindgen(js_name = guardedInterval)]
pub fn guarded_interval(micros: f64) -> f64 {
    peers::guarded_interval(micros)
}

#[wasm_bindgen]
impl WasmPeers {
    /// See [`EnginePeersConfig`].
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments)] // an object would have to be read field by field
    pub fn new(
        limits: Vec<f64>,
        interval_micros: f64,
        concurrency: Option<f64>,
        split: String,
        least: f64,
        fast_start: bool,
        strict_start: bool,
        heartbeat_micros: f64,
        unique: &str,
    ) -> Result<Self, JsValue> {
        let config = EnginePeersConfig {
            limits,
            interval_micros,
            concurrency,
            split,
            least,
            fast_start,
            strict_start,
            heartbeat_micros,
        };
        PeersCalls::new(config, unique).map(Self).map_err(thrown)
    }

    /// See [`PeersCalls::begin`].
    pub fn begin(&mut self, now: f64, wall: f64) {
        self.0.begin(now, wall);
    }

    /// See [`PeersCalls::subscribed`].
    pub fn subscribed(&mut self, now: f64, wall: f64) {
        self.0.subscribed(now, wall);
    }

    /// See [`PeersCalls::published`].
    pub fn published(&mut self, receivers: f64, now: f64, wall: f64) {
        self.0.published(receivers, now, wall);
    }

    /// See [`PeersCalls::message`].
    pub fn message(&mut self, is_main: bool, message: &str, now: f64, wall: f64) {
        self.0.message(is_main, message, now, wall);
    }

    /// See [`PeersCalls::rename`].
    pub fn rename(&mut self, unique: &str, now: f64, wall: f64) {
        self.0.rename(unique, now, wall);
    }

    /// See [`PeersCalls::close`].
    pub fn close(&mut self) {
        self.0.close();
    }

    /// See [`PeersCalls::stands`].
    pub fn stands(&self, now: f64, wall: f64) -> bool {
        self.0.stands(now, wall)
    }

    /// See [`PeersCalls::patience`].
    pub fn patience(&self, random: f64) -> f64 {
        self.0.patience(random)
    }

    /// See [`PeersCalls::drain`].
    pub fn drain(&mut self, now: f64, wall: f64) -> String {
        self.0.drain(now, wall)
    }
}
