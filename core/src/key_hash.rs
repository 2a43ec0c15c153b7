//! The keyed hash that stands for a key: SipHash-1-3 of a whole slice of bytes.
//!
//! Crates that offer it are made for pieces of any size and branch on the length of the last one. Here the
//! last bytes are one load and one shift, which is what a check of a single key spends most of its time on.

/// What stands for a key: its hash under a secret. The lowest six bits choose nothing within a [`Limiter`], so a
/// host may divide keys among up to 64 limiters by them.
///
/// [`Limiter`]: crate::Limiter
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyTag(u64);

impl KeyTag {
    /// The hash.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// SipHash-1-3 under one secret: how a limiter with that seed hashes its keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyHash {
    start: State,
}

#[derive(Clone, Copy, Debug)]
struct State {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl KeyHash {
    /// Hashes as a limiter does that has this for [`LimiterConfig::seed`](crate::LimiterConfig::seed).
    #[must_use]
    pub const fn new(seed: [u64; 2]) -> Self {
        let [k0, k1] = seed;
        Self {
            start: State {
                v0: k0 ^ 0x736f_6d65_7073_6575,
                v1: k1 ^ 0x646f_7261_6e64_6f6d,
                v2: k0 ^ 0x6c79_6765_6e65_7261,
                v3: k1 ^ 0x7465_6462_7974_6573,
            },
        }
    }

    /// The hash of a key.
    #[inline]
    #[must_use]
    pub fn of(&self, key: &[u8]) -> KeyTag {
        let mut state = self.start;
        let mut rest = key;
        while let Some((word, after)) = rest.split_first_chunk::<8>() {
            state.take(u64::from_le_bytes(*word));
            rest = after;
        }
        state.take(last_bytes(key, rest) | (key.len() as u64) << 56);
        KeyTag(state.finish())
    }
}

/// `rest`, the end of `key` that does not fill a word, as a little-endian number.
#[inline]
fn last_bytes(key: &[u8], rest: &[u8]) -> u64 {
    match key.last_chunk::<8>() {
        // Shifted in two steps, because nothing may be left: a shift by all 64 bits does not exist.
        Some(end) => u64::from_le_bytes(*end) >> 8 >> (8 * (7 - rest.len())),
        None => rest.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)),
    }
}

impl State {
    #[inline]
    fn take(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.v0 ^= word;
    }

    #[inline]
    fn finish(mut self) -> u64 {
        self.v2 ^= 0xff;
        self.round();
        self.round();
        self.round();
        self.v0 ^ self.v1 ^ self.v2 ^ self.v3
    }

    #[inline]
    fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use siphasher::sip::SipHasher13;

    #[test]
    fn agrees_with_another_siphash_at_every_length() {
        let bytes: Vec<u8> = (0..=255_u8).map(|i| i.wrapping_mul(31) ^ 0xa5).collect();
        let (seed, other) = ([3, u64::MAX - 8], SipHasher13::new_with_keys(3, u64::MAX - 8));
        for length in 0..=bytes.len() {
            assert_eq!(KeyHash::new(seed).of(&bytes[..length]).get(), other.hash(&bytes[..length]), "length {length}");
        }
    }
}
