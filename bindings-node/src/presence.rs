//! Presence that processes share, by napi-derive: its calls come with connections and rounds, not with requests.

use napi_derive::napi;
use tollgate_boundary::{EngineSharedConfig, PresenceCalls};

use crate::config::coded;
use crate::roster::EnginePresenceConfig;

/// What one process knows of a shared roster. See `PresenceCalls`.
#[napi]
pub struct EnginePresence(PresenceCalls);

/// Name, digest and text of each script of presence, joined by NULs.
#[napi]
pub fn presence_scripts() -> String {
    tollgate_boundary::presence::scripts()
}

/// Makes the part of a shared roster that a process has.
#[napi]
pub fn create_presence(
    config: EnginePresenceConfig,
    name: String,
    prefix: String,
    partitions: f64,
) -> napi::Result<EnginePresence, String> {
    let config = EngineSharedConfig { presence: config.into(), name, prefix, partitions };
    PresenceCalls::new(config).map(EnginePresence).map_err(coded)
}

#[napi]
impl EnginePresence {
    /// See `PresenceCalls::join`.
    #[napi]
    pub fn join(
        &mut self,
        room: String,
        id: String,
        session: f64,
        user: Option<String>,
        data: String,
        now: f64,
    ) -> napi::Result<String, String> {
        self.0.join(&room, &id, session, user, data, now).map_err(coded)
    }

    /// See `PresenceCalls::update`.
    #[napi]
    pub fn update(
        &mut self,
        room: String,
        id: String,
        session: f64,
        user: Option<String>,
        data: String,
    ) -> napi::Result<String, String> {
        self.0.update(&room, &id, session, user, data).map_err(coded)
    }

    /// See `PresenceCalls::leave`.
    #[napi]
    pub fn leave(&mut self, room: String, id: String, session: f64) -> String {
        self.0.leave(&room, &id, session)
    }

    /// See `PresenceCalls::stands`.
    #[napi]
    pub fn stands(&mut self, room: String, id: String, session: f64, reply: f64) -> String {
        self.0.stands(&room, &id, session, reply)
    }

    /// See `PresenceCalls::due_beats`.
    #[napi]
    pub fn due_beats(&mut self, now: f64) -> String {
        self.0.due_beats(now)
    }

    /// See `PresenceCalls::beaten`.
    #[napi]
    pub fn beaten(&mut self, batch: f64, reply: Vec<f64>) -> String {
        self.0.beaten(batch, &reply)
    }

    /// See `PresenceCalls::unanswered`.
    #[napi]
    pub fn unanswered(&mut self, batch: f64, now: f64) {
        self.0.unanswered(batch, now);
    }

    /// See `PresenceCalls::returned`.
    #[napi]
    pub fn returned(&mut self, now: f64) {
        self.0.returned(now);
    }

    /// See `PresenceCalls::pace`.
    #[napi]
    pub fn pace(&self) -> String {
        self.0.pace()
    }

    /// See `PresenceCalls::next`.
    #[napi]
    pub fn next(&self) -> f64 {
        self.0.next()
    }

    /// See `PresenceCalls::leave_all`.
    #[napi]
    pub fn leave_all(&mut self) -> String {
        self.0.leave_all()
    }

    /// See `PresenceCalls::due`.
    #[napi]
    pub fn due(&self, partition: u32) -> String {
        self.0.due(partition)
    }

    /// See `PresenceCalls::sweep`.
    #[napi]
    pub fn sweep(&self, partition: u32, rooms: Vec<String>) -> String {
        self.0.sweep(partition, &rooms)
    }

    /// See `PresenceCalls::members`.
    #[napi]
    pub fn members(&self, room: String, cursor: String, limit: f64) -> String {
        self.0.members(&room, &cursor, limit)
    }

    /// See `PresenceCalls::page`.
    #[napi]
    pub fn page(&self, reply: Vec<String>) -> String {
        self.0.page(&reply)
    }

    /// See `PresenceCalls::count`.
    #[napi]
    pub fn count(&self, room: String) -> String {
        self.0.count(&room)
    }

    /// See `PresenceCalls::has`.
    #[napi]
    pub fn has(&self, room: String, id: String) -> String {
        self.0.has(&room, &id)
    }

    /// See `PresenceCalls::channel`.
    #[napi]
    pub fn channel(&self, room: String) -> String {
        self.0.channel(&room)
    }

    /// See `PresenceCalls::pattern`.
    #[napi]
    pub fn pattern(&self) -> String {
        self.0.pattern()
    }

    /// See `PresenceCalls::event`.
    #[napi]
    pub fn event(&self, channel: String, message: String) -> String {
        self.0.event(&channel, &message)
    }

    /// See `PresenceCalls::watch`.
    #[napi]
    pub fn watch(&mut self, room: String) -> f64 {
        self.0.watch(&room)
    }

    /// See `PresenceCalls::watch_event`.
    #[napi]
    pub fn watch_event(&mut self, channel: String, message: String) -> Vec<f64> {
        self.0.watch_event(&channel, &message)
    }

    /// See `PresenceCalls::watch_page`.
    #[napi]
    pub fn watch_page(&mut self, watch: f64, reply: Vec<String>) -> i32 {
        self.0.watch_page(watch, &reply)
    }

    /// See `PresenceCalls::watch_start`.
    #[napi]
    pub fn watch_start(&mut self, watch: f64) {
        self.0.watch_start(watch);
    }

    /// See `PresenceCalls::watch_restart`.
    #[napi]
    pub fn watch_restart(&mut self, watch: f64) {
        self.0.watch_restart(watch);
    }

    /// See `PresenceCalls::changes`.
    #[napi]
    pub fn changes(&mut self, watch: f64) -> String {
        self.0.changes(watch)
    }

    /// See `PresenceCalls::unwatch`.
    #[napi]
    pub fn unwatch(&mut self, watch: f64) {
        self.0.unwatch(watch);
    }
}
