//! May this go now? The decisions of Tollgate, without clocks, threads or I/O.
//!
//! Timestamps go in, decisions come out: [`Limiter`] holds any number of keys in bounded memory under one
//! or several [`Policy`]s and answers [`Decision`]s; [`http`] writes and reads them as header fields.
//! Every algorithm states a bound for what it admits and is tested against an exact model of it; see
//! [`Algorithm`].

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod breaker;
mod decision;
mod denials;
mod duration;
pub mod http;
mod key_hash;
mod limit;
mod limiter;
mod policy;
#[path = "store/presence/mod.rs"]
pub mod presence;
pub mod roster;
mod store;
mod table;
mod time;

pub use breaker::{Ask, Breaker, BreakerConfig};
pub use decision::{Decision, PolicyState, RetryAfter};
pub use denials::{Denials, DenialsConfig};
pub use duration::{parse_duration, parse_rate};
pub use limiter::{Cost, Limiter, Request};
pub use policy::{Algorithm, CheckedPolicy, ConfigError, LimiterConfig, Policy};
pub use store::Size;
pub use time::{MAX_SAFE_INTEGER, Span, Timestamp};
