//! Why a store did not do what it was asked.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::RedisError;

/// Why Redis did not do what it was asked. Decisions never fail with it: their
/// [`source`](crate::Decision::source) says that somebody else decided.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StoreError {
    /// No answer within the store's timeout. What was asked may have been done.
    Timeout(Duration),
    /// Nothing was asked: Redis failed before, and one call at a time finds out whether it is back.
    Unavailable,
    /// There is no connection, or it broke. What was asked may have been done if it broke.
    Connection(Arc<RedisError>),
    /// Redis answered an error, and did nothing.
    Refused(Arc<RedisError>),
    /// The server is older than Redis 7.0.
    Version(String),
    /// A value that is none of ours stands at a key of ours.
    Foreign(String),
    /// The answer was none that our scripts give.
    Protocol,
    /// There is no tokio runtime to ask in.
    NoRuntime,
}

impl StoreError {
    /// Stable name of the problem, such as `STORE_TIMEOUT`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Timeout(_) => "STORE_TIMEOUT",
            Self::Unavailable | Self::Connection(_) | Self::NoRuntime => "STORE_UNAVAILABLE",
            Self::Refused(_) | Self::Foreign(_) => "STORE_ERROR",
            Self::Version(_) => "STORE_VERSION",
            Self::Protocol => "STORE_PROTOCOL",
        }
    }

    /// Whether waiting will not help: somebody has to change something.
    pub(super) fn is_misconfiguration(&self) -> bool {
        const CODES: [&str; 3] = ["WRONGPASS", "NOAUTH", "NOPERM"];
        match self {
            Self::Version(_) => true,
            Self::Refused(error) | Self::Connection(error) => {
                error.kind() == redis::ErrorKind::AuthenticationFailed
                    || error.code().is_some_and(|code| CODES.contains(&code))
            }
            _ => false,
        }
    }
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        let is_answer = matches!(error.kind(), redis::ErrorKind::Server(_) | redis::ErrorKind::Extension);
        if is_answer { Self::Refused(Arc::new(error)) } else { Self::Connection(Arc::new(error)) }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(after) => write!(f, "Redis did not answer within {after:?}"),
            Self::Unavailable => f.write_str("Redis failed before and is not asked now"),
            Self::Connection(error) => write!(f, "no connection to Redis: {error}"),
            Self::Refused(error) => write!(f, "Redis answered an error: {error}"),
            Self::Version(found) => write!(f, "Redis 7.0 or newer is needed, the server is {found}"),
            Self::Foreign(what) => write!(f, "a value that is not ours stands at a key of ours: {what}"),
            Self::Protocol => f.write_str("Redis answered what none of our scripts does"),
            Self::NoRuntime => f.write_str("there is no tokio runtime here"),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Connection(error) | Self::Refused(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}
