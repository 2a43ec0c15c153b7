//! How a pacer is made.

use std::time::Duration;

use tollgate_core::PacerConfig;

use super::Pacer;
#[cfg(feature = "redis")]
use super::share::{self, Group, Share};
use crate::clock::{Clock, MonotonicClock};
use crate::config_error::ConfigError;
use crate::policy::Policies;

/// A pacer to be. See [`Pacer::builder`].
#[derive(Clone, Debug)]
pub struct PacerBuilder<C: Clock = MonotonicClock> {
    policies: Policies,
    concurrency: Option<u64>,
    max_queue: u64,
    max_delay: Option<Duration>,
    clock: C,
    #[cfg(feature = "redis")]
    name: Option<String>,
    #[cfg(feature = "redis")]
    share: Option<Share>,
}

impl PacerBuilder {
    pub(super) fn new(policies: Policies) -> Self {
        Self {
            policies,
            concurrency: None,
            max_queue: PacerConfig::MAX_QUEUE,
            max_delay: None,
            clock: MonotonicClock,
            #[cfg(feature = "redis")]
            name: None,
            #[cfg(feature = "redis")]
            share: None,
        }
    }

    /// Makes a pacer whose quota is shared by all processes that give the same name here, in whatever language, over the
    /// Redis at `url`: `redis://user:password@host:6379/0`, any node of a cluster likewise. (`rediss://` needs one of the
    /// TLS features of the `redis` crate.) Its policies and its concurrency are the quota of all of them together. It goes
    /// by the clocks of the operating system, and opens a connection to publish and one to subscribe.
    ///
    /// Calls wait until the share of this process is in force: a window after it has joined, and up to 3 s for others to
    /// answer. A Redis that is not there is no error: [`ShareEvent::Error`](crate::ShareEvent::Error) tells
    /// it, and calls wait, at most as long as they may, until it is. This waits for the connection for 1 s at most. Needs
    /// a tokio runtime with I/O and time, in which one task runs until the pacer is closed, or until its last handle and
    /// its last permit are dropped; then the share is given back. Where that runtime ends before, the share ends as well.
    ///
    /// Several policies are divided alike: the least limit is split, and a process has the same part of each other limit,
    /// rounded down.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), tollgate::ConfigError> {
    /// use tollgate::{Pacer, Policy};
    /// let pacer = Pacer::builder(Policy::per_second(50)).name("openai").connect("redis://127.0.0.1/").await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed: also where there is no name, a window is longer
    /// than 60 s, Redis refuses the password or is older than 7.0, or there is no runtime.
    #[cfg(feature = "redis")]
    pub async fn connect(self, url: &str) -> Result<Pacer, ConfigError> {
        let config = self.config();
        // Checked first as it was given, so that errors speak of that and not of the longer windows.
        drop(tollgate_core::Pacer::new(config.clone())?);
        let group = Group::of(self.name.as_deref(), self.share.unwrap_or_default(), &config)?;
        let pacer = Pacer::over(tollgate_core::Pacer::new(share::guarded(config))?, self.max_delay, self.clock);
        share::join(&pacer.shared, group, url).await?;
        Ok(pacer)
    }
}

impl<C: Clock> PacerBuilder<C> {
    /// How many calls may run at once: 1 to 2^53 − 1. Any number without this.
    #[must_use]
    pub fn concurrency(self, concurrency: u64) -> Self {
        Self { concurrency: Some(concurrency), ..self }
    }

    /// How many calls may wait, up to 2^31. One more is refused with
    /// [`PaceError::QueueFull`](crate::PaceError::QueueFull).
    #[must_use]
    pub fn max_queue(self, max_queue: u64) -> Self {
        Self { max_queue, ..self }
    }

    /// The longest that a call waits, unless it says otherwise. As long as it takes without this.
    #[must_use]
    pub fn max_delay(self, max_delay: Duration) -> Self {
        Self { max_delay: Some(max_delay), ..self }
    }

    /// The clock to go by, such as a [`ManualClock`](crate::ManualClock) in tests.
    #[must_use]
    pub fn clock<D: Clock>(self, clock: D) -> PacerBuilder<D> {
        PacerBuilder {
            policies: self.policies,
            concurrency: self.concurrency,
            max_queue: self.max_queue,
            max_delay: self.max_delay,
            clock,
            #[cfg(feature = "redis")]
            name: self.name,
            #[cfg(feature = "redis")]
            share: self.share,
        }
    }

    /// What tells the group that shares the quota from others on the same Redis, 1 to 256 characters. Of use with
    /// [`PacerBuilder::connect`].
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// How the quota is shared: [`Share::peers`] where nothing is said. For [`PacerBuilder::connect`] alone.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn share(self, share: Share) -> Self {
        Self { share: Some(share), ..self }
    }

    /// Makes the pacer. It has started nothing yet.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn build(self) -> Result<Pacer<C>, ConfigError> {
        #[cfg(feature = "redis")]
        if self.share.is_some() {
            let allowed = "none without `connect`: who shares says where the others are";
            return Err(ConfigError::new("CONFIG_SHARE", "share", "peers", allowed));
        }
        let pacer = tollgate_core::Pacer::new(self.config())?;
        Ok(Pacer::over(pacer, self.max_delay, self.clock))
    }

    fn config(&self) -> PacerConfig {
        PacerConfig {
            policies: self.policies.to_core(),
            concurrency: self.concurrency,
            max_queue: self.max_queue,
            ..PacerConfig::default()
        }
    }
}
