//! The scripts.

use alloc::string::String;

use super::super::sha1;

/// A script of presence: its name, and the Lua that Redis runs.
#[derive(Debug, PartialEq, Eq)]
pub struct PresenceScript {
    /// What it is called here; Redis knows it by its SHA-1.
    pub name: &'static str,
    /// Lua 5.1, for Redis 7.0 and newer, and Valkey.
    pub source: &'static str,
}

macro_rules! script {
    ($name:literal) => {
        PresenceScript { name: $name, source: concat!(include_str!("room.lua"), include_str!(concat!($name, ".lua"))) }
    };
}

pub(super) static JOIN: PresenceScript = script!("join");
pub(super) static UPDATE: PresenceScript = script!("update");
pub(super) static LEAVE: PresenceScript = script!("leave");
pub(super) static HEARTBEAT: PresenceScript = script!("heartbeat");
pub(super) static DUE: PresenceScript = script!("due");
pub(super) static SWEEP: PresenceScript = script!("sweep");
pub(super) static MEMBERS: PresenceScript = script!("members");
pub(super) static COUNT: PresenceScript = script!("count");
pub(super) static HAS: PresenceScript = script!("has");

impl PresenceScript {
    /// All of them.
    #[must_use]
    pub fn all() -> [&'static Self; 9] {
        [&JOIN, &UPDATE, &LEAVE, &HEARTBEAT, &DUE, &SWEEP, &MEMBERS, &COUNT, &HAS]
    }

    /// What `EVALSHA` takes. It is computed at each call: keep it.
    #[must_use]
    pub fn sha1(&self) -> String {
        sha1::hex(self.source)
    }
}
