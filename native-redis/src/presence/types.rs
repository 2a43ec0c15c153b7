//! Members, and what is told of them.

use serde::de::DeserializeOwned;

use crate::seed::random_seed;

pub use tollgate_core::roster::{Count, Reason};

/// Somebody who is in a room: a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member<T> {
    /// Unique in its room.
    pub id: String,
    /// Whose connection it is; a user may have several.
    pub user: Option<String>,
    /// What the member says of itself.
    pub data: T,
}

impl<T: DeserializeOwned> Member<T> {
    /// `None` where the data is no `T`.
    pub(super) fn read(member: &tollgate_core::roster::Member) -> Option<Self> {
        let data = serde_json::from_str(&member.identity.data).ok()?;
        Some(Self { id: member.cid.to_string(), user: member.identity.user.clone(), data })
    }

    pub(super) fn read_all(members: &[tollgate_core::roster::Member]) -> Vec<Self> {
        members.iter().filter_map(Self::read).collect()
    }
}

/// What a member is made from.
#[derive(Clone, Debug)]
pub struct NewMember<T> {
    pub(super) id: String,
    pub(super) user: Option<String>,
    pub(super) data: T,
}

impl<T> NewMember<T> {
    /// A member who is nobody's, under an id of 128 random bits.
    #[must_use]
    pub fn new(data: T) -> Self {
        let [high, low] = random_seed();
        Self { id: format!("{high:016x}{low:016x}"), user: None, data }
    }

    /// An id of the caller's, 1 to 512 bytes, unique in the room. A known id takes over: nobody is told of a leave.
    #[must_use]
    pub fn id(self, id: impl Into<String>) -> Self {
        Self { id: id.into(), ..self }
    }

    /// Whose connection it is, 1 to 512 bytes: the first one in a room is a
    /// [`UserJoin`](super::PresenceEvent::UserJoin), the last a [`UserLeave`](super::PresenceEvent::UserLeave).
    #[must_use]
    pub fn user(self, user: impl Into<String>) -> Self {
        Self { user: Some(user.into()), ..self }
    }
}

/// Some members of a room, in the order of their ids; the pages of a room in Redis are in none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberPage<T> {
    /// At most [`Presence::PAGE`](super::Presence::PAGE), over Redis about so many.
    pub members: Vec<Member<T>>,
    /// What to ask for the next page with; `None` at the end.
    pub cursor: Option<String>,
}

/// What a watch tells: everybody, and from then on what has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change<T> {
    /// Everybody who is there.
    Snapshot(Vec<Member<T>>),
    /// What has changed since. Somebody who came and went in between is in none of the lists.
    #[non_exhaustive]
    Changed {
        /// Who is new.
        joined: Vec<Member<T>>,
        /// Whose data, or user, is another one.
        updated: Vec<Member<T>>,
        /// Who is gone, as last told.
        left: Vec<Member<T>>,
    },
}

/// What happened to a member. Each is told once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PresenceEvent<T> {
    /// It is new in a room.
    #[non_exhaustive]
    Join {
        /// Which room.
        room: String,
        /// The member.
        member: Member<T>,
    },
    /// Its data is another one. It never left.
    #[non_exhaustive]
    Update {
        /// Which room.
        room: String,
        /// The member as it is now.
        member: Member<T>,
    },
    /// It is gone.
    #[non_exhaustive]
    Leave {
        /// Which room.
        room: String,
        /// The member as it was.
        member: Member<T>,
        /// It left, or nobody vouched for it.
        reason: Reason,
    },
    /// The first connection of a user; told after the [`Join`](Self::Join).
    #[non_exhaustive]
    UserJoin {
        /// Which room.
        room: String,
        /// The connection.
        member: Member<T>,
    },
    /// The last connection of a user is gone; told after the [`Leave`](Self::Leave).
    #[non_exhaustive]
    UserLeave {
        /// Which room.
        room: String,
        /// The connection.
        member: Member<T>,
        /// It left, or nobody vouched for it.
        reason: Reason,
    },
    /// The connection was lost and is back: what happened meanwhile is not told, and what is read anew from now on misses
    /// nothing that follows. A [`Watch`](super::Watch) does that by itself.
    Reconnected,
    /// Whoever reads these was too slow: so many changes are missing here. What was put together from them should be
    /// read anew.
    #[non_exhaustive]
    Resync {
        /// How many changes.
        missed: u64,
    },
}
