//! Sliding window: ten sub-windows, and an eleventh, the oldest, counted in full.
//!
//! Bound: never more than `limit` in any span as long as the window. The price: what was used is freed up
//! to a tenth of a window late, so under constant overload at least 10/11 of the limit is used.

use alloc::vec::Vec;

use super::{Rule, Standing};
use crate::decision::RetryAfter;
use crate::time::{MAX_SAFE_INTEGER, Span, Timestamp};
use crate::words::Words;

/// Sub-windows that one window is cut into.
const PARTS: u64 = 10;
/// Sub-windows that are counted: the parts of a window, and the one it may still reach into.
const SLOTS: u64 = PARTS + 1;

/// The arithmetic of one sliding window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlidingWindow {
    limit: u64,
    window: Span,
    /// Length of a sub-window: a tenth, rounded up, so that eleven always cover a window.
    part: u64,
}

/// Counts of the last eleven sub-windows. Sub-windows are numbered from the origin of the clock; number
/// `n` is kept in `counts[n % 11]`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// The number of the newest sub-window with a count.
    newest: u64,
    counts: [u64; SLOTS as usize],
}

impl SlidingWindow {
    pub(crate) const fn new(limit: u64, window: Span) -> Self {
        Self { limit, window, part: window.as_micros().div_ceil(PARTS) }
    }

    /// Length of a sub-window, in microseconds.
    pub(crate) const fn part(&self) -> u64 {
        self.part
    }

    /// A state from the number of its newest sub-window and its counts.
    pub(crate) fn state(&self, newest: u64, counts: &[u64]) -> Counts {
        let mut state = Counts { newest, ..Counts::default() };
        for (mine, given) in state.counts.iter_mut().zip(counts) {
            *mine = *given;
        }
        state
    }

    #[inline]
    fn number(&self, at: Timestamp) -> u64 {
        at.as_micros().checked_div(self.part).unwrap_or(0)
    }

    /// When sub-window `number` begins, seen from `now`.
    fn begins_after(&self, number: u64, now: Timestamp) -> Span {
        Timestamp::from_micros(number.saturating_mul(self.part)).saturating_since(now)
    }
}

impl Rule for SlidingWindow {
    type State = Counts;

    fn limit(&self) -> u64 {
        self.limit
    }

    #[inline]
    fn retry_after(&self, state: &Counts, cost: u64, now: Timestamp) -> RetryAfter {
        if cost == 0 {
            return RetryAfter::Now;
        }
        if cost > self.limit {
            return RetryAfter::Never;
        }
        let current = self.number(now);
        let mut used = state.used_from(oldest_counted(current), current);
        let room = self.limit.saturating_sub(cost);
        if used <= room {
            return RetryAfter::Now;
        }
        for number in oldest_counted(current)..=state.newest {
            used = used.saturating_sub(state.count(number));
            if used <= room {
                return RetryAfter::After(self.begins_after(number.saturating_add(SLOTS), now));
            }
        }
        RetryAfter::After(self.begins_after(state.newest.saturating_add(SLOTS), now))
    }

    #[inline]
    fn charge(&self, mut state: Counts, cost: u64, now: Timestamp) -> Counts {
        if cost > 0 {
            state.advance(self.number(now));
            if let Some(count) = state.counts.get_mut(slot(state.newest)) {
                *count = count.saturating_add(cost).min(MAX_SAFE_INTEGER);
            }
        }
        state
    }

    fn refund(&self, mut state: Counts, cost: u64, charged_at: Timestamp, _ended: Timestamp, now: Timestamp) -> Counts {
        let number = self.number(charged_at);
        if number < oldest_counted(self.number(now)) || number > state.newest || number < oldest_counted(state.newest) {
            return state;
        }
        let count = state.counts.get_mut(slot(number)).filter(|count| **count < MAX_SAFE_INTEGER);
        if let Some(count) = count {
            *count = count.saturating_sub(cost);
        }
        state
    }

    #[inline]
    fn standing(&self, state: &Counts, now: Timestamp) -> Standing {
        let current = self.number(now);
        let used = state.used_from(oldest_counted(current), current);
        let last = (oldest_counted(current)..=state.newest).rev().find(|&number| state.count(number) > 0);
        Standing {
            remaining: self.limit.saturating_sub(used),
            reset_after: last.map_or(Span::ZERO, |number| self.begins_after(number.saturating_add(SLOTS), now)),
        }
    }

    #[inline]
    fn is_idle(&self, state: &Counts, now: Timestamp) -> bool {
        oldest_counted(self.number(now)) > state.newest || state.counts == [0; SLOTS as usize]
    }

    fn longest_charge(&self) -> Span {
        Span::from_micros(self.part.saturating_mul(SLOTS))
    }

    fn with_limit(&self, limit: u64) -> Self {
        Self::new(limit, self.window)
    }

    fn save(&self, state: &Counts, words: &mut Vec<u64>) {
        words.push(state.newest);
        words.extend(state.counts);
    }

    fn restore(&self, words: &mut Words<'_>, latest: Timestamp) -> Option<Counts> {
        // Decisions visit every sub-window from now to the newest one, so that may not be in the future.
        let newest = words.number().filter(|&newest| newest <= self.number(latest))?;
        let mut counts = [0; SLOTS as usize];
        for count in &mut counts {
            *count = words.number()?;
        }
        Some(Counts { newest, counts })
    }
}

impl Counts {
    /// Makes `number` the newest sub-window and clears those that it brings in.
    fn advance(&mut self, number: u64) {
        if number <= self.newest {
            return;
        }
        if number.saturating_sub(self.newest) >= SLOTS {
            self.counts = [0; SLOTS as usize];
        } else {
            for passed in self.newest.saturating_add(1)..=number {
                if let Some(count) = self.counts.get_mut(slot(passed)) {
                    *count = 0;
                }
            }
        }
        self.newest = number;
    }

    /// The count of a sub-window that is at most ten before the newest.
    fn count(&self, number: u64) -> u64 {
        self.counts.get(slot(number)).copied().unwrap_or(0)
    }

    /// What was used from sub-window `oldest` on; `current` is the one of now.
    fn used_from(&self, oldest: u64, current: u64) -> u64 {
        if oldest > self.newest {
            return 0;
        }
        if self.newest == current {
            return self.counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
        }
        (oldest..=self.newest).fold(0, |sum: u64, number| sum.saturating_add(self.count(number)))
    }
}

fn oldest_counted(current: u64) -> u64 {
    current.saturating_sub(PARTS)
}

#[inline]
fn slot(number: u64) -> usize {
    (number % SLOTS) as usize
}
