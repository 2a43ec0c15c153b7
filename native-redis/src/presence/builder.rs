//! Presence with settings.

use std::marker::PhantomData;
use std::time::Duration;

use tollgate_core::roster::PresenceConfig;

#[cfg(feature = "redis")]
use super::over_redis::OverRedis;
use super::state::Shared;
use super::{Presence, Rooms};
use crate::config_error::ConfigError;
#[cfg(feature = "redis")]
use crate::redis::Place;
use crate::span::span;

/// Makes a [`Presence`].
///
/// ```
/// use std::time::Duration;
/// use tollgate::{ConfigError, Presence};
/// let presence = Presence::<String>::builder().grace(Duration::from_secs(5)).build()?;
/// let error = Presence::<String>::builder().heartbeat(Duration::from_secs(30)).build().err().expect("as long as ttl");
/// assert_eq!(error.code(), "CONFIG_HEARTBEAT");
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PresenceBuilder<T> {
    config: PresenceConfig,
    #[cfg(feature = "redis")]
    place: Place,
    data: PhantomData<fn() -> T>,
}

impl<T> PresenceBuilder<T> {
    pub(super) fn new() -> Self {
        Self {
            config: PresenceConfig::default(),
            #[cfg(feature = "redis")]
            place: Place::default(),
            data: PhantomData,
        }
    }

    /// How long a member stays for which nobody vouches any more: 50 ms to 1 day, 30 s where nothing is said.
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.config.ttl = span(ttl);
        self
    }

    /// How often a process vouches for its members, where processes share a roster: 10 ms or more, and shorter than the
    /// TTL; 10 s where nothing is said. In memory it is checked, and has no effect.
    #[must_use]
    pub fn heartbeat(mut self, heartbeat: Duration) -> Self {
        self.config.heartbeat = span(heartbeat);
        self
    }

    /// How long somebody who left may take to come back unnoticed, listed until then: 0 to 1 day, 0 where nothing is
    /// said.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.config.grace = span(grace);
        self
    }

    /// Bytes of a member's data as JSON: 1 to 65,536, 4,096 where nothing is said.
    #[must_use]
    pub fn max_data(mut self, bytes: usize) -> Self {
        self.config.max_data = bytes;
        self
    }

    /// Checks the settings. What this makes is within this process.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn build(self) -> Result<Presence<T>, ConfigError> {
        Ok(Presence { rooms: Rooms::Here(Shared::new(self.config)?), data: PhantomData })
    }
}

#[cfg(feature = "redis")]
impl<T> PresenceBuilder<T> {
    /// Presence of one name and prefix is the same in all processes, in whatever language: 1 to 64 printable ASCII
    /// characters without spaces and braces, `default` where nothing is said.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.place.name = name.into();
        self
    }

    /// What all keys and channels in Redis begin with: 1 to 64 printable ASCII characters without spaces and braces,
    /// `tollgate` where nothing is said.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.place.prefix = prefix.into();
        self
    }

    /// How long a call waits for Redis at most: 1 ms to 60 s, 250 ms where nothing is said.
    #[must_use]
    pub fn store_timeout(mut self, timeout: Duration) -> Self {
        self.place.timeout = timeout;
        self
    }

    /// Checks the settings, and begins to connect to `url`: `redis://user:password@host:6379/0`, any node of a cluster
    /// likewise. (`rediss://` needs one of the TLS features of the `redis` crate.) It opens a connection to ask, and with
    /// the first watch or reader of events one to listen. Processes should agree on the times.
    ///
    /// A Redis that is not there is no error: it is used as soon as it is. This waits for the connection as long as a call
    /// would. Needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed: also where Redis refuses the password, or is older
    /// than 7.0, or there is no runtime.
    pub async fn connect(self, url: &str) -> Result<Presence<T>, ConfigError> {
        let rooms = OverRedis::connect(&self.config, &self.place, url).await?;
        Ok(Presence { rooms: Rooms::OverRedis(rooms), data: PhantomData })
    }
}
