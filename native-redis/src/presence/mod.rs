//! Who is in which room.

mod builder;
mod error;
mod json;
mod membership;
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
use state::Shared;

/// Who is in which room, told once per join and once per leave. Its state is in this process.
///
/// A clone is another handle to the same. It works in every async runtime; members whose time is over are told of by
/// whoever polls a stream, and are met by every read.
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
    shared: Arc<Shared>,
    data: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Presence<T> {
    /// The most members of one page.
    pub const PAGE: usize = 1_000;

    /// Presence with nobody in it.
    ///
    /// # Errors
    /// None: the defaults are valid.
    pub fn new() -> Result<Self, ConfigError> {
        Self::builder().build()
    }

    /// For other settings than the defaults.
    #[must_use]
    pub fn builder() -> PresenceBuilder<T> {
        PresenceBuilder::new()
    }

    /// Becomes a member of a room. Who joins under the id of a member takes its place over.
    ///
    /// # Errors
    /// The room, id or user is empty or longer than 512 bytes, or the data is too large or not to be said in JSON.
    pub async fn join(&self, room: &str, member: NewMember<T>) -> Result<Membership<T>, PresenceError> {
        let NewMember { id, user, data } = member;
        let identity = Identity { user, data: json::written(&data)? };
        self.shared.config.check_member(room, &id, &identity)?;
        let session = self.shared.run(|state, now| {
            let session = state.new_session();
            state.roster.join(room, &id, session, identity, now).map(|_| session)
        })?;
        Ok(Membership::new(Arc::clone(&self.shared), room, id, session))
    }

    /// Members in the order of their ids, at most [`PAGE`](Self::PAGE): from the first, or after a cursor that a page gave.
    ///
    /// # Errors
    /// None in memory.
    pub async fn members(&self, room: &str, cursor: Option<&str>) -> Result<MemberPage<T>, PresenceError> {
        let after = cursor.unwrap_or("");
        let page = self.shared.run(|state, now| state.roster.members(room, after, Self::PAGE, now));
        let cursor = page.cursor.map(|cursor| cursor.to_string());
        Ok(MemberPage { members: Member::read_all(&page.members), cursor })
    }

    /// How many connections and users are in a room, without reading them.
    ///
    /// # Errors
    /// None in memory.
    pub async fn count(&self, room: &str) -> Result<Count, PresenceError> {
        Ok(self.shared.run(|state, now| state.roster.count(room, now)))
    }

    /// Whether there is such a member.
    ///
    /// # Errors
    /// None in memory.
    pub async fn has(&self, room: &str, id: &str) -> Result<bool, PresenceError> {
        Ok(self.shared.run(|state, now| state.roster.has(room, id, now)))
    }

    /// Follows a room from now on: its members, and then what has changed.
    #[must_use]
    pub fn watch(&self, room: &str) -> Watch<T> {
        Watch::new(&self.shared, room)
    }

    /// Follows the events of all rooms from now on.
    #[must_use]
    pub fn events(&self) -> PresenceEvents<T> {
        PresenceEvents::new(&self.shared)
    }
}

impl<T> Clone for Presence<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), data: PhantomData }
    }
}

impl<T> fmt::Debug for Presence<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presence").finish_non_exhaustive()
    }
}
