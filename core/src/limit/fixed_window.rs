//! Fixed window: a counter that starts with the first call and is void when its window ends.
//!
//! Bound: at most `limit` between a window's start and its end, so up to 2 × `limit` in a span as long as
//! the window that lies across an edge.

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::{Rule, Standing};
use crate::decision::RetryAfter;
use crate::time::{MAX_SAFE_INTEGER, Span, Timestamp};
use crate::words::Words;

/// The arithmetic of one fixed window; `S` is how a key's state is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixedWindow<S> {
    limit: u64,
    window: Span,
    stored_as: PhantomData<S>,
}

/// When the window ends, and what was used in it.
pub(crate) trait WindowState: Copy + Default {
    /// The largest count that can be stored. A count that reaches it stays there until the window ends,
    /// so that nothing is ever given back that was not counted.
    const MAX_USED: u64;
    fn new(end: Timestamp, used: u64) -> Self;
    fn end(self) -> Timestamp;
    fn used(self) -> u64;
}

/// Any limit: 16 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    end: Timestamp,
    used: u64,
}

/// Limits below 2,047: 8 bytes. The end needs 53 bits, which leaves 11 for the count.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PackedWindow(u64);

impl<S: WindowState> FixedWindow<S> {
    pub(crate) const fn new(limit: u64, window: Span) -> Self {
        Self { limit, window, stored_as: PhantomData }
    }
}

impl<S: WindowState> Rule for FixedWindow<S> {
    type State = S;

    fn limit(&self) -> u64 {
        self.limit
    }

    #[inline]
    fn retry_after(&self, state: &S, cost: u64, now: Timestamp) -> RetryAfter {
        if cost == 0 {
            RetryAfter::Now
        } else if cost > self.limit {
            RetryAfter::Never
        } else if cost <= self.limit.saturating_sub(used_at(state, now)) {
            RetryAfter::Now
        } else {
            RetryAfter::After(state.end().saturating_since(now))
        }
    }

    #[inline]
    fn charge(&self, state: S, cost: u64, now: Timestamp) -> S {
        if cost == 0 {
            return state;
        }
        let end = if now < state.end() { state.end() } else { now.saturating_add(self.window) };
        S::new(end, used_at(&state, now).saturating_add(cost).min(S::MAX_USED))
    }

    fn refund(&self, state: S, cost: u64, _charged_at: Timestamp, ended: Timestamp, _now: Timestamp) -> S {
        if state.end() != ended || state.used() == S::MAX_USED {
            return state;
        }
        S::new(state.end(), state.used().saturating_sub(cost))
    }

    #[inline]
    fn standing(&self, state: &S, now: Timestamp) -> Standing {
        Standing {
            remaining: self.limit.saturating_sub(used_at(state, now)),
            reset_after: state.end().saturating_since(now),
        }
    }

    #[inline]
    fn is_idle(&self, state: &S, now: Timestamp) -> bool {
        state.end() <= now
    }

    fn longest_charge(&self) -> Span {
        self.window
    }

    fn with_limit(&self, limit: u64) -> Self {
        Self::new(limit, self.window)
    }

    fn save(&self, state: &S, words: &mut Vec<u64>) {
        words.extend([state.end().as_micros(), state.used()]);
    }

    fn restore(&self, words: &mut Words<'_>, latest: Timestamp) -> Option<S> {
        let (end, used) = (words.time()?, words.number()?);
        let is_possible = end.saturating_since(latest) <= self.window && used <= S::MAX_USED;
        is_possible.then(|| S::new(end, used))
    }
}

#[inline]
fn used_at<S: WindowState>(state: &S, now: Timestamp) -> u64 {
    if now < state.end() { state.used() } else { 0 }
}

impl Window {
    /// A window that ends at `end`.
    pub(crate) const fn new(end: Timestamp, used: u64) -> Self {
        Self { end, used }
    }
}

impl WindowState for Window {
    const MAX_USED: u64 = MAX_SAFE_INTEGER;

    #[inline]
    fn new(end: Timestamp, used: u64) -> Self {
        Self { end, used }
    }

    #[inline]
    fn end(self) -> Timestamp {
        self.end
    }

    #[inline]
    fn used(self) -> u64 {
        self.used
    }
}

impl PackedWindow {
    const COUNT_BITS: u32 = 11;
    /// The largest limit whose counts fit below the saturated one.
    pub(crate) const MAX_LIMIT: u64 = Self::MAX_USED - 1;
}

impl WindowState for PackedWindow {
    const MAX_USED: u64 = (1 << Self::COUNT_BITS) - 1;

    #[inline]
    fn new(end: Timestamp, used: u64) -> Self {
        Self((end.as_micros() << Self::COUNT_BITS) | used)
    }

    #[inline]
    fn end(self) -> Timestamp {
        Timestamp::from_micros(self.0 >> Self::COUNT_BITS)
    }

    #[inline]
    fn used(self) -> u64 {
        self.0 & Self::MAX_USED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_window_keeps_the_last_timestamp_and_the_largest_count() {
        let state = PackedWindow::new(Timestamp::MAX, PackedWindow::MAX_USED);
        assert_eq!((state.end(), state.used()), (Timestamp::MAX, PackedWindow::MAX_USED));
    }

    #[test]
    fn a_saturated_count_is_not_given_back() {
        let rule = FixedWindow::<PackedWindow>::new(2_000, Span::from_secs(1));
        let now = Timestamp::from_millis(5);
        let owed = rule.charge(PackedWindow::default(), 1 << 40, now);
        let ended = now.saturating_add(Span::from_secs(1));
        assert_eq!(rule.standing(&rule.refund(owed, 1 << 39, now, ended, now), now).remaining, 0);
    }
}
