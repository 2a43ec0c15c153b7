//! The roster against a naive model: one behaviour a file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

mod bad_rules_are_caught;
mod config;
mod faults;
mod heartbeats;
mod model;
mod paging;
mod promises;
mod sequences;
mod store;
mod subject;
mod view;
mod watches;
