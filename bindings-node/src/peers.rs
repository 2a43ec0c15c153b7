//! A member of a shared quota, by napi-derive: most of its calls come with messages, not with jobs.

use napi_derive::napi;
use tollgate_boundary::PeersCalls;

use crate::config::coded;

/// What a member is made from.
#[napi(object)]
pub struct EnginePeersConfig {
    /// The limit of each policy.
    pub limits: Vec<f64>,
    /// The longest of their windows, in microseconds.
    pub interval_micros: f64,
    /// See `Quota::concurrency`.
    pub concurrency: Option<f64>,
    /// `"even"`, `"floor"` or `"bound"`.
    pub split: String,
    /// The least share, of `"bound"`.
    pub least: f64,
    /// See `PeersConfig::fast_start`.
    pub fast_start: bool,
    /// See `PeersConfig::strict_start`.
    pub strict_start: bool,
    /// See `PeersConfig::heartbeat`, in microseconds.
    pub heartbeat_micros: f64,
}

/// A member. See `PeersCalls`.
#[napi]
pub struct EnginePeers(PeersCalls);

/// Makes a member.
#[napi]
pub fn create_peers(config: EnginePeersConfig, unique: String) -> napi::Result<EnginePeers, String> {
    let EnginePeersConfig {
        limits,
        interval_micros,
        concurrency,
        split,
        least,
        fast_start,
        strict_start,
        heartbeat_micros,
    } = config;
    let config = tollgate_boundary::EnginePeersConfig {
        limits,
        interval_micros,
        concurrency,
        split,
        least,
        fast_start,
        strict_start,
        heartbeat_micros,
    };
    PeersCalls::new(config, &unique).map(EnginePeers).map_err(coded)
}

/// See `tollgate_boundary::peers::guarded_interval`.
#[napi]
pub fn guarded_interval(micros: f64) -> f64 {
    tollgate_boundary::peers::guarded_interval(micros)
}

#[napi]
impl EnginePeers {
    /// See `PeersCalls::begin`.
    #[napi]
    pub fn begin(&mut self, now: f64, wall: f64) {
        self.0.begin(now, wall);
    }

    /// See `PeersCalls::subscribed`.
    #[napi]
    pub fn subscribed(&mut self, now: f64, wall: f64) {
        self.0.subscribed(now, wall);
    }

    /// See `PeersCalls::published`.
    #[napi]
    pub fn published(&mut self, receivers: f64, now: f64, wall: f64) {
        self.0.published(receivers, now, wall);
    }

    /// See `PeersCalls::message`.
    #[napi]
    pub fn message(&mut self, is_main: bool, message: String, now: f64, wall: f64) {
        self.0.message(is_main, &message, now, wall);
    }

    /// See `PeersCalls::rename`.
    #[napi]
    pub fn rename(&mut self, unique: String, now: f64, wall: f64) {
        self.0.rename(&unique, now, wall);
    }

    /// See `PeersCalls::close`.
    #[napi]
    pub fn close(&mut self) {
        self.0.close();
    }

    /// See `PeersCalls::stands`.
    #[napi]
    pub fn stands(&self, now: f64, wall: f64) -> bool {
        self.0.stands(now, wall)
    }

    /// See `PeersCalls::patience`.
    #[napi]
    pub fn patience(&self, random: f64) -> f64 {
        self.0.patience(random)
    }

    /// See `PeersCalls::drain`.
    #[napi]
    pub fn drain(&mut self, now: f64, wall: f64) -> String {
        self.0.drain(now, wall)
    }
}
