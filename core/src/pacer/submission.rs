//! What is asked of a pacer, and what it answers.

use super::tickets::TicketId;
use crate::limiter::Cost;
use crate::time::Timestamp;

/// What is asked of a pacer for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submission<'a> {
    /// What the call costs each policy.
    pub cost: Cost<'a>,
    /// A ticket with a higher one goes first within its lane, as if it had been waiting for
    /// [`PacerConfig::ageing`](super::PacerConfig::ageing) longer by each step.
    pub priority: i32,
    /// Lanes that have waiting tickets take turns, a ticket each.
    pub lane: u32,
    /// When the ticket expires unless it has started.
    pub deadline: Option<Timestamp>,
}

impl Default for Submission<'_> {
    /// A cost of 1, with the usual priority, in the first lane, for as long as it takes.
    fn default() -> Self {
        Self { cost: Cost::All(1), priority: 0, lane: 0, deadline: None }
    }
}

/// A ticket was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The call may go now; there will be no event.
    Started(TicketId),
    /// An event will say when it may go, or that it has expired.
    Waiting(TicketId),
}

/// No ticket was made; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The cost is above what this policy may ever start in one window.
    TooLarge {
        /// Index of the policy.
        policy: usize,
        /// What the call costs it.
        cost: u64,
        /// What it may start in one window.
        limit: u64,
    },
    /// As many tickets wait as may.
    QueueFull,
}

/// What happened to a ticket that waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacerEvent {
    /// The call may go now.
    Started(TicketId),
    /// Its deadline came first. It has taken nothing.
    Expired(TicketId),
}
