//! Numbers that nobody can guess, from the standard library's own source of such.

use std::hash::{BuildHasher, RandomState};

/// One number.
#[cfg(feature = "redis")]
pub(crate) fn random_number() -> u64 {
    RandomState::new().hash_one(0_u8)
}

/// The secret of a hash.
pub(crate) fn random_seed() -> [u64; 2] {
    let state = RandomState::new();
    [state.hash_one(0_u8), state.hash_one(1_u8)]
}
