//! What stands between a limiter and a store that may fail: one machine a folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod breaker;
mod denials;
