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
mod keyed;
mod limit;
mod limiter;
mod own_limits;
mod pacer;
mod policy;
pub mod roster;
pub mod share;
pub mod store;
mod table;
mod time;
mod words;

pub use breaker::{Ask, Breaker, BreakerConfig};
pub use decision::{Decision, PolicyState, RetryAfter};
pub use denials::{Denials, DenialsConfig};
pub use duration::{parse_duration, parse_rate};
pub use key_hash::{KeyHash, KeyTag};
pub use keyed::Size;
pub use limiter::{Cost, Limiter, Request, RestoreError};
pub use pacer::{Admission, Pacer, PacerConfig, PacerEvent, Rejection, Submission, TicketId};
pub use policy::{Algorithm, CheckedPolicy, ConfigError, LimiterConfig, Policy};
pub use time::{MAX_SAFE_INTEGER, Span, Timestamp};
