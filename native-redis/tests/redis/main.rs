//! Limits over real Redis servers.

#![cfg(feature = "redis")]
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on panics")]

#[cfg(feature = "presence")]
mod bus;
mod cluster;
mod configuration;
mod outages;
#[cfg(feature = "presence")]
mod presence;
#[cfg(feature = "presence")]
mod presence_failures;
#[cfg(feature = "presence")]
mod roster;
mod server;
mod share;
mod shared;
mod verbs;
