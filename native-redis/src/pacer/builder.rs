//! How a pacer is made.

use std::time::Duration;

use tollgate_core::PacerConfig;

use super::Pacer;
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
}

impl PacerBuilder {
    pub(super) fn new(policies: Policies) -> Self {
        Self { policies, concurrency: None, max_queue: PacerConfig::MAX_QUEUE, max_delay: None, clock: MonotonicClock }
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
        let Self { policies, concurrency, max_queue, max_delay, .. } = self;
        PacerBuilder { policies, concurrency, max_queue, max_delay, clock }
    }

    /// Makes the pacer. It has started nothing yet.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn build(self) -> Result<Pacer<C>, ConfigError> {
        let config = PacerConfig {
            policies: self.policies.to_core(),
            concurrency: self.concurrency,
            max_queue: self.max_queue,
            ..PacerConfig::default()
        };
        Ok(Pacer::over(tollgate_core::Pacer::new(config)?, self.max_delay, self.clock))
    }
}
