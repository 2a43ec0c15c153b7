//! Presence that processes share through Redis.

mod audience;
mod listening;
mod own_members;
mod rounds;
mod scripts;
mod turns;
mod watching;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tollgate_core::roster::{CheckedPresence, Count, Identity, Member, Page, PresenceConfig, Session};
use tollgate_core::store::presence::PresenceStore;

pub(super) use audience::Found;
pub(super) use listening::Listening;
pub(super) use own_members::Seat;
pub(super) use watching::Watching;

use super::error::PresenceError;
use crate::config_error::ConfigError;
use crate::redis::{Channels, Heard, Place, StoreError, check_text};
use crate::seed::random_number;
use crate::span::duration;
use audience::Audience;
use own_members::OwnMembers;
use rounds::Rounds;
use scripts::{Scripts, number, numbers, texts};

/// Digits of the longest cursor that Redis gives: 64 bits.
const MAX_CURSOR: usize = 20;

/// Presence that processes share through Redis. What it does by itself ends when it is dropped.
pub(super) struct OverRedis {
    config: CheckedPresence,
    scripts: Arc<Scripts>,
    members: Arc<OwnMembers>,
    audience: Arc<Audience>,
    rounds: AbortHandle,
    closed: AtomicBool,
}

impl OverRedis {
    pub(super) async fn connect(config: &PresenceConfig, place: &Place, url: &str) -> Result<Arc<Self>, ConfigError> {
        let checked = config.clone().check()?;
        check_text("CONFIG_NAME", "name", &place.name)?;
        let (client, link) = place.connect(url).await?;
        let allowed = "a tokio runtime with I/O and time";
        let no_runtime = |error: StoreError| ConfigError::new("CONFIG_RUNTIME", "runtime", error, allowed);
        let runtime = Handle::try_current().map_err(|_| no_runtime(StoreError::NoRuntime))?;
        let scripts = Scripts::new(link, runtime.clone(), config, place)?;
        let members = OwnMembers::new(Arc::clone(&scripts), config)?;
        let audience = Audience::new(scripts.channels().clone());
        let ear = Ear { audience: Arc::downgrade(&audience), members: Arc::downgrade(&members) };
        audience.listen_on(Channels::open(client, move |heard| ear.hear(heard)).map_err(no_runtime)?);
        let pace = duration(checked.heartbeat());
        let rounds = Rounds {
            scripts: Arc::clone(&scripts),
            members: Arc::clone(&members),
            audience: Arc::clone(&audience),
            pace,
        };
        let rounds = runtime.spawn(rounds.run()).abort_handle();
        Ok(Arc::new(Self { config: checked, scripts, members, audience, rounds, closed: AtomicBool::new(false) }))
    }

    /// A place in a room, which is this process's at once.
    pub(super) fn seat(&self, room: &str, id: &str, identity: &Identity) -> Result<Seat, PresenceError> {
        self.refuse_closed()?;
        self.config.check_member(room, id, identity)?;
        // 53 bits, which all languages read alike.
        Ok(Seat { room: room.into(), id: id.into(), session: Session(random_number() >> 11) })
    }

    /// Resolves when the member is registered, or could not be.
    pub(super) async fn join(&self, seat: &Seat, identity: Identity) {
        let (audience, timeout) = (Arc::clone(&self.audience), self.scripts.timeout());
        let heard = async move { audience.hears(timeout).await };
        // Told nothing where the runtime has ended.
        let _ = self.members.join(seat, identity, heard).await;
    }

    pub(super) async fn update(&self, seat: &Seat, identity: Identity) -> Result<(), PresenceError> {
        self.refuse_closed()?;
        self.config.check_data(&identity.data)?;
        if self.members.update(seat, identity).await { Ok(()) } else { Err(PresenceError::Lost) }
    }

    pub(super) async fn leave(&self, seat: &Seat) {
        self.members.leave(seat).await;
    }

    /// Vouches for a member no longer.
    pub(super) fn abandon(&self, seat: &Seat) {
        self.members.abandon(seat);
    }

    /// About so many members, in no order.
    pub(super) async fn members(&self, room: &str, cursor: Option<&str>, limit: usize) -> Result<Page, PresenceError> {
        self.refuse_closed()?;
        let mut next: Arc<str> = checked_cursor(cursor.unwrap_or("0"))?.into();
        let mut found = BTreeMap::new();
        loop {
            let page = self.page(room, &next, limit - found.len()).await?;
            // A member may be in two pages; the later one knows more.
            found.extend(page.members.into_iter().map(|member| (member.cid, member.identity)));
            match page.cursor {
                Some(cursor) if found.len() < limit => next = cursor,
                cursor => {
                    let members = found.into_iter().map(|(cid, identity)| Member { cid, identity }).collect();
                    return Ok(Page { members, cursor, revision: page.revision });
                }
            }
        }
    }

    async fn page(&self, room: &str, cursor: &str, limit: usize) -> Result<Page, StoreError> {
        let answer = self.scripts.ask_of(room, |store| store.members(room, cursor, limit)).await?;
        PresenceStore::read_page(&texts(&answer)?).map_err(|_| StoreError::Protocol)
    }

    pub(super) async fn count(&self, room: &str) -> Result<Count, PresenceError> {
        self.refuse_closed()?;
        loop {
            let answer = self.scripts.ask_of(room, |store| store.count(room)).await?;
            let (count, again) = PresenceStore::read_count(&numbers(&answer)?).map_err(|_| StoreError::Protocol)?;
            if !again {
                return Ok(count);
            }
        }
    }

    pub(super) async fn has(&self, room: &str, id: &str) -> Result<bool, PresenceError> {
        self.refuse_closed()?;
        let answer = self.scripts.ask_of(room, |store| store.has(room, id)).await?;
        Ok(number(&answer)? == 1)
    }

    /// Leaves with all own members; what is not heard within the store's timeout ages out.
    pub(super) async fn close(&self) {
        if self.closed.swap(true, Ordering::Relaxed) {
            return;
        }
        self.rounds.abort();
        self.audience.close();
        let members = Arc::clone(&self.members);
        // To its end, also where nobody waits for it.
        let leaving = self.scripts.runtime.spawn(async move { members.leave_all().await });
        drop(leaving.await);
    }

    fn refuse_closed(&self) -> Result<(), PresenceError> {
        if self.closed.load(Ordering::Relaxed) { Err(PresenceError::Closed) } else { Ok(()) }
    }
}

impl Drop for OverRedis {
    fn drop(&mut self) {
        self.rounds.abort();
    }
}

fn checked_cursor(cursor: &str) -> Result<&str, ConfigError> {
    if (1..=MAX_CURSOR).contains(&cursor.len()) && cursor.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(cursor);
    }
    let value = cursor.chars().take(64).collect::<String>();
    Err(ConfigError::new("CONFIG_CURSOR", "cursor", format!("{value:?}"), "a cursor that a page gave"))
}

/// What listens to other processes.
struct Ear {
    audience: Weak<Audience>,
    members: Weak<OwnMembers>,
}

impl Ear {
    fn hear(&self, heard: Heard) {
        let (Some(audience), Some(members)) = (self.audience.upgrade(), self.members.upgrade()) else { return };
        match heard {
            Heard::Message { topic, channel, text } => audience.hear(&topic, &channel, &text),
            Heard::Up => {
                tracing::info!("presence hears other processes again");
                members.store_returned();
            }
            Heard::Down(error) => tracing::warn!(code = error.code(), "presence does not hear others: {error}"),
        }
    }
}
