//! Why a verb of presence did nothing.

use std::error::Error;
use std::fmt;

use crate::config_error::ConfigError;
#[cfg(feature = "redis")]
use crate::redis::StoreError;

/// Why a verb of presence did nothing.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PresenceError {
    /// A room, id, user or data is not allowed.
    Invalid(ConfigError),
    /// The place is lost: another connection has taken the id over.
    Lost,
    /// Presence is closed.
    Closed,
    /// Redis has not answered, or not in time. Only reads fail with it.
    #[cfg(feature = "redis")]
    Store(StoreError),
}

impl PresenceError {
    /// Stable name of the problem, such as `CONFIG_ROOM`; `CLOSED` for a lost place, or closed presence.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.code(),
            Self::Lost | Self::Closed => "CLOSED",
            #[cfg(feature = "redis")]
            Self::Store(error) => error.code(),
        }
    }
}

impl fmt::Display for PresenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::Lost => f.write_str("another connection has taken this place over"),
            Self::Closed => f.write_str("presence is closed"),
            #[cfg(feature = "redis")]
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Error for PresenceError {}

impl From<tollgate_core::ConfigError> for PresenceError {
    fn from(error: tollgate_core::ConfigError) -> Self {
        Self::Invalid(error.into())
    }
}

#[cfg(feature = "redis")]
impl From<ConfigError> for PresenceError {
    fn from(error: ConfigError) -> Self {
        Self::Invalid(error)
    }
}

#[cfg(feature = "redis")]
impl From<StoreError> for PresenceError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
