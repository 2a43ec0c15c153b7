//! The three algorithms as a log and a sum, in 128-bit whole numbers: slow, and plain to see.

use std::collections::BTreeMap;

use tollgate_core::{Algorithm, MAX_SAFE_INTEGER, Policy, RetryAfter, Span};

/// One key under one policy, without regard to cost in time or memory.
pub(crate) trait ExactRule {
    fn retry_after(&self, cost: u64, now: u64) -> RetryAfter;
    fn charge(&mut self, cost: u64, now: u64);
    /// Gives back `cost` taken at `charged_at`; the caller has checked that its window has not ended.
    fn refund(&mut self, cost: u64, charged_at: u64, now: u64);
    fn remaining(&self, now: u64) -> u64;
    fn reset_after(&self, now: u64) -> u64;
}

/// The exact rule of `policy` under `limit`, which may be the caller's own.
pub(crate) fn exact(policy: &Policy, limit: u64) -> Box<dyn ExactRule> {
    let window = policy.window.as_micros();
    match policy.algorithm {
        Algorithm::FixedWindow => {
            // Eight-byte states hold counts up to 2,047; a debt above that is remembered as "all used".
            let packed = policy.limit == limit && limit < 2_047;
            let most = if packed { 2_047 } else { u128::from(MAX_SAFE_INTEGER) };
            Box::new(ExactFixedWindow { most, ..ExactFixedWindow::new(limit, window) })
        }
        Algorithm::SlidingWindow => Box::new(ExactSlidingWindow::new(limit, window)),
        Algorithm::TokenBucket => Box::new(ExactTokenBucket::new(limit, window, policy.burst.unwrap_or(limit))),
    }
}

pub(crate) fn after(micros: u128) -> RetryAfter {
    RetryAfter::After(Span::from_micros(u64::try_from(micros).unwrap()))
}

/// `at`, or the last timestamp, which never comes.
fn at_most_last(at: u128) -> u64 {
    u64::try_from(at.min(u128::from(MAX_SAFE_INTEGER))).unwrap()
}

/// Every charge and refund, replayed from the first at each question.
pub(crate) struct ExactFixedWindow {
    limit: u64,
    window: u64,
    most: u128,
    events: Vec<(u64, i128)>,
}

struct OpenWindow {
    start: u64,
    end: u64,
    used: u128,
}

impl ExactFixedWindow {
    pub(crate) fn new(limit: u64, window: u64) -> Self {
        Self { limit, window, most: u128::from(MAX_SAFE_INTEGER), events: Vec::new() }
    }

    fn open_at(&self, now: u64) -> Option<OpenWindow> {
        let mut open = OpenWindow { start: 0, end: 0, used: 0 };
        for &(at, change) in &self.events {
            if at >= open.end {
                open = OpenWindow { start: at, end: at_most_last(u128::from(at) + u128::from(self.window)), used: 0 };
            }
            if change >= 0 {
                open.used = (open.used + change.unsigned_abs()).min(self.most);
            } else if open.used < self.most {
                open.used = open.used.saturating_sub(change.unsigned_abs());
            }
        }
        (now < open.end).then_some(open)
    }

    fn used(&self, now: u64) -> u128 {
        self.open_at(now).map_or(0, |open| open.used)
    }
}

impl ExactRule for ExactFixedWindow {
    fn retry_after(&self, cost: u64, now: u64) -> RetryAfter {
        if cost == 0 || self.used(now) + u128::from(cost) <= u128::from(self.limit) {
            RetryAfter::Now
        } else if cost > self.limit {
            RetryAfter::Never
        } else {
            after(self.open_at(now).map_or(0, |open| u128::from(open.end - now)))
        }
    }

    fn charge(&mut self, cost: u64, now: u64) {
        if cost > 0 {
            self.events.push((now, i128::from(cost)));
        }
    }

    fn refund(&mut self, cost: u64, charged_at: u64, now: u64) {
        if self.open_at(now).is_some_and(|open| open.start <= charged_at) {
            self.events.push((now, -i128::from(cost)));
        }
    }

    fn remaining(&self, now: u64) -> u64 {
        u64::try_from(u128::from(self.limit).saturating_sub(self.used(now))).unwrap()
    }

    fn reset_after(&self, now: u64) -> u64 {
        self.open_at(now).map_or(0, |open| open.end - now)
    }
}

/// The use of every sub-window there ever was.
pub(crate) struct ExactSlidingWindow {
    limit: u64,
    part: u64,
    counts: BTreeMap<u64, u128>,
}

impl ExactSlidingWindow {
    pub(crate) fn new(limit: u64, window: u64) -> Self {
        Self { limit, part: window.div_ceil(10), counts: BTreeMap::new() }
    }

    fn counts_at(&self, part: u64, now: u64) -> bool {
        part + 10 >= now / self.part
    }

    fn used(&self, now: u64) -> u128 {
        self.counts.iter().filter(|(part, _)| self.counts_at(**part, now)).map(|(_, used)| used).sum()
    }

    fn freed_at(&self, part: u64) -> u64 {
        at_most_last((u128::from(part) + 11) * u128::from(self.part))
    }
}

impl ExactRule for ExactSlidingWindow {
    fn retry_after(&self, cost: u64, now: u64) -> RetryAfter {
        let fits_at = |at| cost == 0 || self.used(at) + u128::from(cost) <= u128::from(self.limit);
        if fits_at(now) {
            return RetryAfter::Now;
        }
        if cost > self.limit {
            return RetryAfter::Never;
        }
        // The use only shrinks when a sub-window leaves; at the last timestamp none has left in time.
        let mut freed = self.counts.keys().map(|&part| self.freed_at(part)).filter(|&at| at > now);
        let fits = freed.clone().find(|&at| fits_at(at)).or(freed.next_back());
        after(u128::from(fits.expect("something is in use") - now))
    }

    fn charge(&mut self, cost: u64, now: u64) {
        if cost > 0 {
            let count = self.counts.entry(now / self.part).or_default();
            *count = (*count + u128::from(cost)).min(u128::from(MAX_SAFE_INTEGER));
        }
    }

    fn refund(&mut self, cost: u64, charged_at: u64, now: u64) {
        let part = charged_at / self.part;
        let counted = self.counts_at(part, now);
        match self.counts.get_mut(&part) {
            Some(count) if counted && *count < u128::from(MAX_SAFE_INTEGER) => {
                *count = count.saturating_sub(u128::from(cost));
            }
            _ => {}
        }
    }

    fn remaining(&self, now: u64) -> u64 {
        u64::try_from(u128::from(self.limit).saturating_sub(self.used(now))).unwrap()
    }

    fn reset_after(&self, now: u64) -> u64 {
        let mut in_use = self.counts.iter().filter(|(part, used)| **used > 0 && self.counts_at(**part, now));
        in_use.next_back().map_or(0, |(part, _)| self.freed_at(*part) - now)
    }
}

/// A bucket with a level, as the name says, and not with an arrival time: in units of `1 / window` token, of
/// which exactly `limit` flow in each microsecond.
pub(crate) struct ExactTokenBucket {
    limit: i128,
    window: i128,
    capacity: u64,
    level: i128,
    at: u64,
    /// Owes more than can be paid back before the last timestamp.
    lost: bool,
}

impl ExactTokenBucket {
    pub(crate) fn new(limit: u64, window: u64, capacity: u64) -> Self {
        let level = i128::from(capacity) * i128::from(window);
        Self { limit: i128::from(limit), window: i128::from(window), capacity, level, at: 0, lost: false }
    }

    fn full(&self) -> i128 {
        i128::from(self.capacity) * self.window
    }

    fn level_at(&self, now: u64) -> i128 {
        (self.level + i128::from(now - self.at) * self.limit).min(self.full())
    }

    /// What can still be taken so that the bucket is full again before the last timestamp.
    fn before_the_end(&self, now: u64) -> i128 {
        let full_at = i128::from(now) * self.limit + self.full() - self.level_at(now);
        i128::from(MAX_SAFE_INTEGER) * self.limit - 1 - full_at
    }
}

impl ExactRule for ExactTokenBucket {
    fn retry_after(&self, cost: u64, now: u64) -> RetryAfter {
        let (units, level) = (i128::from(cost) * self.window, self.level_at(now));
        if cost == 0 {
            RetryAfter::Now
        } else if cost > self.capacity {
            RetryAfter::Never
        } else if self.lost || units > self.before_the_end(now) {
            after(u128::from(MAX_SAFE_INTEGER - now))
        } else if units <= level {
            RetryAfter::Now
        } else {
            after((units - level).unsigned_abs().div_ceil(self.limit.unsigned_abs()))
        }
    }

    fn charge(&mut self, cost: u64, now: u64) {
        let units = i128::from(cost) * self.window;
        self.lost |= units > self.before_the_end(now);
        (self.level, self.at) = (self.level_at(now) - units, now);
    }

    fn refund(&mut self, cost: u64, _charged_at: u64, now: u64) {
        (self.level, self.at) = ((self.level_at(now) + i128::from(cost) * self.window).min(self.full()), now);
    }

    fn remaining(&self, now: u64) -> u64 {
        let units = self.level_at(now).min(self.before_the_end(now)).max(0);
        if self.lost { 0 } else { u64::try_from(units / self.window).unwrap() }
    }

    fn reset_after(&self, now: u64) -> u64 {
        if self.lost {
            return MAX_SAFE_INTEGER - now;
        }
        let missing = (self.full() - self.level_at(now)).unsigned_abs();
        u64::try_from(missing.div_ceil(self.limit.unsigned_abs())).unwrap()
    }
}
