//! A place in a room.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
#[cfg(feature = "redis")]
use tollgate_core::roster::Identity;
use tollgate_core::roster::Session;

use super::error::PresenceError;
use super::json;
#[cfg(feature = "redis")]
use super::over_redis::{OverRedis, Seat};
use super::state::Shared;

/// A place in a room, held by whoever joined: an older one cannot end a newer one of the same id.
///
/// Dropped without [`leave`](Self::leave), nobody vouches for the member any more: it expires after the TTL, as that of a
/// process that died.
#[must_use = "a membership that is dropped lets its member expire"]
pub struct Membership<T> {
    place: Place,
    data: PhantomData<fn(T)>,
}

enum Place {
    Here {
        shared: Arc<Shared>,
        room: String,
        id: String,
        session: Session,
    },
    #[cfg(feature = "redis")]
    OverRedis {
        presence: Arc<OverRedis>,
        seat: Seat,
        user: Option<String>,
    },
}

impl<T: Serialize + DeserializeOwned> Membership<T> {
    pub(super) fn new(shared: Arc<Shared>, room: &str, id: String, session: Session) -> Self {
        Self { place: Place::Here { shared, room: room.to_owned(), id, session }, data: PhantomData }
    }

    #[cfg(feature = "redis")]
    pub(super) fn over_redis(presence: Arc<OverRedis>, seat: Seat, user: Option<String>) -> Self {
        Self { place: Place::OverRedis { presence, seat, user }, data: PhantomData }
    }

    /// The member's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.place.room_and_id().1
    }

    /// Says something else of the member: an update, and never a leave and a join. What Redis does not hear is said again
    /// when it is there: that is no error.
    ///
    /// # Errors
    /// The data is not allowed, the place is lost, or presence closed. Nothing has changed then.
    pub async fn update(&self, data: T) -> Result<(), PresenceError> {
        let data = json::written(&data)?;
        match &self.place {
            Place::Here { shared, room, id, session } => {
                let held = shared.run_open(|state, now| state.roster.update(room, id, *session, &data, now))??;
                if held { Ok(()) } else { Err(PresenceError::Lost) }
            }
            #[cfg(feature = "redis")]
            Place::OverRedis { presence, seat, user } => {
                presence.update(seat, Identity { user: user.clone(), data }).await
            }
        }
    }

    /// Leaves; with a grace, others are told when that is over. Does nothing where the place is lost already. Where Redis
    /// does not hear it, it is said again, or the member expires.
    ///
    /// # Errors
    /// None.
    pub async fn leave(self) -> Result<(), PresenceError> {
        match &self.place {
            Place::Here { shared, room, id, session } => {
                shared.run(|state, now| state.roster.leave(room, id, *session, now));
            }
            #[cfg(feature = "redis")]
            Place::OverRedis { presence, seat, .. } => presence.leave(seat).await,
        }
        Ok(())
    }
}

impl Place {
    fn room_and_id(&self) -> (&str, &str) {
        match self {
            Self::Here { room, id, .. } => (room, id),
            #[cfg(feature = "redis")]
            Self::OverRedis { seat, .. } => (&seat.room, &seat.id),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // After a leave this session holds nothing, and nothing happens.
        match self {
            Self::Here { shared, room, id, session } => {
                shared.run(|state, now| state.roster.abandon(room, id, *session, now));
            }
            #[cfg(feature = "redis")]
            Self::OverRedis { presence, seat, .. } => presence.abandon(seat),
        }
    }
}

impl<T> fmt::Debug for Membership<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (room, id) = self.place.room_and_id();
        f.debug_struct("Membership").field("room", &room).field("id", &id).finish_non_exhaustive()
    }
}
