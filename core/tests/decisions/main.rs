//! The limiter against exact models: one behaviour a file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod agreement;
mod bad_rules_are_caught;
mod blocks;
mod bounds;
mod denials;
mod extremes;
mod flood;
mod model;
mod own_limits;
mod peek;
mod refunds;
mod retry_after;
mod saved;
mod several_policies;
mod time_backwards;
