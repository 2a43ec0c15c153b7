//! Presence in one process: its calls come with connections, not with requests.

use tollgate_boundary::{EnginePresenceConfig, RosterCalls};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::plan::thrown;

/// A roster. See [`RosterCalls`].
#[wasm_bindgen]
pub struct WasmRoster(RosterCalls);

#[wasm_bindgen]
impl WasmRoster {
    /// See [`EnginePresenceConfig`].
    #[wasm_bindgen(constructor)]
    pub fn new(
        ttl_micros: Option<f64>,
        heartbeat_micros: Option<f64>,
        grace_micros: Option<f64>,
        max_data: Option<f64>,
    ) -> Result<Self, JsValue> {
        let config = EnginePresenceConfig { ttl_micros, heartbeat_micros, grace_micros, max_data };
        RosterCalls::new(config).map(Self).map_err(thrown)
    }

    /// See [`RosterCalls::join`].
    pub fn join(
        &mut self,
        room: &str,
        id: &str,
        session: f64,
        user: Option<String>,
        data: String,
        now: f64,
    ) -> Result<(), JsValue> {
        self.0.join(room, id, session, user, data, now).map_err(thrown)
    }

    /// See [`RosterCalls::update`].
    pub fn update(&mut self, room: &str, id: &str, session: f64, data: &str, now: f64) -> Result<bool, JsValue> {
        self.0.update(room, id, session, data, now).map_err(thrown)
    }

    /// See [`RosterCalls::leave`].
    pub fn leave(&mut self, room: &str, id: &str, session: f64, now: f64) -> bool {
        self.0.leave(room, id, session, now)
    }

    /// See [`RosterCalls::members`].
    pub fn members(&mut self, room: &str, cursor: &str, limit: f64, now: f64) -> String {
        self.0.members(room, cursor, limit, now)
    }

    /// See [`RosterCalls::count`].
    pub fn count(&mut self, room: &str, now: f64) -> String {
        self.0.count(room, now)
    }

    /// See [`RosterCalls::has`].
    pub fn has(&mut self, room: &str, id: &str, now: f64) -> bool {
        self.0.has(room, id, now)
    }

    /// See [`RosterCalls::watch`].
    pub fn watch(&mut self, room: &str, now: f64) -> f64 {
        self.0.watch(room, now)
    }

    /// See [`RosterCalls::changes`].
    pub fn changes(&mut self, watch: f64) -> String {
        self.0.changes(watch)
    }

    /// See [`RosterCalls::unwatch`].
    pub fn unwatch(&mut self, watch: f64) {
        self.0.unwatch(watch);
    }

    /// See [`RosterCalls::drain`].
    pub fn drain(&mut self, now: f64) -> String {
        self.0.drain(now)
    }
}
