//! The layout of the array through which the numbers of a hot call travel; `js/src/scratch.ts` is its twin.
//!
//! All numbers are whole and at most 2^53 − 1. A call reads what it needs before it writes.

use tollgate_core::{Cost, Decision, MAX_SAFE_INTEGER, PolicyState, Request, RetryAfter, Span, Timestamp};

/// In: the time of the call in microseconds; for `headers` the wall time in seconds.
const NOW: usize = 0;
/// In: the cost for every policy; for `block` the duration in microseconds.
const COST: usize = 1;
/// In: which of the lists below are to be read: 1 for costs, 2 for limits.
const LISTS: usize = 2;
/// Out: 1 when allowed.
const ALLOWED: usize = 3;
/// Out: index of the binding policy.
const BINDING: usize = 4;
/// Out: microseconds; −1 for never.
const RETRY_AFTER: usize = 5;
/// Out: the limiter's time of the decision.
const AT: usize = 6;
/// Out: 1 when the key is blocked.
const BLOCKED: usize = 7;
/// Out: five numbers for each policy: limit, remaining, reset after, retry after, charged.
const POLICIES: usize = 8;
const POLICY_LEN: usize = 5;
/// In: a cost for each policy.
pub(crate) const COSTS: usize = 88;
/// In: a limit for each policy, 0 for its own.
pub(crate) const LIMITS: usize = 104;
/// Policies of one limiter at most.
const MAX_POLICIES: usize = 16;
/// In: the numbers of a store's reply: the time, then those of one decision.
const REPLY: usize = 120;
/// The most numbers that a decision has: three, and twelve for each policy.
const MAX_WORDS: usize = 3 + 12 * MAX_POLICIES;
/// Length of the array.
pub const SCRATCH_LEN: usize = REPLY + 1 + MAX_WORDS;

/// The numbers of one call.
pub struct Scratch<'a> {
    cells: &'a mut [f64; SCRATCH_LEN],
}

/// Costs and limits of one call, as the core takes them.
pub(crate) struct Lists {
    which: u64,
    cost: u64,
    /// Costs and limits by policy, where the call brings either.
    by_policy: Option<[[u64; MAX_POLICIES]; 2]>,
}

impl<'a> Scratch<'a> {
    /// The numbers in `cells`.
    #[inline]
    pub fn new(cells: &'a mut [f64; SCRATCH_LEN]) -> Self {
        Self { cells }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.whole(NOW))
    }

    pub(crate) fn wall_secs(&self) -> u64 {
        self.whole(NOW)
    }

    pub(crate) fn duration(&self) -> Span {
        Span::from_micros(self.whole(COST))
    }

    /// The time and the `words` numbers of a reply. They may be negative.
    pub(crate) fn reply(&self, words: usize) -> alloc::vec::Vec<i64> {
        let cells = self.cells.get(REPLY..).unwrap_or_default();
        cells.iter().take(words.saturating_add(1)).map(|&cell| cell as i64).collect()
    }

    #[inline]
    pub(crate) fn lists(&self) -> Lists {
        let which = self.whole(LISTS);
        Lists {
            which,
            cost: self.whole(COST),
            by_policy: (which != 0).then(|| [COSTS, LIMITS].map(|at| self.list(at))),
        }
    }

    pub(crate) fn list(&self, at: usize) -> [u64; MAX_POLICIES] {
        core::array::from_fn(|i| self.whole(at + i))
    }

    /// The decision that the array holds, of a limiter with `policies` policies.
    pub(crate) fn decision(&self, policies: usize) -> Decision {
        let at = Timestamp::from_micros(self.whole(AT));
        let mut decision = Decision::from_policies(at, (0..policies).map(|i| self.policy(i)));
        decision.allowed = self.whole(ALLOWED) != 0;
        decision.blocked = self.whole(BLOCKED) != 0;
        decision.binding = self.whole(BINDING) as usize;
        decision.retry_after = self.retry_after(RETRY_AFTER);
        decision
    }

    fn policy(&self, index: usize) -> PolicyState {
        let at = POLICIES + index * POLICY_LEN;
        PolicyState {
            limit: self.whole(at),
            remaining: self.whole(at + 1),
            reset_after: Span::from_micros(self.whole(at + 2)),
            retry_after: self.retry_after(at + 3),
            charged: self.whole(at + 4),
        }
    }

    #[inline]
    pub(crate) fn answer(&mut self, decision: &Decision) {
        self.put(ALLOWED, u64::from(decision.allowed));
        self.put(BINDING, decision.binding as u64);
        self.put_retry_after(RETRY_AFTER, decision.retry_after);
        self.put(BLOCKED, u64::from(decision.blocked));
        self.put(AT, decision.at.as_micros());
        for (i, state) in decision.policies().enumerate() {
            self.put_policy(POLICIES + i * POLICY_LEN, state);
        }
    }

    #[inline]
    fn put_policy(&mut self, at: usize, state: &PolicyState) {
        self.put(at, state.limit);
        self.put(at + 1, state.remaining);
        self.put(at + 2, state.reset_after.as_micros());
        self.put_retry_after(at + 3, state.retry_after);
        self.put(at + 4, state.charged);
    }

    #[inline]
    fn put_retry_after(&mut self, at: usize, retry_after: RetryAfter) {
        let micros = match retry_after {
            RetryAfter::Now => 0.0,
            RetryAfter::After(span) => span.as_micros() as f64,
            RetryAfter::Never => -1.0,
        };
        self.put_number(at, micros);
    }

    fn retry_after(&self, at: usize) -> RetryAfter {
        match self.cells.get(at) {
            Some(&micros) if micros < 0.0 => RetryAfter::Never,
            Some(&micros) if micros > 0.0 => RetryAfter::After(Span::from_micros(micros as u64)),
            _ => RetryAfter::Now,
        }
    }

    #[inline]
    pub(crate) fn put(&mut self, at: usize, number: u64) {
        self.put_number(at, number as f64);
    }

    #[inline]
    pub(crate) fn put_number(&mut self, at: usize, number: f64) {
        if let Some(cell) = self.cells.get_mut(at) {
            *cell = number;
        }
    }

    /// A cell as it is; 0 where there is none.
    #[inline]
    pub(crate) fn number(&self, at: usize) -> f64 {
        self.cells.get(at).copied().unwrap_or(0.0)
    }

    /// A cell as a whole number; NaN and negative numbers are 0, larger ones the largest.
    #[inline]
    pub(crate) fn whole(&self, at: usize) -> u64 {
        self.cells.get(at).map_or(0, |&cell| (cell as u64).min(MAX_SAFE_INTEGER))
    }
}

impl Lists {
    #[inline]
    pub(crate) fn request(&self) -> Request<'_> {
        let limits = self.by_policy.as_ref().filter(|_| self.which & 2 != 0).map_or(&[][..], |[_, limits]| limits);
        Request { cost: self.cost(), limits }
    }

    #[inline]
    pub(crate) fn cost(&self) -> Cost<'_> {
        match &self.by_policy {
            Some([costs, _]) if self.which & 1 != 0 => Cost::Each(costs),
            _ => Cost::All(self.cost),
        }
    }
}
