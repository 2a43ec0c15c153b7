//! Members: a connection, and whose it is.

use alloc::string::String;
use alloc::sync::Arc;

use crate::time::Timestamp;

/// Which of the connections that ever used an id this is: a number that the host never gives twice, below 2^53.
///
/// It is what makes a late leave safe: a leave that names an older session than the member's is not for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Session(pub u64);

/// What a member says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Whose connection it is, where somebody may have several; the user joins with the first and leaves with the
    /// last. `None`: nobody is told of users.
    pub user: Option<String>,
    /// JSON text of the host's own; compared as text, never read.
    pub data: String,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Connection id: unique in its room.
    pub cid: Arc<str>,
    /// Who it is.
    pub identity: Arc<Identity>,
}

/// What a room knows of a member.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) identity: Arc<Identity>,
    /// `None` once it has left and only its grace keeps it.
    pub(crate) session: Option<Session>,
    /// From here on it is no member.
    pub(crate) expiry: Timestamp,
}
