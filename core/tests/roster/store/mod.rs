//! The scripts on a real Redis.

mod agreement;
mod heartbeats;
mod keys;
mod memory;
mod messages;
mod resp;
mod server;
mod shared;
mod sweeping;
