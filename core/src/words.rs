//! States as whole numbers below 2^53, one after the other: what a saved form is made of.

use crate::time::{MAX_SAFE_INTEGER, Timestamp};

/// What is left to read of a saved form.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a>(&'a [u64]);

impl<'a> Words<'a> {
    pub(crate) const fn new(words: &'a [u64]) -> Self {
        Self(words)
    }

    /// The next number; `None` where there is none, or one that is too large.
    pub(crate) fn number(&mut self) -> Option<u64> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first <= MAX_SAFE_INTEGER).then_some(*first)
    }

    pub(crate) fn time(&mut self) -> Option<Timestamp> {
        self.number().map(Timestamp::from_micros)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
