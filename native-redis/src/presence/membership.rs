//! A place in a room.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tollgate_core::roster::Session;

use super::error::PresenceError;
use super::json;
use super::state::Shared;

/// A place in a room, held by whoever joined: an older one cannot end a newer one of the same id.
///
/// Dropped without [`leave`](Self::leave), nobody vouches for the member any more: it expires after the TTL, as that of a
/// process that died.
#[must_use = "a membership that is dropped lets its member expire"]
pub struct Membership<T> {
    shared: Arc<Shared>,
    room: String,
    id: String,
    session: Session,
    data: PhantomData<fn(T)>,
}

impl<T: Serialize + DeserializeOwned> Membership<T> {
    pub(super) fn new(shared: Arc<Shared>, room: &str, id: String, session: Session) -> Self {
        Self { shared, room: room.to_owned(), id, session, data: PhantomData }
    }

    /// The member's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Says something else of the member: an update, and never a leave and a join.
    ///
    /// # Errors
    /// The data is not allowed, or the place is lost. Nothing has changed then.
    pub async fn update(&self, data: T) -> Result<(), PresenceError> {
        let data = json::written(&data)?;
        let Self { room, id, session, .. } = self;
        let held = self.shared.run(|state, now| state.roster.update(room, id, *session, &data, now))?;
        if held { Ok(()) } else { Err(PresenceError::Lost) }
    }

    /// Leaves; with a grace, others are told when that is over. Does nothing where the place is lost already.
    ///
    /// # Errors
    /// None in memory.
    pub async fn leave(self) -> Result<(), PresenceError> {
        let Self { room, id, session, .. } = &self;
        self.shared.run(|state, now| state.roster.leave(room, id, *session, now));
        Ok(())
    }
}

impl<T> Drop for Membership<T> {
    fn drop(&mut self) {
        let Self { room, id, session, .. } = &*self;
        // After a leave this session holds nothing, and nothing happens.
        self.shared.run(|state, now| state.roster.abandon(room, id, *session, now));
    }
}

impl<T> fmt::Debug for Membership<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership").field("room", &self.room).field("id", &self.id).finish_non_exhaustive()
    }
}
