//! Refusals of the store, remembered so that it is not asked again in vain.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tollgate_core::{Decision, Denials, DenialsConfig, Timestamp};

use crate::clock::{Clock, MonotonicClock};
use crate::config_error::ConfigError;
use crate::cost::Request;
use crate::seed::random_seed;
use crate::span::{span, timestamp};
use crate::terms::Terms;

pub(super) struct Refusals {
    /// None where nothing is remembered: by choice, or since something was given back, after which a refusal may end
    /// early.
    denials: RwLock<Option<Denials>>,
}

impl Refusals {
    /// Remembers refusals for `longest` at most; not at all where that is zero.
    pub(super) fn new(terms: Terms, longest: Duration) -> Result<Self, ConfigError> {
        if longest.is_zero() {
            return Ok(Self { denials: RwLock::new(None) });
        }
        let limits = terms.iter().map(|policy| policy.limit).collect();
        let config = DenialsConfig { limits, max_age: span(longest), seed: random_seed(), ..DenialsConfig::default() };
        let denials = Denials::new(config).map_err(|error| {
            ConfigError::new("CONFIG_DENIAL_CACHE", "denial_cache", error.value(), "1 ms to 60 s, or zero for none")
        })?;
        Ok(Self { denials: RwLock::new(Some(denials)) })
    }

    /// The time by which refusals are remembered.
    pub(super) fn now() -> Timestamp {
        timestamp(MonotonicClock.now())
    }

    /// The refusal that the store would answer with, where that is known.
    pub(super) fn find(&self, key: &[u8], request: &Request, now: Timestamp) -> Option<Decision> {
        if !request.limits.is_empty() {
            return None;
        }
        let denials = self.denials.read().unwrap_or_else(PoisonError::into_inner);
        denials.as_ref()?.find(key, request.to_core(), now)
    }

    /// Remembers what the store said that was asked at `asked`.
    pub(super) fn learn(&self, key: &[u8], request: &Request, decision: &Decision, asked: Timestamp) {
        if decision.allowed || !request.limits.is_empty() {
            return;
        }
        self.with(|denials| denials.learn(key, request.to_core(), decision, asked));
    }

    /// What is known of a key, or is on its way, may have changed.
    pub(super) fn forget(&self, key: &[u8]) {
        self.with(|denials| denials.forget(key, Self::now()));
    }

    /// Nothing is remembered from now on.
    pub(super) fn stop(&self) {
        *self.denials.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn with(&self, change: impl FnOnce(&mut Denials)) {
        if let Some(denials) = self.denials.write().unwrap_or_else(PoisonError::into_inner).as_mut() {
            change(denials);
        }
    }
}
