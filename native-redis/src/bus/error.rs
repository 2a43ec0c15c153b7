//! Why a message was not sent, or a subscription not made.

use std::error::Error;
use std::fmt;

use crate::config_error::ConfigError;
#[cfg(feature = "redis")]
use crate::redis::StoreError;

/// Why a message was not sent, or a subscription not made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum BusError {
    /// A topic or data is not allowed.
    Invalid(ConfigError),
    /// Redis has not taken a message, or not said so in time: other processes may miss it, and it is not sent again. Or a
    /// subscription is not in force in time: then there is none.
    #[cfg(feature = "redis")]
    Store(StoreError),
}

impl BusError {
    /// Stable name of the problem, such as `CONFIG_TOPIC`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.code(),
            #[cfg(feature = "redis")]
            Self::Store(error) => error.code(),
        }
    }
}

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            #[cfg(feature = "redis")]
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Error for BusError {}

impl From<ConfigError> for BusError {
    fn from(error: ConfigError) -> Self {
        Self::Invalid(error)
    }
}

#[cfg(feature = "redis")]
impl From<StoreError> for BusError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
