//! Why a message was not sent, or a subscription not made.

use std::error::Error;
use std::fmt;

use crate::config_error::ConfigError;

/// Why a message was not sent, or a subscription not made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BusError {
    /// A topic or data is not allowed.
    Invalid(ConfigError),
}

impl BusError {
    /// Stable name of the problem, such as `CONFIG_TOPIC`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.code(),
        }
    }
}

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
        }
    }
}

impl Error for BusError {}

impl From<ConfigError> for BusError {
    fn from(error: ConfigError) -> Self {
        Self::Invalid(error)
    }
}
