//! What every binding of `tollgate-core` does the same way: [`calls`] runs the calls of a limiter whose numbers travel
//! through a [`Scratch`], and the `Engine…` types are configurations as JavaScript has them, all numbers `f64`.
//!
//! A binding adds how its runtime hands over keys, arrays and objects, and nothing else.

#![no_std]

extern crate alloc;

pub mod calls;
mod config;
mod key;
mod scratch;

pub use config::{EngineConfig, EngineDialect, EngineError, EnginePolicy, EngineRate, dialects};
pub use config::{parse_duration, parse_rate};
pub use key::key_bytes;
pub use scratch::{SCRATCH_LEN, Scratch};
