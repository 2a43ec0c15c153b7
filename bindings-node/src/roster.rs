//! Presence in one process, by napi-derive: its calls come with connections, not with requests.

use napi_derive::napi;
use tollgate_boundary::RosterCalls;

use crate::config::coded;

/// How presence is kept; what is absent takes the core's default.
#[napi(object)]
pub struct EnginePresenceConfig {
    /// See `PresenceConfig::ttl`, in microseconds.
    pub ttl_micros: Option<f64>,
    /// See `PresenceConfig::heartbeat`, in microseconds.
    pub heartbeat_micros: Option<f64>,
    /// See `PresenceConfig::grace`, in microseconds.
    pub grace_micros: Option<f64>,
    /// See `PresenceConfig::max_data`.
    pub max_data: Option<f64>,
}

impl From<EnginePresenceConfig> for tollgate_boundary::EnginePresenceConfig {
    fn from(given: EnginePresenceConfig) -> Self {
        let EnginePresenceConfig { ttl_micros, heartbeat_micros, grace_micros, max_data } = given;
        Self { ttl_micros, heartbeat_micros, grace_micros, max_data }
    }
}

/// A roster. See `RosterCalls`.
#[napi]
pub struct EngineRoster(RosterCalls);

/// Makes a roster.
#[napi]
pub fn create_roster(config: EnginePresenceConfig) -> napi::Result<EngineRoster, String> {
    RosterCalls::new(config.into()).map(EngineRoster).map_err(coded)
}

#[napi]
impl EngineRoster {
    /// See `RosterCalls::join`.
    #[napi]
    pub fn join(
        &mut self,
        room: String,
        id: String,
        session: f64,
        user: Option<String>,
        data: String,
        now: f64,
    ) -> napi::Result<(), String> {
        self.0.join(&room, &id, session, user, data, now).map_err(coded)
    }

    /// See `RosterCalls::update`.
    #[napi]
    pub fn update(
        &mut self,
        room: String,
        id: String,
        session: f64,
        data: String,
        now: f64,
    ) -> napi::Result<bool, String> {
        self.0.update(&room, &id, session, &data, now).map_err(coded)
    }

    /// See `RosterCalls::leave`.
    #[napi]
    pub fn leave(&mut self, room: String, id: String, session: f64, now: f64) -> bool {
        self.0.leave(&room, &id, session, now)
    }

    /// See `RosterCalls::members`.
    #[napi]
    pub fn members(&mut self, room: String, cursor: String, limit: f64, now: f64) -> String {
        self.0.members(&room, &cursor, limit, now)
    }

    /// See `RosterCalls::count`.
    #[napi]
    pub fn count(&mut self, room: String, now: f64) -> String {
        self.0.count(&room, now)
    }

    /// See `RosterCalls::has`.
    #[napi]
    pub fn has(&mut self, room: String, id: String, now: f64) -> bool {
        self.0.has(&room, &id, now)
    }

    /// See `RosterCalls::watch`.
    #[napi]
    pub fn watch(&mut self, room: String, now: f64) -> f64 {
        self.0.watch(&room, now)
    }

    /// See `RosterCalls::changes`.
    #[napi]
    pub fn changes(&mut self, watch: f64) -> String {
        self.0.changes(watch)
    }

    /// See `RosterCalls::unwatch`.
    #[napi]
    pub fn unwatch(&mut self, watch: f64) {
        self.0.unwatch(watch);
    }

    /// See `RosterCalls::drain`.
    #[napi]
    pub fn drain(&mut self, now: f64) -> String {
        self.0.drain(now)
    }
}
