//! Presence that processes share: its calls come with connections and rounds, not with requests.

use tollgate_boundary::{EnginePresenceConfig, EngineSharedConfig, PresenceCalls};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::plan::thrown;

/// Name, digest and text of each script of presence, joined by NULs.
#[wasm_bindgen(js_name = presenceScripts)]
pub fn presence_scripts() -> String {
    tollgate_boundary::presence::scripts()
}

/// What one process knows of a shared roster. See [`PresenceCalls`].
#[wasm_bindgen]
pub struct WasmPresence(PresenceCalls);

#[wasm_bindgen]
impl WasmPresence {
    /// See [`EngineSharedConfig`].
    #[wasm_bindgen(constructor)]
    pub fn new(
        ttl_micros: Option<f64>,
        heartbeat_micros: Option<f64>,
        grace_micros: Option<f64>,
        max_data: Option<f64>,
        name: String,
        prefix: String,
        partitions: f64,
    ) -> Result<Self, JsValue> {
        let presence = EnginePresenceConfig { ttl_micros, heartbeat_micros, grace_micros, max_data };
        PresenceCalls::new(EngineSharedConfig { presence, name, prefix, partitions }).map(Self).map_err(thrown)
    }

    /// See [`PresenceCalls::join`].
    pub fn join(
        &mut self,
        room: &str,
        id: &str,
        session: f64,
        user: Option<String>,
        data: String,
        now: f64,
    ) -> Result<String, JsValue> {
        self.0.join(room, id, session, user, data, now).map_err(thrown)
    }

    /// See [`PresenceCalls::update`].
    pub fn update(
        &mut self,
        room: &str,
        id: &str,
        session: f64,
        user: Option<String>,
        data: String,
    ) -> Result<String, JsValue> {
        self.0.update(room, id, session, user, data).map_err(thrown)
    }

    /// See [`PresenceCalls::leave`].
    pub fn leave(&mut self, room: &str, id: &str, session: f64) -> String {
        self.0.leave(room, id, session)
    }

    /// See [`PresenceCalls::stands`].
    pub fn stands(&mut self, room: &str, id: &str, session: f64, reply: f64) -> String {
        self.0.stands(room, id, session, reply)
    }

    /// See [`PresenceCalls::due_beats`].
    #[wasm_bindgen(js_name = dueBeats)]
    pub fn due_beats(&mut self, now: f64) -> String {
        self.0.due_beats(now)
    }

    /// See [`PresenceCalls::beaten`].
    pub fn beaten(&mut self, batch: f64, reply: Vec<f64>) -> String {
        self.0.beaten(batch, &reply)
    }

    /// See [`PresenceCalls::unanswered`].
    pub fn unanswered(&mut self, batch: f64, now: f64) {
        self.0.unanswered(batch, now);
    }

    /// See [`PresenceCalls::returned`].
    pub fn returned(&mut self, now: f64) {
        self.0.returned(now);
    }

    /// See [`PresenceCalls::pace`].
    pub fn pace(&self) -> String {
        self.0.pace()
    }

    /// See [`PresenceCalls::next`].
    pub fn next(&self) -> f64 {
        self.0.next()
    }

    /// See [`PresenceCalls::leave_all`].
    #[wasm_bindgen(js_name = leaveAll)]
    pub fn leave_all(&mut self) -> String {
        self.0.leave_all()
    }

    /// See [`PresenceCalls::due`].
    pub fn due(&self, partition: u32) -> String {
        self.0.due(partition)
    }

    /// See [`PresenceCalls::sweep`].
    pub fn sweep(&self, partition: u32, rooms: Vec<String>) -> String {
        self.0.sweep(partition, &rooms)
    }

    /// See [`PresenceCalls::members`].
    pub fn members(&self, room: &str, cursor: &str, limit: f64) -> String {
        self.0.members(room, cursor, limit)
    }

    /// See [`PresenceCalls::page`].
    pub fn page(&self, reply: Vec<String>) -> String {
        self.0.page(&reply)
    }

    /// See [`PresenceCalls::count`].
    pub fn count(&self, room: &str) -> String {
        self.0.count(room)
    }

    /// See [`PresenceCalls::has`].
    pub fn has(&self, room: &str, id: &str) -> String {
        self.0.has(room, id)
    }

    /// See [`PresenceCalls::channel`].
    pub fn channel(&self, room: &str) -> String {
        self.0.channel(room)
    }

    /// See [`PresenceCalls::pattern`].
    pub fn pattern(&self) -> String {
        self.0.pattern()
    }

    /// See [`PresenceCalls::event`].
    pub fn event(&self, channel: &str, message: &str) -> String {
        self.0.event(channel, message)
    }

    /// See [`PresenceCalls::watch`].
    pub fn watch(&mut self, room: &str) -> f64 {
        self.0.watch(room)
    }

    /// See [`PresenceCalls::watch_event`].
    #[wasm_bindgen(js_name = watchEvent)]
    pub fn watch_event(&mut self, channel: &str, message: &str) -> Vec<f64> {
        self.0.watch_event(channel, message)
    }

    /// See [`PresenceCalls::watch_page`].
    #[wasm_bindgen(js_name = watchPage)]
    pub fn watch_page(&mut self, watch: f64, reply: Vec<String>) -> i32 {
        self.0.watch_page(watch, &reply)
    }

    /// See [`PresenceCalls::watch_start`].
    #[wasm_bindgen(js_name = watchStart)]
    pub fn watch_start(&mut self, watch: f64) {
        self.0.watch_start(watch);
    }

    /// See [`PresenceCalls::watch_restart`].
    #[wasm_bindgen(js_name = watchRestart)]
    pub fn watch_restart(&mut self, watch: f64) {
        self.0.watch_restart(watch);
    }

    /// See [`PresenceCalls::changes`].
    pub fn changes(&mut self, watch: f64) -> String {
        self.0.changes(watch)
    }

    /// See [`PresenceCalls::unwatch`].
    pub fn unwatch(&mut self, watch: f64) {
        self.0.unwatch(watch);
    }
}
