//! What a pacer is made from.

use alloc::format;
use alloc::vec::Vec;

use crate::policy::{CheckedPolicy, ConfigError, LimiterConfig, Policy, check_policies, millis};
use crate::time::{MAX_SAFE_INTEGER, Span};

/// What a [`Pacer`](super::Pacer) is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacerConfig {
    /// At most [`LimiterConfig::MAX_POLICIES`]; none where only the concurrency is bounded. Each is counted in an
    /// exact sliding window, whatever its algorithm says: of a policy, name, limit and window are read.
    pub policies: Vec<Policy>,
    /// How many tickets may run at once: 1 to 2^53 − 1; unbounded when absent.
    pub concurrency: Option<u64>,
    /// How many tickets may wait: 0 to [`PacerConfig::MAX_QUEUE`].
    pub max_queue: u64,
    /// How much longer a ticket has to have waited to go before one whose priority is higher by 1:
    /// [`PacerConfig::MIN_AGEING`] to [`PacerConfig::MAX_AGEING`].
    pub ageing: Span,
}

impl PacerConfig {
    /// The largest [`PacerConfig::max_queue`].
    pub const MAX_QUEUE: u64 = 1 << 31;
    /// The shortest [`PacerConfig::ageing`].
    pub const MIN_AGEING: Span = Span::from_millis(1);
    /// The longest [`PacerConfig::ageing`].
    pub const MAX_AGEING: Span = Span::from_secs(86_400);

    pub(super) fn check(self) -> Result<CheckedPacer, ConfigError> {
        if self.policies.len() > LimiterConfig::MAX_POLICIES {
            let allowed = format!("at most {} policies", LimiterConfig::MAX_POLICIES);
            return Err(ConfigError::new("CONFIG_POLICIES", "policies", self.policies.len(), allowed));
        }
        let concurrency = self.concurrency.unwrap_or(MAX_SAFE_INTEGER);
        if !(1..=MAX_SAFE_INTEGER).contains(&concurrency) {
            let allowed = format!("a whole number from 1 to {MAX_SAFE_INTEGER}");
            return Err(ConfigError::new("CONFIG_CONCURRENCY", "concurrency", concurrency, allowed));
        }
        if self.max_queue > Self::MAX_QUEUE {
            let allowed = format!("a whole number from 0 to {}", Self::MAX_QUEUE);
            return Err(ConfigError::new("CONFIG_MAX_QUEUE", "maxQueue", self.max_queue, allowed));
        }
        if !(Self::MIN_AGEING..=Self::MAX_AGEING).contains(&self.ageing) {
            return Err(ConfigError::new("CONFIG_AGEING", "ageing", millis(self.ageing), "1 ms to 1 day"));
        }
        let policies = check_policies(self.policies)?;
        Ok(CheckedPacer { policies, concurrency, max_queue: self.max_queue, ageing: self.ageing })
    }
}

impl Default for PacerConfig {
    /// [`Policy::default`], any concurrency, the longest queue, and 10 s for each step of priority.
    fn default() -> Self {
        Self {
            policies: alloc::vec![Policy::default()],
            concurrency: None,
            max_queue: Self::MAX_QUEUE,
            ageing: Span::from_secs(10),
        }
    }
}

pub(super) struct CheckedPacer {
    pub(super) policies: Vec<CheckedPolicy>,
    pub(super) concurrency: u64,
    pub(super) max_queue: u64,
    pub(super) ageing: Span,
}
