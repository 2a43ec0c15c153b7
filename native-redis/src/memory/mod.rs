//! Limits within one process.

mod builder;
mod shards;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tollgate_core::Size;

pub use builder::RateLimiterBuilder;
use shards::Shards;

use crate::clock::{Clock, MonotonicClock};
use crate::config_error::ConfigError;
use crate::cost::{Cost, Request};
use crate::decision::{Decision, RetryAfter, Source};
use crate::key::Key;
use crate::policy::Policies;
use crate::span::{span, timestamp};
use crate::terms::{Terms, terms};

/// Limits within one process, for any number of keys and threads.
///
/// A clone is another handle to the same limiter: no `Arc` is needed around it. Nothing here waits, except for another
/// thread that decides about a key of the same shard (one of 64), and [`RateLimiter::until_ready`].
///
/// Memory is bounded: at most a million keys, unless [`RateLimiterBuilder::max_keys`] says otherwise. A key takes 20
/// to 35 bytes under a usual policy, and is forgotten some time after it is as if never used.
///
/// ```
/// use std::sync::LazyLock;
/// use tollgate::{Policy, RateLimiter};
/// static LIMIT: LazyLock<RateLimiter> =
///     LazyLock::new(|| RateLimiter::new(Policy::per_second(20).burst(40)).expect("a valid policy"));
/// assert!(LIMIT.check("ann").allowed);
/// ```
#[derive(Clone)]
pub struct RateLimiter<C: Clock = MonotonicClock> {
    shared: Arc<Shared<C>>,
}

struct Shared<C> {
    shards: Shards,
    terms: Terms,
    clock: C,
}

impl RateLimiter {
    /// A limiter that has seen nobody.
    ///
    /// The policies, as decisions tell about them, stay in memory for the life of the process: about 100 bytes for each
    /// different list.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn new(policies: impl Into<Policies>) -> Result<Self, ConfigError> {
        Self::builder(policies).build()
    }

    /// For settings beside the policies.
    #[must_use]
    pub fn builder(policies: impl Into<Policies>) -> RateLimiterBuilder {
        RateLimiterBuilder::new(policies.into())
    }
}

impl<C: Clock> RateLimiter<C> {
    /// A limiter that goes by a clock of the caller's choice, such as a [`ManualClock`](crate::ManualClock).
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn with_clock(policies: impl Into<Policies>, clock: C) -> Result<Self, ConfigError> {
        RateLimiter::builder(policies).clock(clock).build()
    }

    fn make(policies: &Policies, max_keys: usize, clock: C) -> Result<Self, ConfigError> {
        let shards = Shards::new(policies.to_core(), max_keys)?;
        let terms = terms(shards.policies());
        Ok(Self { shared: Arc::new(Shared { shards, terms, clock }) })
    }

    /// Decides about one call, and counts it if it may go. A refused call takes nothing.
    #[inline]
    pub fn check(&self, key: impl Key) -> Decision {
        self.consume(&key.bytes(), tollgate_core::Cost::All(1).into())
    }

    /// Decides about a call with a cost, or with limits of the caller's own.
    pub fn check_n(&self, key: impl Key, request: impl Into<Request>) -> Decision {
        self.consume(&key.bytes(), request.into().to_core())
    }

    /// What [`RateLimiter::check`] would answer; counts nothing. `remaining` is what there is now.
    pub fn peek(&self, key: impl Key) -> Decision {
        self.peek_n(key, 1)
    }

    /// What [`RateLimiter::check_n`] would answer; counts nothing.
    pub fn peek_n(&self, key: impl Key, request: impl Into<Request>) -> Decision {
        let (key, now) = (key.bytes(), self.now());
        let shards = &self.shared.shards;
        let core = shards.lock(shards.tag(&key)).peek(&key, request.into().to_core(), now);
        Decision::new(core, Source::Memory, self.shared.terms)
    }

    /// Corrects what a decision took from `key` to what the call really cost. The difference is given back, unless the
    /// decision's window has ended or the key was reset since, or is charged, even above the limit.
    pub fn settle(&self, key: impl Key, decision: Decision, actual: impl Into<Cost>) {
        let (key, now) = (key.bytes(), self.now());
        let shards = &self.shared.shards;
        shards.lock(shards.tag(&key)).settle(&key, &decision.core, actual.into().to_core(), now);
    }

    /// Gives back all that a decision took from `key`: settles it at no cost.
    pub fn refund(&self, key: impl Key, decision: Decision) {
        self.settle(key, decision, 0);
    }

    /// Forgets `key`: what it used under every limit, and its block.
    pub fn reset(&self, key: impl Key) {
        let (key, now) = (key.bytes(), self.now());
        self.shared.shards.lock(self.shared.shards.tag(&key)).reset(&key, now);
    }

    /// Refuses `key` for this long, whatever its policies say. A longer block that there is already stays.
    pub fn block(&self, key: impl Key, duration: Duration) {
        let (key, now) = (key.bytes(), self.now());
        self.shared.shards.lock(self.shared.shards.tag(&key)).block(&key, span(duration), now);
    }

    /// Waits until a call may go, and counts it. The decision is refused only where that will never be: when the call
    /// costs more than a policy can hold.
    ///
    /// Works in every async runtime. Nothing is taken if the future is dropped before it is ready. Those who wait for
    /// one key are not served in an order.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(async {
    /// use tollgate::{Policy, RateLimiter};
    /// let limiter = RateLimiter::new("100 per 10ms".parse::<Policy>()?)?;
    /// for _ in 0..150 {
    ///     assert!(limiter.until_ready("ann").await.allowed);
    /// }
    /// # Ok::<(), tollgate::ConfigError>(()) }).expect("valid policies");
    /// ```
    pub async fn until_ready(&self, key: impl Key) -> Decision {
        self.until_ready_n(key, 1).await
    }

    /// [`RateLimiter::until_ready`] for a call with a cost, or with limits of the caller's own.
    pub async fn until_ready_n(&self, key: impl Key, request: impl Into<Request>) -> Decision {
        let request = request.into();
        loop {
            let decision = self.consume(&key.bytes(), request.to_core());
            match decision.retry_after {
                RetryAfter::Now | RetryAfter::Never => return decision,
                RetryAfter::After(wait) => self.shared.clock.sleep(wait).await,
            }
        }
    }

    /// How much is held now. Looks at every shard: for metrics, not for every call.
    #[must_use]
    pub fn size(&self) -> Size {
        self.shared.shards.size()
    }

    #[inline]
    fn consume(&self, key: &[u8], request: tollgate_core::Request<'_>) -> Decision {
        let shards = &self.shared.shards;
        let (tag, now) = (shards.tag(key), self.now());
        let core = shards.lock(tag).consume_tagged(tag, request, now);
        Decision::new(core, Source::Memory, self.shared.terms)
    }

    #[inline]
    fn now(&self) -> tollgate_core::Timestamp {
        timestamp(self.shared.clock.now())
    }
}

impl<C: Clock> fmt::Debug for RateLimiter<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter").field("policies", &self.shared.terms).finish_non_exhaustive()
    }
}
