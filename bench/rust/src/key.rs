//! The keys of the traffic: addresses with a port, as a server would see them, or plain numbers.

use std::fmt::Write;

/// How many different keys there are: numbers up to here make different ones.
pub(crate) const DISTINCT: u32 = 1 << 24;

/// A key that can be made from its number.
pub(crate) trait Key: Default + Clone {
    /// Makes this the key of that number, in place.
    fn become_number(&mut self, number: u32);

    /// The key of that number.
    fn of(number: u32) -> Self {
        let mut key = Self::default();
        key.become_number(number);
        key
    }
}

impl Key for String {
    fn become_number(&mut self, number: u32) {
        let [_, a, b, c] = scattered(number).to_be_bytes();
        let port = 1_024 + number % 60_000;
        self.clear();
        // Writing to a string cannot fail.
        let _ = write!(self, "203.{a}.{b}.{c}:{port}");
    }
}

impl Key for u64 {
    fn become_number(&mut self, number: u32) {
        *self = scattered(number).into();
    }
}

/// Another number below [`DISTINCT`], a different one for each.
fn scattered(number: u32) -> u32 {
    number.wrapping_mul(0x9e_3779) % DISTINCT
}

/// A reproducible stream of numbers (SplitMix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    /// The next number below `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((mixed >> 32) * u64::from(bound)) >> 32) as u32
    }
}
