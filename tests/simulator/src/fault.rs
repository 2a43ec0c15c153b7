//! What can go wrong.

/// One thing that happens to the members or between them. Members are numbered in the order in which they join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A new member starts.
    Join,
    /// A member leaves and says so.
    Leave(usize),
    /// A member ends without a word.
    Crash(usize),
    /// A member is stopped in the middle of what it does.
    Stop(usize),
    /// It goes on. Its monotonic clock may have stopped as well, as when a machine is suspended.
    Resume {
        /// Which member.
        who: usize,
        /// Whether its monotonic clock has missed the time.
        clocks_stopped: bool,
    },
    /// A member can no longer reach the bus.
    Cut(usize),
    /// It can again.
    Heal(usize),
    /// A member subscribes again, after its connection was lost.
    Resubscribe(usize),
    /// The bus ends, and all subscriptions with it; it is back after so many microseconds.
    RestartBus {
        /// Microseconds.
        down: u64,
    },
    /// Somebody sets a member's wall clock.
    SetWall {
        /// Which member.
        who: usize,
        /// Microseconds, forwards or back.
        jump: i64,
    },
}
