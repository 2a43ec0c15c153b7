//! What a process owes a shared roster: to vouch for its own members, in time and in batches.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Bound;

use super::config::{CheckedPresence, PresenceConfig};
use super::member::{Identity, Session};
use crate::policy::ConfigError;
use crate::time::{Span, Timestamp};

/// The members of this process, and when to vouch for them.
///
/// All members are vouched for in one round, every [`PresenceConfig::heartbeat`], so that rounds fill their
/// batches. Feed it [`add`](Self::add), [`update`](Self::update), [`remove`](Self::remove), and what the store
/// answers: [`handle_lost`](Self::handle_lost), [`handle_failure`](Self::handle_failure). At
/// [`poll_timeout`](Self::poll_timeout) call [`handle_timeout`](Self::handle_timeout), then drain
/// [`poll_transmit`](Self::poll_transmit). `now` is of the process's monotonic clock, and no other's.
#[derive(Debug)]
pub struct Heartbeats {
    config: CheckedPresence,
    owned: BTreeMap<Key, (Session, Arc<Identity>)>,
    next_round: Option<Timestamp>,
    round: Round,
}

/// By room first, so that a batch has the members of one room together.
type Key = (Arc<str>, Arc<str>);

#[derive(Debug)]
enum Round {
    Over,
    /// Everybody after this one is still to be vouched for; `None` for everybody.
    After(Option<Key>),
}

/// A member of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Its room.
    pub room: Arc<str>,
    /// Its id there.
    pub cid: Arc<str>,
    /// The session under which this process holds it.
    pub session: Session,
    /// Who it is.
    pub identity: Arc<Identity>,
}

/// Members to be vouched for in one command; those of one room stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// 1 to [`Heartbeats::MAX_BATCH`] members.
    pub members: Vec<Owned>,
}

/// Why a store would not let this process vouch for a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The store does not know it: its time was over, or the store has lost its memory.
    Gone,
    /// Another session holds the id.
    Replaced,
}

impl Heartbeats {
    /// The most members of one [`Beat`]: 10,000 members take 20 commands, when they are in few rooms.
    pub const MAX_BATCH: usize = 500;
    /// The most rooms of one [`Beat`]: each takes the store as long as several members.
    pub const MAX_ROOMS: usize = 125;
    /// A [`Beat`] ends when its members have more bytes of data than this, which the store has to read.
    pub const MAX_BATCH_BYTES: usize = 262_144;

    /// Nobody to vouch for yet.
    ///
    /// # Errors
    /// The configuration is out of bounds.
    pub fn new(config: PresenceConfig) -> Result<Self, ConfigError> {
        Ok(Self { config: config.check()?, owned: BTreeMap::new(), next_round: None, round: Round::Over })
    }

    /// This process holds a member from now on, in the place of an older session of its own.
    pub fn add(&mut self, room: &str, cid: &str, session: Session, identity: Arc<Identity>, now: Timestamp) {
        self.owned.insert((room.into(), cid.into()), (session, identity));
        let due = now.saturating_add(self.config.heartbeat());
        self.next_round.get_or_insert(due);
    }

    /// A member says something else of itself; this is what a rejoin will say. False where this session holds none.
    pub fn update(&mut self, room: &str, cid: &str, session: Session, identity: Arc<Identity>) -> bool {
        let held = self.owned.get_mut(&(room.into(), cid.into())).filter(|(holder, _)| *holder == session);
        held.is_some_and(|held| {
            held.1 = identity;
            true
        })
    }

    /// This process holds a member no longer. False where this session holds none.
    pub fn remove(&mut self, room: &str, cid: &str, session: Session) -> bool {
        let key = (room.into(), cid.into());
        let held = self.owned.get(&key).is_some_and(|(holder, _)| *holder == session);
        if held {
            self.owned.remove(&key);
        }
        if self.owned.is_empty() {
            self.next_round = None;
            self.round = Round::Over;
        }
        held
    }

    /// Starts a round when it is time. One that is under way is finished first: nobody is passed over.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        if self.next_round.is_none_or(|due| now < due) {
            return;
        }
        self.next_round = Some(now.saturating_add(self.config.heartbeat()));
        if matches!(self.round, Round::Over) {
            self.round = Round::After(None);
        }
    }

    /// The store would not take a heartbeat. The answer is a member to be joined again, where this process still
    /// holds it; one that another session holds is forgotten.
    pub fn handle_lost(&mut self, room: &str, cid: &str, session: Session, why: Lost) -> Option<Owned> {
        let key = (room.into(), cid.into());
        let held = self.owned.get(&key).filter(|(holder, _)| *holder == session)?;
        let owned = Self::owned(&key, held);
        match why {
            Lost::Gone => Some(owned),
            Lost::Replaced => {
                self.remove(room, cid, session);
                None
            }
        }
    }

    /// A batch had no answer: the next round comes after a quarter of the usual time at the latest.
    pub fn handle_failure(&mut self, now: Timestamp) {
        let soon = now.saturating_add(Span::from_micros(self.config.heartbeat().as_micros() / 4));
        self.next_round = self.next_round.map(|due| due.min(soon));
    }

    /// The store is there again, and may have lost its memory: the next round is due now.
    pub fn handle_return(&mut self, now: Timestamp) {
        self.next_round = self.next_round.map(|due| due.min(now));
    }

    /// The next batch of the round, until it is over.
    pub fn poll_transmit(&mut self) -> Option<Beat> {
        let Round::After(last) = &self.round else { return None };
        let from = last.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = self.owned.range::<Key, _>((from, Bound::Unbounded)).peekable();
        let mut batch = Batch::default();
        while let Some((key, held)) = rest.next_if(|(key, _)| batch.has_room_for(key)) {
            batch.add(Self::owned(key, held));
        }
        let last = batch.members.last().filter(|_| rest.peek().is_some());
        self.round = match last {
            Some(owned) => Round::After(Some((owned.room.clone(), owned.cid.clone()))),
            None => Round::Over,
        };
        (!batch.members.is_empty()).then_some(Beat { members: batch.members })
    }

    /// When the next round is due; `None` while there is nobody to vouch for.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.next_round
    }

    /// The members that this process holds, by room and id: those to leave with when it ends.
    pub fn members(&self) -> impl Iterator<Item = Owned> + '_ {
        self.owned.iter().map(|(key, held)| Self::owned(key, held))
    }

    /// How many members this process holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owned.len()
    }

    /// Whether this process holds no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owned.is_empty()
    }

    fn owned((room, cid): &Key, (session, identity): &(Session, Arc<Identity>)) -> Owned {
        Owned { room: room.clone(), cid: cid.clone(), session: *session, identity: identity.clone() }
    }
}

/// A [`Beat`] in the making.
#[derive(Default)]
struct Batch {
    members: Vec<Owned>,
    rooms: usize,
    bytes: usize,
}

impl Batch {
    fn has_room_for(&self, (room, _): &Key) -> bool {
        self.members.len() < Heartbeats::MAX_BATCH
            && self.bytes < Heartbeats::MAX_BATCH_BYTES
            && (self.rooms < Heartbeats::MAX_ROOMS || self.is_in(room))
    }

    fn is_in(&self, room: &Arc<str>) -> bool {
        self.members.last().is_some_and(|last| last.room == *room)
    }

    fn add(&mut self, owned: Owned) {
        self.rooms = self.rooms.saturating_add(usize::from(!self.is_in(&owned.room)));
        self.bytes = self.bytes.saturating_add(owned.identity.data.len());
        self.members.push(owned);
    }
}
