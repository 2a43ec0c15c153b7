//! Why a call may not go.

use std::fmt;

/// Why a call may not go. It has taken nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PaceError {
    /// It has waited for as long as it may.
    Timeout,
    /// As many calls wait as may.
    QueueFull,
    /// It costs more than a policy may ever start in one window.
    TooLarge {
        /// What it costs that policy.
        cost: u64,
        /// What the policy may start in one window.
        limit: u64,
    },
    /// The pacer was closed.
    Closed,
}

impl fmt::Display for PaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("the call has waited for as long as it may"),
            Self::QueueFull => f.write_str("as many calls wait as may"),
            Self::TooLarge { cost, limit } => {
                write!(f, "a call that costs {cost} can never go: at most {limit} may start in one window")
            }
            Self::Closed => f.write_str("the pacer was closed"),
        }
    }
}

impl std::error::Error for PaceError {}
