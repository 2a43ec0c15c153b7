//! Denials of a store, remembered for as long as they cannot change.

mod config;
mod rows;

use alloc::vec::Vec;

use crate::decision::{Decision, PolicyState, RetryAfter};
use crate::key_hash::KeyHash;
use crate::limiter::Request;
use crate::policy::ConfigError;
use crate::time::{MAX_SAFE_INTEGER, Span, Timestamp};

pub use config::DenialsConfig;
use rows::{Head, Part, Rows};

/// Remembers which calls a store has denied, so that it need not be asked again before they could be allowed.
///
/// A denied key stays denied until its `retry_after`, unless somebody resets it or gives something back. So what was
/// denied is answered from here until then, though at most for [`DenialsConfig::max_age`], which bounds how long a reset,
/// a refund or a settlement in another process goes unnoticed; what happens in this process is told by
/// [`Denials::forget`]. Nothing is ever allowed here: what is not known, the store decides.
///
/// A denial belongs to a key, the limits in force and the costs. It answers the same costs exactly. It also answers
/// calls of which every cost is at least as high, since a call that does not fit does not fit either when it asks for
/// more; their `retry_after` is then the earliest possible. It says nothing about a call that asks any policy for less.
///
/// Memory is bounded: 64 rows at first, four times as many whenever eight denials that hold would have to share a place
/// with a ninth, up to [`DenialsConfig::max_keys`]; then the one that ends first is forgotten. As in
/// [`crate::Limiter`], a 64-bit hash stands for a key. Times are the host's: a monotonic clock, and not that of the store.
///
/// ```
/// use tollgate_core::{Denials, DenialsConfig, Limiter, LimiterConfig, Timestamp};
/// let mut store = Limiter::new(LimiterConfig::default())?;
/// let mut denials = Denials::new(DenialsConfig::default())?;
/// let asked = Timestamp::ZERO;
/// let denied = loop {
///     let decision = store.consume(b"ann", 1, asked);
///     if !decision.allowed {
///         break decision;
///     }
/// };
/// denials.learn(b"ann", 1, &denied, asked);
/// assert!(denials.find(b"ann", 1, Timestamp::from_millis(999)).is_some_and(|known| !known.allowed));
/// assert!(denials.find(b"ann", 1, Timestamp::from_millis(1_000)).is_none());
/// assert!(denials.find(b"bob", 1, asked).is_none());
/// # Ok::<(), tollgate_core::ConfigError>(())
/// ```
pub struct Denials {
    limits: Vec<u64>,
    max_age: Span,
    hasher: KeyHash,
    rows: Rows,
    /// When a key was last forgotten.
    forgot: Option<Timestamp>,
}

impl Denials {
    /// A cache that knows nothing. Memory is taken by the first denial.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn new(config: DenialsConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let rows = Rows::new(config.limits.len(), config.max_keys);
        let (hasher, max_age) = (KeyHash::new(config.seed), config.max_age);
        Ok(Self { hasher, max_age, limits: config.limits, rows, forgot: None })
    }

    /// The denial that the store would answer with now, where that is known: times are reduced by the time that has
    /// passed, and `remaining` is what it was. What other policies than the binding one say may have changed since.
    pub fn find<'a>(&self, key: &[u8], request: impl Into<Request<'a>>, now: Timestamp) -> Option<Decision> {
        let request = request.into();
        let mut best: Option<(&Head, &[Part])> = None;
        for row in self.rows.of(self.hasher.of(key).get(), now) {
            match self.covers(row.1, request) {
                Cover::Same => return Some(answer(row, now)),
                Cover::More if best.is_none_or(|(head, _)| head.until < row.0.until) => best = Some(row),
                Cover::More | Cover::No => {}
            }
        }
        best.map(|row| answer(row, now))
    }

    /// Remembers a denial by the store; an allowed decision is ignored. `asked` is when the store was asked, before the
    /// call was sent: a denial that was made later than that ends later than what is remembered of it. What was asked
    /// before the last [`Denials::forget`], of whatever key, is ignored: it may have been denied before that.
    pub fn learn<'a>(&mut self, key: &[u8], request: impl Into<Request<'a>>, decision: &Decision, asked: Timestamp) {
        let (request, tag) = (request.into(), self.hasher.of(key).get());
        let life = match decision.retry_after {
            RetryAfter::Now => return,
            RetryAfter::After(span) => span.min(self.max_age),
            RetryAfter::Never => self.max_age,
        };
        let overtaken = self.forgot.is_some_and(|forgot| asked <= forgot);
        if overtaken || decision.allowed || decision.policy_count() != self.limits.len() {
            return;
        }
        let parts: Vec<Part> = decision
            .policies()
            .enumerate()
            .map(|(i, state)| Part { cost: request.cost.of(i), state: *state })
            .collect();
        let head = Head {
            tag,
            at: asked,
            until: asked.saturating_add(life),
            retry_after: decision.retry_after,
            binding: decision.binding,
            blocked: decision.blocked,
        };
        let is_same = |old: &[Part]| {
            old.iter().zip(&parts).all(|(old, new)| old.cost == new.cost && old.state.limit == new.state.limit)
        };
        self.rows.put(head, &parts, is_same);
    }

    /// Forgets what is known of a key, and what answers that are on their way will say of it: once the store has reset,
    /// refunded, settled or blocked it for this process.
    pub fn forget(&mut self, key: &[u8], now: Timestamp) {
        self.forgot = self.forgot.max(Some(now));
        self.rows.forget(self.hasher.of(key).get());
    }

    /// How many policies a denial lists.
    #[must_use]
    pub fn policies(&self) -> usize {
        self.limits.len()
    }

    /// How many denials there is room for now.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.rows.len()
    }

    /// Bytes allocated.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.rows.bytes()
    }

    fn covers(&self, parts: &[Part], request: Request<'_>) -> Cover {
        let mut cover = Cover::Same;
        for (i, (part, own)) in parts.iter().zip(&self.limits).enumerate() {
            let limit = request.limits.get(i).map_or(0, |limit| (*limit).min(MAX_SAFE_INTEGER));
            let cost = request.cost.of(i);
            if part.state.limit != if limit == 0 { *own } else { limit } || cost < part.cost {
                return Cover::No;
            }
            if cost > part.cost {
                cover = Cover::More;
            }
        }
        cover
    }
}

/// What a denial says about a call.
enum Cover {
    /// It is for the same costs.
    Same,
    /// The call asks for no less than what was denied.
    More,
    /// Nothing.
    No,
}

fn answer((head, parts): (&Head, &[Part]), now: Timestamp) -> Decision {
    let passed = now.saturating_since(head.at);
    let mut decision = Decision::from_policies(now, parts.iter().map(|part| after(part.state, passed)));
    decision.allowed = false;
    decision.binding = head.binding;
    decision.retry_after = sooner(head.retry_after, passed);
    decision.blocked = head.blocked;
    decision
}

fn after(state: PolicyState, passed: Span) -> PolicyState {
    let (reset_after, retry_after) = (less(state.reset_after, passed), sooner(state.retry_after, passed));
    PolicyState { reset_after, retry_after, ..state }
}

fn sooner(retry_after: RetryAfter, passed: Span) -> RetryAfter {
    match retry_after {
        RetryAfter::After(span) if span > passed => RetryAfter::After(less(span, passed)),
        RetryAfter::Never => RetryAfter::Never,
        RetryAfter::After(_) | RetryAfter::Now => RetryAfter::Now,
    }
}

fn less(span: Span, passed: Span) -> Span {
    Span::from_micros(span.as_micros().saturating_sub(passed.as_micros()))
}
