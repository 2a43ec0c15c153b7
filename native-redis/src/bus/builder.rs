//! A bus over Redis with settings.

use std::sync::Arc;
use std::time::Duration;

use super::envelope::ChannelNames;
use super::others::OtherProcesses;
use super::{Bus, Shared};
use crate::config_error::ConfigError;
use crate::redis::Place;

/// Longest name, in bytes.
const MAX_NAME: usize = 256;

/// Makes a [`Bus`] over Redis.
///
/// ```no_run
/// # async fn example() -> Result<(), tollgate::ConfigError> {
/// use tollgate::Bus;
/// let bus = Bus::builder().name("chat").connect("redis://127.0.0.1/").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct BusBuilder {
    place: Place,
}

impl BusBuilder {
    pub(super) fn new() -> Self {
        Self { place: Place::default() }
    }

    /// Buses of one name get each other's messages, in whatever process and language: 1 to 256 bytes, `default` where
    /// nothing is said.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.place.name = name.into();
        self
    }

    /// What all channels in Redis begin with: 1 to 64 printable ASCII characters without spaces and braces, `tollgate`
    /// where nothing is said.
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
    /// likewise. (`rediss://` needs one of the TLS features of the `redis` crate.) It opens a connection to publish, and
    /// with the first subscription one to subscribe.
    ///
    /// A Redis that is not there is no error: it is used as soon as it is. This waits for the connection as long as a call
    /// would. Needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed: also where Redis refuses the password, or is older
    /// than 7.0, or there is no runtime.
    pub async fn connect(self, url: &str) -> Result<Bus, ConfigError> {
        let Place { name, prefix, .. } = &self.place;
        if !(1..=MAX_NAME).contains(&name.len()) {
            return Err(ConfigError::new("CONFIG_NAME", "name", format!("{name:?}"), "a text of 1 to 256 bytes"));
        }
        let (client, link) = self.place.connect(url).await?;
        let shared = Arc::new(Shared::default());
        let others = OtherProcesses::new(client, link, ChannelNames::new(prefix, name), &shared)?;
        Ok(Bus { shared, others: Some(others) })
    }
}
