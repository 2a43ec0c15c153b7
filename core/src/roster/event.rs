//! What a roster tells.

use alloc::sync::Arc;

use super::member::Member;

/// Why a member is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It left, and did not come back within the grace.
    Left,
    /// Nobody vouched for it for a whole TTL.
    Expired,
}

/// What happened to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It is new. `first_of_user`: and so is its user.
    Joined {
        /// No other connection of its user is in the room.
        first_of_user: bool,
    },
    /// Its data is another one now. It never left.
    Updated,
    /// It is gone. `last_of_user`: and so is its user.
    Left {
        /// Why.
        reason: Reason,
        /// No other connection of its user is in the room.
        last_of_user: bool,
    },
}

/// One change of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which room.
    pub room: Arc<str>,
    /// Number of this change: greater than every earlier one of the room.
    pub revision: u64,
    /// Number of the change before it in the room, 0 where none is remembered: who has not seen that one has
    /// missed something.
    pub after: u64,
    /// The member as it is now; one that is gone, as it was.
    pub member: Member,
    /// What happened.
    pub kind: EventKind,
}
