//! Calls that go out: a queue of tickets that start as limits and concurrency allow.

mod config;
mod log;
mod machine;
mod queue;
mod rate;
mod submission;
mod tickets;

pub use config::PacerConfig;
pub use machine::Pacer;
pub use submission::{Admission, PacerEvent, Rejection, Submission};
pub use tickets::TicketId;
