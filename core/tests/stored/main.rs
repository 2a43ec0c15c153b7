//! The scripts in a real Redis decide what the limiter in memory decides.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on panics"
)]

mod batches;
mod random;
#[path = "../vectors/reading.rs"]
mod reading;
mod server;
mod store;
mod vectors;
