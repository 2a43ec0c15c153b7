//! Limits that processes share through Redis.

mod any;
#[cfg(feature = "presence")]
mod asking;
mod batch;
mod builder;
#[cfg_attr(not(feature = "presence"), expect(dead_code, reason = "a bus needs more of it than a shared quota"))]
mod channels;
mod error;
mod fallback;
mod link;
mod names;
#[cfg_attr(not(feature = "presence"), expect(dead_code, reason = "a bus needs more of it than a shared quota"))]
mod place;
mod publisher;
mod refusals;
mod wire;

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub(crate) use redis::Client;
use redis::Value;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tollgate_core::store::{Call, Op, PARTITIONS, Script, StoredLimiter, escape_bytes, partition};

pub use any::AnyRateLimiter;
pub use builder::RedisRateLimiterBuilder;
pub use error::StoreError;
pub use fallback::OnStoreError;

pub(crate) use channels::{Channels, Heard, Topic};
pub(crate) use link::Link;
pub(crate) use place::Place;
#[cfg(feature = "presence")]
pub(crate) use place::check_text;
pub(crate) use publisher::Publisher;
#[cfg(feature = "presence")]
pub(crate) use publisher::Sending;

use batch::Batcher;
use fallback::Fallback;
use link::ScriptCall;
use names::Name;
use refusals::Refusals;

use crate::clock::{Clock, MonotonicClock};
use crate::config_error::ConfigError;
use crate::cost::{Cost, Request};
use crate::decision::{Decision, RetryAfter, Source};
use crate::key::Key;
use crate::limit::Limit;
use crate::policy::Policies;
use crate::span::span;
use crate::terms::Terms;

/// Limits that any number of processes share through Redis 7.0 or newer: one server, or a cluster.
///
/// A clone is another handle to the same limiter. Decisions that tasks ask for at the same time travel together in one
/// call of a script, which reads all states of a key, and then writes all or none. Redis's clock is the only one.
///
/// # When Redis fails
/// No call waits longer than [`RedisRateLimiterBuilder::store_timeout`]; after a few failures none waits at all, and one
/// call at a time asks whether Redis is back. What Redis does not decide, is decided as [`OnStoreError`] says, and
/// [`Decision::source`] tells who did. A call without an answer is not repeated and may have been counted: so at most
/// that one is counted too much (in a cluster, whose client follows a call to another node, up to two more).
///
/// Needs a tokio runtime with I/O and time.
///
/// ```no_run
/// # async fn example() -> Result<(), tollgate::ConfigError> {
/// use tollgate::{Policy, RedisRateLimiter};
/// let limiter = RedisRateLimiter::connect("redis://127.0.0.1/", Policy::per_minute(100).named("api")).await?;
/// if limiter.check("203.0.113.7").await.allowed {
///     // ...
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RedisRateLimiter {
    shared: Arc<Shared>,
}

/// What a limiter is made from, checked.
struct Parts {
    limiter: StoredLimiter,
    name: Name,
    terms: Terms,
    fallback: Fallback,
    refusals: Refusals,
}

struct Shared {
    parts: Parts,
    link: Arc<Link>,
    limiter: Arc<StoredLimiter>,
    /// By partition, and for each the two scripts of decisions.
    batchers: Vec<[OnceLock<Arc<Batcher>>; Script::DECISIONS.len()]>,
    /// Whether the store failed the last time it was asked.
    degraded: AtomicBool,
}

impl RedisRateLimiter {
    /// A limiter over the Redis at `url`. See [`RedisRateLimiterBuilder::connect`].
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub async fn connect(url: &str, policies: impl Into<Policies>) -> Result<Self, ConfigError> {
        Self::builder(policies).connect(url).await
    }

    /// For settings beside the policies.
    #[must_use]
    pub fn builder(policies: impl Into<Policies>) -> RedisRateLimiterBuilder {
        RedisRateLimiterBuilder::new(policies.into())
    }

    fn make(parts: Parts, client: Client, timeout: Duration) -> Self {
        let limiter = Arc::new(parts.limiter.clone());
        let batchers = (0..PARTITIONS).map(|_| Default::default()).collect();
        let link = Arc::new(Link::new(client, timeout));
        Self { shared: Arc::new(Shared { parts, link, limiter, batchers, degraded: AtomicBool::new(false) }) }
    }

    async fn connected(&self) -> Result<(), StoreError> {
        let connected = self.shared.link.connect().await;
        if let Err(error) = &connected {
            self.shared.degrade(error);
        }
        connected
    }

    /// Decides about one call, and counts it if it may go. A refused call takes nothing.
    pub async fn check(&self, key: impl Key) -> Decision {
        self.check_n(key, 1).await
    }

    /// Decides about a call with a cost, or with limits of the caller's own.
    pub async fn check_n(&self, key: impl Key, request: impl Into<Request>) -> Decision {
        self.shared.check(&key.bytes(), request.into()).await
    }

    /// What [`RedisRateLimiter::check`] would answer; counts nothing. `remaining` is what there is now.
    pub async fn peek(&self, key: impl Key) -> Decision {
        self.peek_n(key, 1).await
    }

    /// What [`RedisRateLimiter::check_n`] would answer; counts nothing.
    pub async fn peek_n(&self, key: impl Key, request: impl Into<Request>) -> Decision {
        let (shared, key, request) = (&self.shared, key.bytes(), request.into());
        match shared.ask(Op::Peek, &key, request.clone()).await {
            Ok(decision) => Decision::new(decision, Source::Store, shared.parts.terms),
            Err(_) => shared.parts.fallback.peek(&key, request),
        }
    }

    /// Corrects what a decision took from `key` to what the call really cost. The difference is given back, unless the
    /// decision's window has ended or the key was reset since, or is charged, even above the limit. There is nothing to
    /// do for a decision that Redis has not made.
    ///
    /// # Errors
    /// [`StoreError`] where Redis could not be told.
    pub async fn settle(&self, key: impl Key, decision: Decision, actual: impl Into<Cost>) -> Result<(), StoreError> {
        let (parts, key, actual) = (&self.shared.parts, key.bytes(), actual.into());
        parts.refusals.stop();
        match decision.source {
            Source::Store => {
                let escaped = escape_bytes(&key);
                let call = parts.limiter.settle(&escaped, &decision.core, actual.to_core());
                self.shared.tell(partition(&escaped), call).await
            }
            Source::Local => {
                parts.fallback.settle(&key, decision, actual);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Gives back all that a decision took from `key`: settles it at no cost.
    ///
    /// # Errors
    /// [`StoreError`] where Redis could not be told.
    pub async fn refund(&self, key: impl Key, decision: Decision) -> Result<(), StoreError> {
        self.settle(key, decision, 0).await
    }

    /// Forgets `key`: what it used under every limit, and its block.
    ///
    /// # Errors
    /// [`StoreError`] where Redis could not be told.
    pub async fn reset(&self, key: impl Key) -> Result<(), StoreError> {
        let (parts, key) = (&self.shared.parts, key.bytes());
        parts.fallback.reset(&key);
        let escaped = escape_bytes(&key);
        let told = self.shared.tell(partition(&escaped), parts.limiter.reset(&escaped)).await;
        parts.refusals.forget(&key);
        told
    }

    /// Refuses `key` for this long, whatever its policies say. A longer block that there is already stays.
    ///
    /// # Errors
    /// [`StoreError`] where Redis could not be told.
    pub async fn block(&self, key: impl Key, duration: Duration) -> Result<(), StoreError> {
        let (parts, key) = (&self.shared.parts, key.bytes());
        parts.fallback.block(&key, duration);
        let escaped = escape_bytes(&key);
        let told = self.shared.tell(partition(&escaped), parts.limiter.block(&escaped, span(duration))).await;
        parts.refusals.forget(&key);
        told
    }

    /// Waits until a call may go, and counts it. The decision is refused only where that will never be: when the call
    /// costs more than a policy can hold.
    pub async fn until_ready(&self, key: impl Key) -> Decision {
        self.until_ready_n(key, 1).await
    }

    /// [`RedisRateLimiter::until_ready`] for a call with a cost, or with limits of the caller's own.
    pub async fn until_ready_n(&self, key: impl Key, request: impl Into<Request>) -> Decision {
        let (key, request) = (key.bytes(), request.into());
        loop {
            let decision = self.shared.check(&key, request.clone()).await;
            match decision.retry_after {
                RetryAfter::Now | RetryAfter::Never => return decision,
                RetryAfter::After(wait) => MonotonicClock.sleep(wait).await,
            }
        }
    }

    /// Its name in Redis.
    #[must_use]
    pub fn name(&self) -> &str {
        self.shared.parts.name.as_str()
    }
}

impl Limit for RedisRateLimiter {
    fn check_n(&self, key: &dyn Key, request: Request) -> impl Future<Output = Decision> + Send {
        Self::check_n(self, key, request)
    }
}

impl fmt::Debug for RedisRateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = &self.shared.parts;
        f.debug_struct("RedisRateLimiter")
            .field("name", &self.name())
            .field("policies", &parts.terms)
            .finish_non_exhaustive()
    }
}

impl Shared {
    async fn check(&self, key: &[u8], request: Request) -> Decision {
        let (parts, asked) = (&self.parts, Refusals::now());
        if let Some(known) = parts.refusals.find(key, &request, asked) {
            return Decision::new(known, Source::Cache, parts.terms);
        }
        match self.ask(Op::Consume, key, request.clone()).await {
            Ok(decision) => {
                parts.refusals.learn(key, &request, &decision, asked);
                Decision::new(decision, Source::Store, parts.terms)
            }
            Err(_) => parts.fallback.decide(key, request),
        }
    }

    /// Asks the store, for as long as it may take.
    async fn ask(&self, op: Op, key: &[u8], request: Request) -> batch::Answer {
        let answer = self.ask_now(op, key, request).await;
        match &answer {
            Ok(_) => self.recover(),
            Err(error) => self.degrade(error),
        }
        answer
    }

    async fn ask_now(&self, op: Op, key: &[u8], request: Request) -> batch::Answer {
        let runtime = Handle::try_current().map_err(|_| StoreError::NoRuntime)?;
        let part = self.limiter.part(op, &escape_bytes(key), request.to_core());
        let group = self.link.group(part.partition);
        if self.link.is_closed_off(group) {
            return Err(StoreError::Unavailable);
        }
        let deadline = Instant::now() + self.link.timeout();
        let told = self.batcher(part.script, group)?.ask(&runtime, (op, request, part), deadline);
        match tokio::time::timeout_at(deadline, told).await {
            Ok(Ok(answer)) => answer,
            // The task that would have told has ended with its runtime.
            Ok(Err(_)) => Err(StoreError::Unavailable),
            Err(_) => Err(StoreError::Timeout(self.link.timeout())),
        }
    }

    fn batcher(&self, script: Script, group: u32) -> Result<&Arc<Batcher>, StoreError> {
        let place = Script::DECISIONS.iter().position(|decides| *decides == script);
        let all = self.batchers.get(group as usize).zip(place);
        let slot = all.and_then(|(slots, place)| slots.get(place)).ok_or(StoreError::Protocol)?;
        let make = || Batcher::new(Arc::clone(&self.link), Arc::clone(&self.limiter), script, group);
        Ok(slot.get_or_init(|| Arc::new(make())))
    }

    /// Makes a call that answers nothing but that it was done.
    async fn tell(&self, partition: u32, call: Call) -> Result<(), StoreError> {
        let runtime = Handle::try_current().map_err(|_| StoreError::NoRuntime)?;
        let Call { script, keys, args } = call;
        let (done, told) = tokio::sync::oneshot::channel();
        let (link, group) = (Arc::clone(&self.link), self.link.group(partition));
        let deadline = Instant::now() + link.timeout();
        let send = async move {
            let tell = |answer: Result<Value, StoreError>| drop(done.send(answer.map(drop)));
            link.call(group, ScriptCall::of(script, keys, args), deadline, tell).await;
        };
        drop(runtime.spawn(send));
        let answer = told.await.unwrap_or(Err(StoreError::Unavailable));
        match &answer {
            Ok(()) => self.recover(),
            Err(error) => self.degrade(error),
        }
        answer
    }

    /// Tells operators once that the store fails.
    fn degrade(&self, error: &StoreError) {
        if !self.degraded.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                limiter = self.parts.name.as_str(),
                code = error.code(),
                "the store of a rate limit fails: {error}"
            );
        }
    }

    fn recover(&self) {
        if self.degraded.load(Ordering::Relaxed) && self.degraded.swap(false, Ordering::Relaxed) {
            tracing::info!(limiter = self.parts.name.as_str(), "the store of a rate limit answers again");
        }
    }
}
