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
//! - [`ManualClock`] makes time stand still in tests.
//!
//! # Features
//!
//! None is on by itself.
//!
//! - `tower`: `RateLimitLayer` asks a limiter before each request, and `Decision::headers` writes header fields.
//! - `axum`: what axum needs on top of that: it finds the peer's address, and a refusal is a response.

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
mod memory;
mod policy;
mod span;
mod terms;

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
pub use policy::{Policies, Policy};
pub use tollgate_core::{Algorithm, Size};
