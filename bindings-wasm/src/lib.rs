//! `tollgate-core` for browsers and edge runtimes: convert, one core call, convert.
//!
//! [`config`] is the control plane. [`hot`] holds the calls that every decision makes: their key and their
//! numbers travel through [`memory`], which JavaScript reads and writes in place, so that no object is made.

// wasm-bindgen exports what is `pub`.
#[allow(unreachable_pub)]
mod breaker;
#[allow(unreachable_pub)]
mod config;
#[allow(unreachable_pub)]
mod denials;
#[allow(unreachable_pub)]
mod hot;
#[allow(unreachable_pub)]
mod memory;
#[allow(unreachable_pub)]
mod pacer;
#[allow(unreachable_pub)]
mod presence;
#[allow(unreachable_pub)]
mod roster;
#[allow(unreachable_pub)]
mod store;
