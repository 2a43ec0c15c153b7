//! The pacer against a list of timestamps: one behaviour a file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod agreement;
mod bad_rules_are_caught;
mod cancelling;
mod config;
mod full_use;
mod learning;
mod model;
mod nobody_starves;
mod settling;
mod shares;
