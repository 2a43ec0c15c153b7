//! What every binding of `tollgate-core` does the same way: [`calls`] runs the calls of a limiter whose numbers travel
//! through a [`Scratch`], [`store`] those of a limiter in a store, [`denials`] and [`breaker`] those of what stands before
//! one, [`pacer`] those of a pacer, [`peers`] those of a member of a shared quota, [`roster`] those of presence, and the `Engine…` types are configurations as JavaScript has them, all numbers `f64`.
//!
//! A binding adds how its runtime hands over keys, arrays and objects, and nothing else.

#![no_std]

extern crate alloc;

pub mod breaker;
pub mod calls;
mod config;
pub mod denials;
mod json;
mod key;
pub mod pacer;
pub mod peers;
pub mod presence;
pub mod roster;
mod scratch;
pub mod store;
mod told;

pub use breaker::EngineBreakerConfig;
pub use config::{EngineConfig, EngineDialect, EngineError, EnginePolicy, EngineRate, dialects};
pub use config::{parse_duration, parse_rate};
pub use denials::EngineDenialsConfig;
pub use key::key_bytes;
pub use pacer::EnginePacerConfig;
pub use peers::{EnginePeersConfig, PeersCalls};
pub use presence::{EngineSharedConfig, PresenceCalls};
pub use roster::{EnginePresenceConfig, RosterCalls};
pub use scratch::{SCRATCH_LEN, Scratch};
pub use store::EngineStoreConfig;
pub use told::told;
