//! The times of presence, checked once, and what names and data may be.

use alloc::format;
use alloc::string::ToString;

use super::member::Identity;
use crate::policy::{ConfigError, millis, quoted};
use crate::time::Span;

/// How presence is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceConfig {
    /// How long a member of a shared roster stays without a heartbeat: 50 ms to 1 day.
    pub ttl: Span,
    /// How often a process vouches for its members: 10 ms or more, and shorter than `ttl`.
    pub heartbeat: Span,
    /// How long a member that has left may take to come back unnoticed: 0 to 1 day. It is listed until then.
    pub grace: Span,
    /// Bytes of a member's data as JSON text: 1 to [`PresenceConfig::MOST_DATA`].
    pub max_data: usize,
}

impl PresenceConfig {
    /// The shortest `ttl`.
    pub const MIN_TTL: Span = Span::from_millis(50);
    /// The shortest `heartbeat`.
    pub const MIN_HEARTBEAT: Span = Span::from_millis(10);
    /// The longest `ttl` and `grace`.
    pub const MAX_SPAN: Span = Span::from_secs(86_400);
    /// The most that `max_data` may be, in bytes.
    pub const MOST_DATA: usize = 65_536;
    /// The longest room, connection id or user, in bytes of UTF-8.
    pub const MAX_NAME: usize = 512;

    /// Checks everything.
    ///
    /// # Errors
    /// Names the first field that is out of bounds.
    pub fn check(self) -> Result<CheckedPresence, ConfigError> {
        if !(Self::MIN_TTL..=Self::MAX_SPAN).contains(&self.ttl) {
            return Err(ConfigError::new("CONFIG_TTL", "ttl", millis(self.ttl), "50 ms to 1 day"));
        }
        if self.heartbeat < Self::MIN_HEARTBEAT || self.heartbeat >= self.ttl {
            let allowed = format!("10 ms or more, and shorter than ttl ({})", millis(self.ttl));
            return Err(ConfigError::new("CONFIG_HEARTBEAT", "heartbeat", millis(self.heartbeat), allowed));
        }
        if self.grace > Self::MAX_SPAN {
            return Err(ConfigError::new("CONFIG_GRACE", "grace", millis(self.grace), "0 to 1 day"));
        }
        if !(1..=Self::MOST_DATA).contains(&self.max_data) {
            let allowed = format!("a whole number from 1 to {}", Self::MOST_DATA);
            return Err(ConfigError::new("CONFIG_MAX_DATA", "maxData", self.max_data, allowed));
        }
        Ok(CheckedPresence(self))
    }
}

impl Default for PresenceConfig {
    /// A TTL of 30 s, a heartbeat every 10 s, no grace, 4 KB of data.
    fn default() -> Self {
        Self { ttl: Span::from_secs(30), heartbeat: Span::from_secs(10), grace: Span::ZERO, max_data: 4_096 }
    }
}

/// A [`PresenceConfig`] that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPresence(PresenceConfig);

impl CheckedPresence {
    /// See [`PresenceConfig::ttl`].
    #[must_use]
    pub fn ttl(&self) -> Span {
        self.0.ttl
    }

    /// See [`PresenceConfig::heartbeat`].
    #[must_use]
    pub fn heartbeat(&self) -> Span {
        self.0.heartbeat
    }

    /// See [`PresenceConfig::grace`].
    #[must_use]
    pub fn grace(&self) -> Span {
        self.0.grace
    }

    /// Whether such a member may join such a room.
    ///
    /// # Errors
    /// A name is empty or longer than [`PresenceConfig::MAX_NAME`], or the data is too large.
    pub fn check_member(&self, room: &str, cid: &str, identity: &Identity) -> Result<(), ConfigError> {
        check_name("CONFIG_ROOM", "room", room)?;
        check_name("CONFIG_ID", "id", cid)?;
        identity.user.as_deref().map_or(Ok(()), |user| check_name("CONFIG_USER", "user", user))?;
        self.check_data(&identity.data)
    }

    /// Whether a member may have such data.
    ///
    /// # Errors
    /// It is larger than [`PresenceConfig::max_data`].
    pub fn check_data(&self, data: &str) -> Result<(), ConfigError> {
        if data.len() <= self.0.max_data {
            return Ok(());
        }
        let allowed = format!("at most {} bytes of JSON", self.0.max_data);
        Err(ConfigError::new("CONFIG_DATA", "data", format!("{} bytes", data.len()), allowed))
    }
}

fn check_name(code: &'static str, field: &str, name: &str) -> Result<(), ConfigError> {
    if (1..=PresenceConfig::MAX_NAME).contains(&name.len()) {
        return Ok(());
    }
    let value = if name.is_empty() { quoted(name) } else { format!("a text of {} bytes", name.len()) };
    Err(ConfigError::new(code, field.to_string(), value, format!("1 to {} bytes of UTF-8", PresenceConfig::MAX_NAME)))
}
