//! Who is in which room.

mod builder;
mod error;
mod json;
mod membership;
#[cfg(feature = "redis")]
mod over_redis;
mod state;
mod streams;
mod types;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tollgate_core::roster::Identity;

pub use builder::PresenceBuilder;
pub use error::PresenceError;
pub use membership::Membership;
pub use streams::{PresenceEvents, Watch};
pub use types::{Change, Count, Member, MemberPage, NewMember, PresenceEvent, Reason};

use crate::config_error::ConfigError;
#[cfg(feature = "redis")]
use over_redis::OverRedis;
use state::Shared;

/// Who is in which room, told once per join and once per leave.
///
/// [`Presence::new`] is for this process. It works in every async runtime; members whose time is over are told of by
/// whoever polls a stream, and are met by every read.
///
/// With the feature `redis`, `Presence::connect` is for all processes that have the same name, in whatever language. Each
/// vouches for its own members, and all sweep those of a process that died: they leave a TTL later, once. That runs on
/// tokio, for as long as there is a clone, a membership or a stream. `join`, [`Membership::update`] and
/// [`Membership::leave`] do not fail while Redis is away: they are caught up with; reads fail. A member of another process
/// whose data is no `T` is counted, and not listed or told of.
///
/// A clone is another handle to the same.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(async {
/// use tollgate::{NewMember, Presence};
/// let presence = Presence::<String>::new()?;
/// let ann = presence.join("lobby", NewMember::new("Ann".to_owned()).user("ann")).await?;
/// ann.update("Anna".to_owned()).await?;
/// assert_eq!(presence.members("lobby", None).await?.members[0].data, "Anna");
/// ann.leave().await?;
/// assert_eq!(presence.count("lobby").await?.members, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).expect("valid");
/// ```
pub struct Presence<T> {
    rooms: Rooms,
    data: PhantomData<fn() -> T>,
}

/// Where they are.
#[derive(Clone)]
enum Rooms {
    Here(Arc<Shared>),
    #[cfg(feature = "redis")]
    OverRedis(Arc<OverRedis>),
}

impl<T: Serialize + DeserializeOwned> Presence<T> {
    /// The most members of one page.
    pub const PAGE: usize = 1_000;

    /// Presence with nobody in it, for this process.
    ///
    /// # Errors
    /// None: the defaults are valid.
    pub fn new() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// Presence of all processes over the Redis at `url`. See [`PresenceBuilder::connect`].
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    #[cfg(feature = "redis")]
    pub async fn connect(url: &str) -> Result<Self, ConfigError> {
        Self::builder().connect(url).await
    }

    /// For other settings than the defaults.
    #[must_use]
    pub fn builder() -> PresenceBuilder<T> {
        PresenceBuilder::new()
    }

    /// Becomes a member of a room. Who joins under the id of a member takes its place over.
    ///
    /// Over Redis this waits until all know of the member, at most for twice the store's timeout; where they cannot, it
    /// joins as soon as Redis is there.
    ///
    /// # Errors
    /// The room, id or user is empty or longer than 512 bytes, or the data is too large or not to be said in JSON; or
    /// presence is closed.
    pub async fn join(&self, room: &str, member: NewMember<T>) -> Result<Membership<T>, PresenceError> {
        let NewMember { id, user, data } = member;
        let identity = Identity { user, data: json::written(&data)? };
        match &self.rooms {
            Rooms::Here(shared) => {
                shared.config.check_member(room, &id, &identity)?;
                let session = shared.run_open(|state, now| {
                    let session = state.new_session();
                    state.roster.join(room, &id, session, identity, now).map(|_| session)
                })??;
                Ok(Membership::new(Arc::clone(shared), room, id, session))
            }
            #[cfg(feature = "redis")]
            Rooms::OverRedis(presence) => {
                let seat = presence.seat(room, &id, &identity)?;
                // Made first: who gives up waiting drops it, and nobody vouches for the member.
                let membership = Membership::over_redis(Arc::clone(presence), seat.clone(), identity.user.clone());
                presence.join(&seat, identity).await;
                Ok(membership)
            }
        }
    }

    /// Members in the order of their ids, at most [`PAGE`](Self::PAGE): from the first, or after a cursor that a page gave.
    /// Over Redis the pages are in no order, and one may be somewhat longer; a member that changes in between may be in two.
    ///
    /// # Errors
    /// Presence is closed. Over Redis also where that does not answer in time, or the cursor is none.
    pub async fn members(&self, room: &str, cursor: Option<&str>) -> Result<MemberPage<T>, PresenceError> {
        let page = match &self.rooms {
            Rooms::Here(shared) => {
                let after = cursor.unwrap_or("");
                shared.run_open(|state, now| state.roster.members(room, after, Self::PAGE, now))?
            }
            #[cfg(feature = "redis")]
            Rooms::OverRedis(presence) => presence.members(room, cursor, Self::PAGE).await?,
        };
        let cursor = page.cursor.map(|cursor| cursor.to_string());
        Ok(MemberPage { members: Member::read_all(&page.members), cursor })
    }

    /// How many connections and users are in a room, without reading them.
    ///
    /// # Errors
    /// Presence is closed. Over Redis also where that does not answer in time.
    pub async fn count(&self, room: &str) -> Result<Count, PresenceError> {
        match &self.rooms {
            Rooms::Here(shared) => shared.run_open(|state, now| state.roster.count(room, now)),
            #[cfg(feature = "redis")]
            Rooms::OverRedis(presence) => presence.count(room).await,
        }
    }

    /// Whether there is such a member.
    ///
    /// # Errors
    /// Presence is closed. Over Redis also where that does not answer in time.
    pub async fn has(&self, room: &str, id: &str) -> Result<bool, PresenceError> {
        match &self.rooms {
            Rooms::Here(shared) => shared.run_open(|state, now| state.roster.has(room, id, now)),
            #[cfg(feature = "redis")]
            Rooms::OverRedis(presence) => presence.has(room, id).await,
        }
    }

    /// Follows a room from now on: its members, and then what has changed. Over Redis the members are read when the stream
    /// is first polled; and again when something was missed, which is then told as a change.
    #[must_use]
    pub fn watch(&self, room: &str) -> Watch<T> {
        Watch::new(&self.rooms, room)
    }

    /// Follows the events of all rooms from now on. Over Redis from when the subscription is in force; joins of this process
    /// wait for that.
    #[must_use]
    pub fn events(&self) -> PresenceEvents<T> {
        PresenceEvents::new(&self.rooms)
    }

    /// Ends all streams, and over Redis leaves with all members of this process: at most within the store's timeout for
    /// every 64 of them. What is asked afterwards is an error. Closing again does nothing.
    pub async fn close(&self) {
        match &self.rooms {
            Rooms::Here(shared) => shared.close(),
            #[cfg(feature = "redis")]
            Rooms::OverRedis(presence) => presence.close().await,
        }
    }
}

impl<T> Clone for Presence<T> {
    fn clone(&self) -> Self {
        Self { rooms: self.rooms.clone(), data: PhantomData }
    }
}

impl<T> fmt::Debug for Presence<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presence").finish_non_exhaustive()
    }
}
