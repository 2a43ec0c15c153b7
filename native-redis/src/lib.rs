//! May this go now? Rate limits with stated bounds: exact, in tens of bytes a key, for any number of threads.
//!
//! ```
//! use tollgate::{Policy, RateLimiter};
//! let limiter = RateLimiter::new(Policy::per_minute(100).named("api"))?;
//! let decision = limiter.check("203.0.113.7");
//! assert!(decision.allowed);
//! assert_eq!(decision.remaining, 99);
//! # Ok::<(), tollgate::ConfigError>(())
//! ```
//!
//! - [`RateLimiter`] decides in memory, at once. [`Policy`] says what is allowed, [`Algorithm`] how it is counted and
//!   what that admits at most, [`Key`] whose call it is, [`Decision`] what came of it.
//! - [`Pacer`] lets calls that go out wait their turn, under exact limits and a concurrency.
//! - [`ManualClock`] makes time stand still in tests.
//!
//! # Features
//!
//! None is on by itself.
//!
//! - `tower`: `RateLimitLayer` asks a limiter before each request, and `Decision::headers` writes header fields.
//! - `redis`: `RedisRateLimiter` keeps limits in Redis, so that processes share them, and `Pacer`s of one name share one
//!   quota. Runs on tokio.
//! - `presence`: `Presence` tells who is in which room, `Bus` carries messages by topic: within this process, and with
//!   `redis` in all.
//! - `axum`: what axum needs on top of that: it finds the peer's address, and a refusal is a response.

#[cfg(feature = "presence")]
mod bus;
mod clock;
mod config_error;
mod cost;
mod decision;
#[cfg(feature = "tower")]
mod headers;
mod key;
#[cfg(feature = "tower")]
mod layer;
mod limit;
#[cfg(any(feature = "presence", feature = "redis"))]
mod lossy_queue;
mod memory;
mod pacer;
mod policy;
#[cfg(feature = "presence")]
mod presence;
#[cfg(feature = "redis")]
mod redis;
mod seed;
mod span;
mod terms;

#[cfg(all(feature = "presence", feature = "redis"))]
pub use bus::BusBuilder;
#[cfg(feature = "presence")]
pub use bus::{Bus, BusError, BusStats, Delivery, Subscription};
pub use clock::{Clock, ManualClock, MonotonicClock};
pub use config_error::ConfigError;
pub use cost::{Cost, Request};
pub use decision::{Decision, Denied, PolicyIndex, PolicyState, RetryAfter, Source};
#[cfg(feature = "tower")]
pub use headers::Dialect;
pub use key::{Key, KeyBytes};
#[cfg(feature = "tower")]
pub use layer::{ForwardedIp, Header, KeyFrom, MissingKey, PeerIp, RateLimitFuture, RateLimitLayer, RateLimitService};
pub use limit::Limit;
pub use memory::{RateLimiter, RateLimiterBuilder};
#[cfg(feature = "redis")]
pub use pacer::{GroupStats, Share, ShareEvent, ShareEvents, Split};
pub use pacer::{Pace, PaceError, Pacer, PacerBuilder, PacerStats, Permit};
pub use policy::{Policies, Policy};
#[cfg(feature = "presence")]
pub use presence::{
    Change, Count, Member, MemberPage, Membership, NewMember, Presence, PresenceBuilder, PresenceError, PresenceEvent,
    PresenceEvents, Reason, Watch,
};
#[cfg(feature = "redis")]
pub use redis::{AnyRateLimiter, OnStoreError, RedisRateLimiter, RedisRateLimiterBuilder, StoreError};
pub use tollgate_core::{Algorithm, Size};
