//! `tollgate-core` for browsers and edge runtimes: convert, one core call, convert.
//!
//! [`plan`] is the control plane. [`hot`] holds the calls that every decision makes: their key and their
//! numbers travel through [`memory`], which JavaScript reads and writes in place, so that no object is made.

// wasm-bindgen exports what is `pub`.
#![allow(unreachable_pub)]

#[cfg(feature = "limits")]
mod breaker;
#[cfg(feature = "limits")]
mod denials;
#[cfg(feature = "limits")]
mod hot;
mod memory;
#[cfg(feature = "machines")]
mod pacer;
#[cfg(feature = "machines")]
mod peers;
mod plan;
#[cfg(feature = "machines")]
mod presence;
#[cfg(feature = "machines")]
mod roster;
#[cfg(feature = "limits")]
mod store;
#[cfg(feature = "limits")]
mod words;
