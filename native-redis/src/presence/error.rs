//! Why a verb of presence did nothing.

use std::error::Error;
use std::fmt;

use crate::config_error::ConfigError;

/// Why a verb of presence did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresenceError {
    /// A room, id, user or data is not allowed.
    Invalid(ConfigError),
    /// The place is lost: another connection has taken the id over.
    Lost,
}

impl PresenceError {
    /// Stable name of the problem, such as `CONFIG_ROOM`; `CLOSED` for a lost place.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.code(),
            Self::Lost => "CLOSED",
        }
    }
}

impl fmt::Display for PresenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::Lost => f.write_str("another connection has taken this place over"),
        }
    }
}

impl Error for PresenceError {}

impl From<tollgate_core::ConfigError> for PresenceError {
    fn from(error: tollgate_core::ConfigError) -> Self {
        Self::Invalid(error.into())
    }
}
