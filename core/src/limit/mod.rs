//! The algorithms: each is a small configuration, a small `Copy` state for one key, and pure arithmetic on both.
//!
//! Nothing here knows about keys, tables or clocks. A state that is all default means "never seen".

#![warn(clippy::arithmetic_side_effects)]

mod fixed_window;
mod sliding_window;
mod token_bucket;

pub(crate) use fixed_window::{FixedWindow, PackedWindow, Window};
pub(crate) use sliding_window::SlidingWindow;
pub(crate) use token_bucket::{Arrival, TokenBucket, WholeArrival};

use alloc::vec::Vec;

use crate::decision::RetryAfter;
use crate::time::{Span, Timestamp};
use crate::words::Words;

/// What is left of a limit, and how long until the state is as if never used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) remaining: u64,
    pub(crate) reset_after: Span,
}

/// One algorithm under one limit.
///
/// `now` never decreases between two calls on the same state (the limiter sees to that).
pub(crate) trait Rule: Copy {
    /// What one key needs to be remembered by.
    type State: Copy + Default;

    /// The limit in force.
    fn limit(&self) -> u64;

    /// [`RetryAfter::Now`] when `cost` fits at `now`; otherwise the exact time until it does.
    fn retry_after(&self, state: &Self::State, cost: u64, now: Timestamp) -> RetryAfter;

    /// The state after `cost` was taken at `now`, whether it fits or not: a settlement may owe more than
    /// there is. A cost of 0 changes nothing.
    fn charge(&self, state: Self::State, cost: u64, now: Timestamp) -> Self::State;

    /// The state after `cost` was taken at `now`, or the time until it fits.
    #[inline(always)]
    fn take(&self, state: Self::State, cost: u64, now: Timestamp) -> Result<Self::State, RetryAfter> {
        match self.retry_after(&state, cost, now) {
            RetryAfter::Now => Ok(self.charge(state, cost, now)),
            refused => Err(refused),
        }
    }

    /// The state after `cost`, taken at `charged_at` by a decision that was to reset at `ended`, is given
    /// back at `now`. The caller has checked that `now` is before `ended`.
    fn refund(
        &self,
        state: Self::State,
        cost: u64,
        charged_at: Timestamp,
        ended: Timestamp,
        now: Timestamp,
    ) -> Self::State;

    /// What is left at `now`.
    fn standing(&self, state: &Self::State, now: Timestamp) -> Standing;

    /// Whether the state says no more than "never seen", so that it may be forgotten.
    fn is_idle(&self, state: &Self::State, now: Timestamp) -> bool;

    /// The longest time for which a charge that fitted can hold the state back from idle.
    fn longest_charge(&self) -> Span;

    /// The same algorithm under another limit.
    fn with_limit(&self, limit: u64) -> Self;

    /// Writes the state as numbers.
    fn save(&self, state: &Self::State, words: &mut Vec<u64>);

    /// Reads what [`Rule::save`] wrote when it was `latest`; `None` for what no state of this rule can be.
    fn restore(&self, words: &mut Words<'_>, latest: Timestamp) -> Option<Self::State>;
}
