//! Token bucket, computed as the generic cell rate algorithm (GCRA).
//!
//! Bound: at most `burst + limit × Δt / window` in any Δt, exactly. The state is the theoretical arrival
//! time (TAT): the moment the bucket is full again. A cost moves it by `cost × window / limit`; a call fits
//! while the TAT stays within `burst × window / limit` of now (ITU-T I.371, annex A, virtual scheduling).
//!
//! That quotient is rarely a whole number of microseconds, so a TAT is a pair: whole microseconds, and a
//! remainder over `limit`. Nothing is rounded, so "7 per second" gives exactly 7 after one second, for ever.

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::{Rule, Standing};
use crate::decision::RetryAfter;
use crate::time::{MAX_SAFE_INTEGER, Span, Timestamp};
use crate::words::Words;

/// The arithmetic of one token bucket; `S` is how a key's state is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenBucket<S> {
    limit: u64,
    window: Span,
    /// The burst, where it is not the limit.
    burst: Option<u64>,
    /// Time in which an empty bucket fills: `burst × window / limit`.
    tolerance: Moment,
    /// The step of a cost of 1, which nearly every call has.
    unit: Moment,
    stored_as: PhantomData<S>,
}

/// `micros + rest / limit` microseconds, `rest < limit`: a point in time or a length of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    micros: u64,
    rest: u64,
}

/// The theoretical arrival time as it is stored.
pub(crate) trait ArrivalState: Copy + Default {
    fn new(at: Moment) -> Self;
    fn at(self) -> Moment;
}

/// Any limit: 16 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Arrival(Moment);

/// Limits that divide their window into whole microseconds: 8 bytes, no remainder to keep.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WholeArrival(u64);

impl<S: ArrivalState> TokenBucket<S> {
    pub(crate) fn new(limit: u64, window: Span, burst: Option<u64>) -> Self {
        Self {
            limit,
            window,
            burst,
            tolerance: step(burst.unwrap_or(limit), window, limit),
            unit: step(1, window, limit),
            stored_as: PhantomData,
        }
    }

    /// The largest cost that can ever fit.
    pub(crate) fn capacity(&self) -> u64 {
        self.burst.unwrap_or(self.limit)
    }

    /// Time in which an empty bucket fills.
    pub(crate) const fn tolerance(&self) -> Moment {
        self.tolerance
    }

    /// The time that a cost takes to flow in.
    #[inline]
    pub(crate) fn step(&self, cost: u64) -> Moment {
        if cost == 1 { self.unit } else { step(cost, self.window, self.limit) }
    }

    /// When the bucket is full, seen from `now`: not in the past.
    #[inline]
    fn full_at(state: S, now: Timestamp) -> Moment {
        state.at().max(Moment::from(now))
    }
}

impl<S: ArrivalState> Rule for TokenBucket<S> {
    type State = S;

    fn limit(&self) -> u64 {
        self.limit
    }

    #[inline]
    fn retry_after(&self, state: &S, cost: u64, now: Timestamp) -> RetryAfter {
        if cost == 0 {
            return RetryAfter::Now;
        }
        if cost > self.capacity() {
            return RetryAfter::Never;
        }
        let full_after_it = Self::full_at(*state, now).plus(self.step(cost), self.limit);
        if full_after_it.never_comes() {
            return RetryAfter::After(Timestamp::MAX.saturating_since(now));
        }
        match full_after_it.minus(self.tolerance.plus(Moment::from(now), self.limit), self.limit) {
            None => RetryAfter::Now,
            Some(missing) => RetryAfter::After(missing.ceil()),
        }
    }

    #[inline]
    fn charge(&self, state: S, cost: u64, now: Timestamp) -> S {
        if cost == 0 {
            return state;
        }
        S::new(Self::full_at(state, now).plus(self.step(cost), self.limit))
    }

    #[inline(always)]
    fn take(&self, state: S, cost: u64, now: Timestamp) -> Result<S, RetryAfter> {
        let charged = self.charge(state, cost, now);
        let latest = self.tolerance.plus(Moment::from(now), self.limit);
        if cost <= self.capacity() && charged.at() <= latest && !charged.at().never_comes() {
            return Ok(charged);
        }
        match self.retry_after(&state, cost, now) {
            RetryAfter::Now => Ok(charged),
            refused => Err(refused),
        }
    }

    fn refund(&self, state: S, cost: u64, _charged_at: Timestamp, _ended: Timestamp, _now: Timestamp) -> S {
        if state.at().never_comes() {
            return state;
        }
        S::new(state.at().minus(self.step(cost), self.limit).unwrap_or_default())
    }

    #[inline]
    fn standing(&self, state: &S, now: Timestamp) -> Standing {
        let used = state.at().minus(Moment::from(now), self.limit).unwrap_or_default();
        let free = self.tolerance.minus(used, self.limit).unwrap_or_default();
        let free = free.min(Self::full_at(*state, now).before_the_end(self.limit));
        Standing { remaining: tokens(free, self.window, self.limit).min(self.capacity()), reset_after: used.ceil() }
    }

    #[inline]
    fn is_idle(&self, state: &S, now: Timestamp) -> bool {
        state.at().ceil().as_micros() <= now.as_micros()
    }

    fn longest_charge(&self) -> Span {
        self.tolerance.ceil()
    }

    fn with_limit(&self, limit: u64) -> Self {
        Self::new(limit, self.window, self.burst)
    }

    fn save(&self, state: &S, words: &mut Vec<u64>) {
        words.extend([state.at().micros, state.at().rest]);
    }

    fn restore(&self, words: &mut Words<'_>, _latest: Timestamp) -> Option<S> {
        let at = Moment { micros: words.number()?, rest: words.number()? };
        let state = S::new(at);
        // A remainder is below the limit, and none where the state has no place for one.
        (at.rest < self.limit && state.at() == at).then_some(state)
    }
}

/// The time `cost` tokens take to flow in: `cost × window / limit`, quotient and remainder.
#[inline]
fn step(cost: u64, window: Span, limit: u64) -> Moment {
    let product = u128::from(cost).saturating_mul(u128::from(window.as_micros()));
    let limit = u128::from(limit.max(1));
    let (micros, rest) = (product.checked_div(limit).unwrap_or(0), product.checked_rem(limit).unwrap_or(0));
    match u64::try_from(micros) {
        Ok(micros) if micros <= MAX_SAFE_INTEGER => Moment { micros, rest: u64::try_from(rest).unwrap_or(0) },
        _ => Moment { micros: MAX_SAFE_INTEGER, rest: 0 },
    }
}

/// How many whole tokens flow in during `time`: the inverse of [`step`], rounded down.
#[inline]
fn tokens(time: Moment, window: Span, limit: u64) -> u64 {
    let window = window.as_micros().max(1);
    let shares = time.micros.checked_mul(limit).and_then(|product| product.checked_add(time.rest));
    match shares {
        Some(shares) => shares.checked_div(window).unwrap_or(0),
        None => {
            let shares =
                u128::from(time.micros).saturating_mul(u128::from(limit)).saturating_add(u128::from(time.rest));
            let whole = shares.checked_div(u128::from(window)).unwrap_or(0);
            u64::try_from(whole).unwrap_or(MAX_SAFE_INTEGER).min(MAX_SAFE_INTEGER)
        }
    }
}

impl Moment {
    /// Microseconds, and a rest over the limit.
    pub(crate) const fn parts(self) -> (u64, u64) {
        (self.micros, self.rest)
    }

    /// The sum; saturates at the last timestamp, which denies.
    #[inline]
    fn plus(self, other: Self, limit: u64) -> Self {
        let rest = self.rest.saturating_add(other.rest);
        let carry = u64::from(rest >= limit);
        // `rest - limit` when that is not below zero, else (it wraps) `rest`; without a branch, because
        // nobody can predict it.
        let rest = rest.min(rest.wrapping_sub(limit));
        let micros = self.micros.saturating_add(other.micros).saturating_add(carry);
        if micros >= MAX_SAFE_INTEGER { Self { micros: MAX_SAFE_INTEGER, rest: 0 } } else { Self { micros, rest } }
    }

    /// The difference, when it is above zero.
    #[inline]
    fn minus(self, other: Self, limit: u64) -> Option<Self> {
        if self <= other {
            return None;
        }
        let (borrow, rest) = if self.rest >= other.rest {
            (0, self.rest.saturating_sub(other.rest))
        } else {
            (1, self.rest.saturating_add(limit).saturating_sub(other.rest))
        };
        Some(Self { micros: self.micros.saturating_sub(other.micros).saturating_sub(borrow), rest })
    }

    /// Whether this is the last timestamp, where sums saturate.
    #[inline]
    fn never_comes(self) -> bool {
        self.micros >= MAX_SAFE_INTEGER
    }

    /// How much can be added before the last timestamp.
    #[inline]
    fn before_the_end(self, limit: u64) -> Self {
        let last = Self { micros: MAX_SAFE_INTEGER.saturating_sub(1), rest: limit.saturating_sub(1) };
        last.minus(self, limit).unwrap_or_default()
    }

    #[inline]
    fn ceil(self) -> Span {
        Span::from_micros(self.micros.saturating_add(u64::from(self.rest > 0)))
    }
}

impl From<Timestamp> for Moment {
    #[inline]
    fn from(at: Timestamp) -> Self {
        Self { micros: at.as_micros(), rest: 0 }
    }
}

impl ArrivalState for Arrival {
    #[inline]
    fn new(at: Moment) -> Self {
        Self(at)
    }

    #[inline]
    fn at(self) -> Moment {
        self.0
    }
}

impl Arrival {
    /// From microseconds and a rest over the limit.
    pub(crate) const fn of(micros: u64, rest: u64) -> Self {
        Self(Moment { micros, rest })
    }
}

impl WholeArrival {
    /// Whether this limit and window never leave a remainder.
    pub(crate) fn fits(limit: u64, window: Span) -> bool {
        window.as_micros().checked_rem(limit) == Some(0)
    }
}

impl ArrivalState for WholeArrival {
    #[inline]
    fn new(at: Moment) -> Self {
        Self(at.micros)
    }

    #[inline]
    fn at(self) -> Moment {
        Moment { micros: self.0, rest: 0 }
    }
}
