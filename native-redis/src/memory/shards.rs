//! Keys divided among limiters, each behind a lock of its own.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tollgate_core::{CheckedPolicy, KeyHash, KeyTag, Limiter, LimiterConfig, Size};

use crate::config_error::ConfigError;

/// The most shards there are. A tag's six lowest bits choose one; within a limiter they choose nothing.
const MOST_SHARDS: usize = 64;
/// A shard holds at least so many keys, unless there is only one.
const LEAST_KEYS: usize = 256;

/// A limiter on cache lines of its own, so that threads on two shards do not wait for each other.
#[repr(align(128))]
struct Shard(Mutex<Limiter>);

/// All keys of a limiter.
pub(super) struct Shards {
    shards: Box<[Shard]>,
    hasher: KeyHash,
    policies: Box<[CheckedPolicy]>,
}

impl Shards {
    /// Limiters that hold `max_keys` together, each an equal part.
    pub(super) fn new(policies: Vec<tollgate_core::Policy>, max_keys: usize) -> Result<Self, ConfigError> {
        let seed = random_seed();
        let whole = Limiter::new(LimiterConfig { policies: policies.clone(), max_keys, seed })?;
        let checked = whole.policies().into();
        let count = shard_count(max_keys);
        let part = |i: usize| max_keys / count + usize::from(i < max_keys % count);
        let shard = |i| {
            let limiter = Limiter::new(LimiterConfig { policies: policies.clone(), max_keys: part(i), seed })?;
            Ok(Shard(Mutex::new(limiter)))
        };
        let shards = (0..count).map(shard).collect::<Result<_, ConfigError>>()?;
        Ok(Self { shards, hasher: KeyHash::new(seed), policies: checked })
    }

    #[inline]
    pub(super) fn tag(&self, key: &[u8]) -> KeyTag {
        self.hasher.of(key)
    }

    /// The limiter that has the key of this tag. No other one is asked for until this is dropped.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the mask keeps the index below the number of shards")]
    pub(super) fn lock(&self, tag: KeyTag) -> MutexGuard<'_, Limiter> {
        // There is a power of two of them.
        let index = tag.get() as usize & (self.shards.len() - 1);
        lock(&self.shards[index])
    }

    pub(super) fn policies(&self) -> &[CheckedPolicy] {
        &self.policies
    }

    pub(super) fn size(&self) -> Size {
        self.shards.iter().map(|shard| lock(shard).size()).fold(Size::default(), |sum, size| Size {
            keys: sum.keys + size.keys,
            overflowed: sum.overflowed + size.overflowed,
            bytes: sum.bytes + size.bytes,
        })
    }
}

#[inline]
fn lock(shard: &Shard) -> MutexGuard<'_, Limiter> {
    // The core does not panic; and if it did, a limiter that is wrong about some keys is better than none.
    shard.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The largest power of two, up to [`MOST_SHARDS`], that leaves each shard [`LEAST_KEYS`].
fn shard_count(max_keys: usize) -> usize {
    let most = (max_keys / LEAST_KEYS).clamp(1, MOST_SHARDS);
    1 << most.ilog2()
}

/// Numbers that nobody can guess, from the standard library's own source of such.
fn random_seed() -> [u64; 2] {
    let state = RandomState::new();
    [state.hash_one(0_u8), state.hash_one(1_u8)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caps(max_keys: usize) -> usize {
        let count = shard_count(max_keys);
        assert!(count.is_power_of_two() && count <= MOST_SHARDS);
        count
    }

    #[test]
    fn few_keys_are_not_divided() {
        assert_eq!([16, 511, 512, 5_000, 16_384, 1_000_000].map(caps), [1, 1, 2, 16, 64, 64]);
    }
}
