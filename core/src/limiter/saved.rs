//! One key's whole state as numbers, for hosts that end and come back between two calls.
//!
//! The form: [`FORM`], a hash of the policies, [`Limiter::save`]'s time, when the state ends, the key's block, its reset
//! mark, and then for each policy its state and those under limits that calls brought.

use alloc::vec::Vec;
use core::fmt;

use super::{Block, Limiter, ResetMark};
use crate::key_hash::KeyHash;
use crate::keyed::update;
use crate::time::{MAX_SAFE_INTEGER, Timestamp};
use crate::words::Words;

/// The number of this form; another one stands for another layout.
const FORM: u64 = 1;

/// Why a saved state was not taken over. The limiter is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RestoreError {
    /// No limiter of this version saved this.
    Malformed,
    /// A limiter with other policies saved this; start from nothing.
    OtherPolicies,
    /// The limiter has decided before; restore into a new one.
    InUse,
}

/// What a form says before it comes to the policies.
struct Head {
    latest: Timestamp,
    block: Block,
    mark: ResetMark,
}

impl Limiter {
    /// All that is known of `key`, as whole numbers up to 2^53 − 1: every policy's state, those under limits that calls
    /// brought (as many as [`Limiter::reset`] finds), its block, its last reset and the limiter's time.
    ///
    /// The fourth number is when the key will be as if never seen, in microseconds of the limiter's clock, and 0 where it
    /// is so already; until then the form has to be kept. Of two forms that differ only in the third, the limiter's time,
    /// the older one may be kept: a call that is refused changes nothing else.
    #[must_use]
    pub fn save(&self, key: &[u8]) -> Vec<u64> {
        let (tag, now) = (self.tag(key), self.latest);
        let block = self.block_of(tag);
        let block = if now < block.until { block } else { Block::default() };
        let mark = self.resets.load(self.resets.place(tag), tag);
        let mark = if now < mark.matters_until { mark } else { ResetMark::default() };
        let ends = self.stores.iter().map(|store| store.ends(tag, now)).fold(block.until, Timestamp::max);
        let ends = Some(ends.max(mark.matters_until)).filter(|&ends| now < ends).unwrap_or(Timestamp::ZERO);
        let mut words = Vec::from([FORM, self.policies_hash(), now.as_micros(), ends.as_micros()]);
        words.extend([block.until.as_micros(), block.by, mark.at.as_micros(), mark.matters_until.as_micros()]);
        for store in &self.stores {
            store.save(tag, now, &mut words);
        }
        words
    }

    /// Takes over what [`Limiter::save`] wrote, in a limiter that has seen nobody: from now on both answer the same for
    /// this key, whatever their seeds. `max_keys` has to be as large as it was there.
    ///
    /// # Errors
    /// [`RestoreError`] says why nothing was taken over.
    pub fn restore(&mut self, key: &[u8], saved: &[u64]) -> Result<(), RestoreError> {
        if self.latest > Timestamp::ZERO || self.size().keys > 0 || !self.blocks.is_empty() || !self.resets.is_empty() {
            return Err(RestoreError::InUse);
        }
        let mut words = Words::new(saved);
        let head = self.read_head(&mut words)?;
        let states = words;
        let all_good = self.stores.iter().all(|store| store.check_saved(&mut words, head.latest));
        if !all_good || !words.is_empty() {
            return Err(RestoreError::Malformed);
        }
        self.take_over(self.tag(key), &head, states);
        Ok(())
    }

    fn read_head(&self, words: &mut Words<'_>) -> Result<Head, RestoreError> {
        if words.number() != Some(FORM) {
            return Err(RestoreError::Malformed);
        }
        let policies = words.number().ok_or(RestoreError::Malformed)?;
        if policies != self.policies_hash() {
            return Err(RestoreError::OtherPolicies);
        }
        self.read_times(words).ok_or(RestoreError::Malformed)
    }

    fn read_times(&self, words: &mut Words<'_>) -> Option<Head> {
        let (latest, _ends) = (words.time()?, words.time()?);
        let block = Block { until: words.time()?, by: words.number()? };
        let mark = ResetMark { at: words.time()?, matters_until: words.time()? };
        let is_possible = latest < Timestamp::MAX && block.by <= self.policies.len() as u64 && mark.at <= latest;
        is_possible.then_some(Head { latest, block, mark })
    }

    fn take_over(&mut self, tag: u64, &Head { latest, block, mark }: &Head, mut states: Words<'_>) {
        self.latest = latest;
        self.put_block(tag, block, latest);
        update(&mut self.resets, tag, |_| mark, |mark| mark.matters_until <= latest);
        for store in &mut self.stores {
            store.restore(tag, &mut states, latest);
        }
    }

    /// Tells policies apart whose states mean different things. Names and blocks to come are not among that.
    fn policies_hash(&self) -> u64 {
        let numbers = self.policies.iter().flat_map(|policy| {
            let burst = policy.burst.map_or(0, |burst| burst.saturating_add(1));
            [policy.algorithm as u64, policy.limit, policy.window.as_micros(), burst]
        });
        let bytes: Vec<u8> = numbers.flat_map(u64::to_le_bytes).collect();
        KeyHash::new([FORM, 0]).of(&bytes).get() & MAX_SAFE_INTEGER
    }
}

impl RestoreError {
    /// Stable name of the problem, such as `ENGINE_SAVED_FORM`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "ENGINE_SAVED_FORM",
            Self::OtherPolicies => "ENGINE_SAVED_POLICIES",
            Self::InUse => "ENGINE_IN_USE",
        }
    }
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "saved: these numbers are not allowed; expected what save of this version returned",
            Self::OtherPolicies => "saved: a state of other policies is not allowed; expected one of these policies",
            Self::InUse => "restore: a limiter that has decided is not allowed; expected a new one",
        })
    }
}

impl core::error::Error for RestoreError {}
