//! Presence with settings.

use std::marker::PhantomData;
use std::time::Duration;

use tollgate_core::roster::PresenceConfig;

use super::Presence;
use super::state::Shared;
use crate::config_error::ConfigError;
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
    data: PhantomData<fn() -> T>,
}

impl<T> PresenceBuilder<T> {
    pub(super) fn new() -> Self {
        Self { config: PresenceConfig::default(), data: PhantomData }
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

    /// Checks the settings.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn build(self) -> Result<Presence<T>, ConfigError> {
        Ok(Presence { shared: Shared::new(self.config)?, data: PhantomData })
    }
}
