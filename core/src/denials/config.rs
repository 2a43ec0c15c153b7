//! What a cache of denials is made from.

use alloc::format;
use alloc::vec::Vec;

use crate::policy::{ConfigError, LimiterConfig, millis};
use crate::time::{MAX_SAFE_INTEGER, Span};

const CODE: &str = "CONFIG_DENIAL_CACHE";

/// What [`super::Denials`] is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DenialsConfig {
    /// The limit of each policy, in their order: 1 to [`LimiterConfig::MAX_POLICIES`] of them.
    pub limits: Vec<u64>,
    /// How long a denial is remembered at most, whatever it says: [`DenialsConfig::MIN_AGE`] to
    /// [`DenialsConfig::MAX_AGE`]. So long may a reset or a refund in another process go unnoticed here.
    pub max_age: Span,
    /// How many denials are remembered at most: [`DenialsConfig::MIN_KEYS`] to [`DenialsConfig::MAX_KEYS`], rounded
    /// down to a power of two.
    pub max_keys: usize,
    /// A secret, so that nobody can choose keys that share a hash.
    pub seed: [u64; 2],
}

impl DenialsConfig {
    /// The shortest greatest age.
    pub const MIN_AGE: Span = Span::from_millis(1);
    /// The longest greatest age.
    pub const MAX_AGE: Span = Span::from_secs(60);
    /// The smallest cache.
    pub const MIN_KEYS: usize = 64;
    /// The largest cache.
    pub const MAX_KEYS: usize = 1 << 20;

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if !(1..=LimiterConfig::MAX_POLICIES).contains(&self.limits.len()) {
            let allowed = format!("a limit for each of 1 to {} policies", LimiterConfig::MAX_POLICIES);
            return Err(ConfigError::new(CODE, "limits", self.limits.len(), allowed));
        }
        if let Some(limit) = self.limits.iter().find(|limit| !(1..=MAX_SAFE_INTEGER).contains(*limit)) {
            let allowed = format!("whole numbers from 1 to {MAX_SAFE_INTEGER}");
            return Err(ConfigError::new(CODE, "limits", limit, allowed));
        }
        if !(Self::MIN_AGE..=Self::MAX_AGE).contains(&self.max_age) {
            return Err(ConfigError::new(CODE, "maxAge", millis(self.max_age), "1 ms to 60 s"));
        }
        if !(Self::MIN_KEYS..=Self::MAX_KEYS).contains(&self.max_keys) {
            let allowed = format!("a whole number from {} to {}", Self::MIN_KEYS, Self::MAX_KEYS);
            return Err(ConfigError::new(CODE, "maxKeys", self.max_keys, allowed));
        }
        Ok(())
    }
}

impl Default for DenialsConfig {
    /// One policy of the default limit, for a second, and 16,384 denials: about 2 MB at most.
    fn default() -> Self {
        let limits = LimiterConfig::default().policies.iter().map(|policy| policy.limit).collect();
        Self { limits, max_age: Span::from_secs(1), max_keys: 16_384, seed: [0, 0] }
    }
}
