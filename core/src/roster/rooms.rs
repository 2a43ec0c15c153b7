//! The roster of one process.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::config::{CheckedPresence, PresenceConfig};
use super::event::{Event, EventKind};
use super::heartbeats::Lost;
use super::member::{Identity, Member, Place, Session};
use super::room::Room;
use crate::policy::ConfigError;
use crate::time::{Span, Timestamp};

/// Rooms and their members, in memory: what happens to them is told once, in order.
///
/// Who is a member depends on the verbs and their times alone: a member is there before its expiry and gone
/// from then on, whether or not anybody has swept. Sweeping tells of it; a read or a verb tells first of what
/// it meets.
///
/// Commands ([`join`](Self::join), [`update`](Self::update), [`heartbeat`](Self::heartbeat),
/// [`leave`](Self::leave)) and reads take `now` from a monotonic clock of the host's choice; where it goes
/// backwards, no time has passed. After each of them, and after [`handle_timeout`](Self::handle_timeout), drain
/// [`poll_event`](Self::poll_event), and then call again at [`poll_timeout`](Self::poll_timeout).
#[derive(Debug)]
pub struct Roster {
    config: CheckedPresence,
    /// `None`: members stay until they leave.
    ttl: Option<Span>,
    rooms: BTreeMap<Arc<str>, Room>,
    /// Rooms by their next expiry.
    due: BTreeSet<(Timestamp, Arc<str>)>,
    events: VecDeque<Event>,
    revision: u64,
    latest: Timestamp,
}

/// How many are in a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Connections.
    pub members: usize,
    /// Distinct users; members without a user count for none.
    pub users: usize,
}

/// Some members of a room, in the order of their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// At most as many as were asked for.
    pub members: Vec<Member>,
    /// Where the next page starts; `None` at the end.
    pub cursor: Option<Arc<str>>,
    /// All changes of the room up to this one are in the page.
    pub revision: u64,
}

impl Roster {
    /// The most removals of one [`Roster::handle_timeout`].
    pub const MAX_SWEEP: usize = 256;

    /// A roster whose members stay for [`PresenceConfig::ttl`] unless a heartbeat prolongs it.
    ///
    /// # Errors
    /// The configuration is out of bounds.
    pub fn new(config: PresenceConfig) -> Result<Self, ConfigError> {
        let ttl = Some(config.ttl);
        Self::with_ttl(config, ttl)
    }

    /// A roster whose members stay until they leave: where the process that holds them ends, so does the roster.
    ///
    /// # Errors
    /// The configuration is out of bounds.
    pub fn of_one_process(config: PresenceConfig) -> Result<Self, ConfigError> {
        Self::with_ttl(config, None)
    }

    fn with_ttl(config: PresenceConfig, ttl: Option<Span>) -> Result<Self, ConfigError> {
        Ok(Self {
            config: config.check()?,
            ttl,
            rooms: BTreeMap::new(),
            due: BTreeSet::new(),
            events: VecDeque::new(),
            revision: 0,
            latest: Timestamp::ZERO,
        })
    }

    /// Becomes a member, or takes the place over from the connection that had this id: nothing is told then,
    /// except data that differs. Under another user it is another member: one leave, one join.
    ///
    /// # Errors
    /// A name is empty or too long, or the data too large; nothing has changed.
    pub fn join(
        &mut self,
        room: &str,
        cid: &str,
        session: Session,
        identity: Identity,
        now: Timestamp,
    ) -> Result<(), ConfigError> {
        self.config.check_member(room, cid, &identity)?;
        self.meet(room, cid, now);
        let place = Place { identity: Arc::new(identity), session: Some(session), expiry: self.expiry() };
        let held = self.rooms.get(room).and_then(|room| room.place(cid));
        match held.map(|(cid, place)| (cid.clone(), place.identity.clone())) {
            None => self.admit(room, &cid.into(), place),
            Some((cid, was)) if was.user == place.identity.user => self.take_over(room, &cid, &was, place),
            Some((cid, _)) => {
                self.end_session(room, &cid);
                self.remove(room, &cid);
                self.admit(room, &cid, place);
            }
        }
        Ok(())
    }

    /// Joins a member again that this roster had lost, for a process that still holds it. False where another session
    /// holds its id by now, and nothing has changed: whoever came later keeps the place.
    ///
    /// # Errors
    /// As [`Roster::join`].
    pub fn rejoin(
        &mut self,
        room: &str,
        cid: &str,
        session: Session,
        identity: Identity,
        now: Timestamp,
    ) -> Result<bool, ConfigError> {
        let free = self.lost(room, cid, session, now) != Some(Lost::Replaced);
        if free {
            self.join(room, cid, session, identity, now)?;
        }
        Ok(free)
    }

    /// Changes a member's data. False where it is not a member under this session, and nothing has changed.
    ///
    /// # Errors
    /// The data is too large; nothing has changed.
    pub fn update(
        &mut self,
        room: &str,
        cid: &str,
        session: Session,
        data: &str,
        now: Timestamp,
    ) -> Result<bool, ConfigError> {
        self.config.check_data(data)?;
        self.meet(room, cid, now);
        let held = self.rooms.get(room).and_then(|room| room.held(cid, session));
        let Some((cid, was)) = held.map(|(cid, place)| (cid, place.identity.clone())) else { return Ok(false) };
        let identity = Arc::new(Identity { user: was.user.clone(), data: data.into() });
        self.change(room, &cid, &was, identity);
        Ok(true)
    }

    /// Vouches for a member for another TTL. False where it is not a member under this session.
    pub fn heartbeat(&mut self, room: &str, cid: &str, session: Session, now: Timestamp) -> bool {
        self.meet(room, cid, now);
        let held = self.rooms.get(room).and_then(|room| room.held(cid, session)).map(|(cid, _)| cid);
        let expiry = self.expiry();
        held.is_some_and(|cid| {
            self.in_room(room, |room| room.set_expiry(&cid, expiry));
            true
        })
    }

    /// Nobody vouches for a member any more: it expires after [`PresenceConfig::ttl`], also in a roster of one process,
    /// unless a session takes it over or vouches for it again. False where it is not a member under this session.
    pub fn abandon(&mut self, room: &str, cid: &str, session: Session, now: Timestamp) -> bool {
        self.meet(room, cid, now);
        let held = self.rooms.get(room).and_then(|room| room.held(cid, session)).map(|(cid, _)| cid);
        let expiry = self.latest.saturating_add(self.config.ttl());
        held.is_some_and(|cid| {
            self.in_room(room, |room| room.set_expiry(&cid, expiry));
            true
        })
    }

    /// Why a session does not hold a member; `None` where it does.
    pub fn lost(&mut self, room: &str, cid: &str, session: Session, now: Timestamp) -> Option<Lost> {
        self.meet(room, cid, now);
        let holder = self.rooms.get(room).and_then(|room| room.place(cid)).and_then(|(_, place)| place.session);
        match holder {
            None => Some(Lost::Gone),
            Some(holder) => (holder != session).then_some(Lost::Replaced),
        }
    }

    /// Leaves; without a grace at once. False where it is not a member under this session, as when another
    /// connection has taken its place: then nothing has changed.
    pub fn leave(&mut self, room: &str, cid: &str, session: Session, now: Timestamp) -> bool {
        self.meet(room, cid, now);
        let held = self.rooms.get(room).and_then(|room| room.held(cid, session)).map(|(cid, _)| cid);
        let Some(cid) = held else { return false };
        self.end_session(room, &cid);
        let grace = self.config.grace();
        if grace.is_zero() {
            self.remove(room, &cid);
        } else {
            let expiry = self.latest.saturating_add(grace);
            self.in_room(room, |room| room.set_expiry(&cid, expiry));
        }
        true
    }

    /// Tells of members whose time is over, [`Roster::MAX_SWEEP`] at most. Says how many those were.
    pub fn handle_timeout(&mut self, now: Timestamp) -> usize {
        self.advance(now);
        (0..Self::MAX_SWEEP).take_while(|_| self.remove_one_due()).count()
    }

    /// What has happened, in order.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Roster::handle_timeout`] has something to do; in the past while a sweep has more to remove.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at).filter(|at| *at < Timestamp::MAX)
    }

    /// The members after `cursor` (`""` for the first page), at most `limit` of them and at least one.
    pub fn members(&mut self, room: &str, cursor: &str, limit: usize, now: Timestamp) -> Page {
        self.evict(room, now);
        let Some(room) = self.rooms.get(room) else {
            return Page { revision: self.revision, ..Page::default() };
        };
        let limit = limit.max(1);
        let mut members: Vec<_> = room.members_after(cursor).take(limit.saturating_add(1)).collect();
        let more = members.len() > limit;
        members.truncate(limit);
        let cursor = members.last().filter(|_| more).map(|member| member.cid.clone());
        Page { members, cursor, revision: room.revision() }
    }

    /// How many are in a room.
    pub fn count(&mut self, room: &str, now: Timestamp) -> Count {
        self.evict(room, now);
        let (members, users) = self.rooms.get(room).map_or((0, 0), Room::counts);
        Count { members, users }
    }

    /// Whether there is such a member.
    pub fn has(&mut self, room: &str, cid: &str, now: Timestamp) -> bool {
        self.meet(room, cid, now);
        self.rooms.get(room).is_some_and(|room| room.place(cid).is_some())
    }

    fn advance(&mut self, now: Timestamp) {
        self.latest = self.latest.max(now);
    }

    fn expiry(&self) -> Timestamp {
        self.ttl.map_or(Timestamp::MAX, |ttl| self.latest.saturating_add(ttl))
    }

    /// Before a verb looks at a member: one whose time is over is none.
    fn meet(&mut self, room: &str, cid: &str, now: Timestamp) {
        self.advance(now);
        let over = self.rooms.get(room).and_then(|room| room.place(cid)).filter(|(_, at)| at.expiry <= self.latest);
        if let Some(cid) = over.map(|(cid, _)| cid.clone()) {
            self.remove(room, &cid);
        }
    }

    /// Before a read looks at a whole room.
    fn evict(&mut self, room: &str, now: Timestamp) {
        self.advance(now);
        while let Some(cid) = self.rooms.get(room).and_then(|room| room.due(self.latest)) {
            self.remove(room, &cid);
        }
    }

    fn remove_one_due(&mut self) -> bool {
        let Some((at, name)) = self.due.first().cloned() else { return false };
        let due = self.rooms.get(&name).filter(|_| at <= self.latest).and_then(|room| room.due(self.latest));
        due.is_some_and(|cid| {
            self.remove(&name, &cid);
            true
        })
    }

    fn admit(&mut self, room: &str, cid: &Arc<str>, place: Place) {
        let member = Member { cid: cid.clone(), identity: place.identity.clone() };
        if !self.rooms.contains_key(room) {
            let new = Room::new(room);
            self.rooms.insert(new.name().clone(), new);
        }
        if let Some(kind) = self.in_room(room, |room| room.admit(cid, place)) {
            self.tell(room, member, kind);
        }
    }

    fn take_over(&mut self, room: &str, cid: &Arc<str>, was: &Arc<Identity>, place: Place) {
        let identity = place.identity.clone();
        let seated = Place { identity: was.clone(), ..place };
        self.in_room(room, |room| room.seat(cid, seated));
        self.change(room, cid, was, identity);
    }

    fn change(&mut self, room: &str, cid: &Arc<str>, was: &Identity, identity: Arc<Identity>) {
        if was.data == identity.data {
            return;
        }
        let member = Member { cid: cid.clone(), identity: identity.clone() };
        self.in_room(room, |room| room.set_identity(cid, identity));
        self.tell(room, member, EventKind::Updated);
    }

    fn end_session(&mut self, room: &str, cid: &str) {
        self.in_room(room, |room| room.end_session(cid));
    }

    fn remove(&mut self, room: &str, cid: &str) {
        if let Some((member, kind)) = self.in_room(room, |room| room.remove(cid)).flatten() {
            self.tell(room, member, kind);
        }
        if self.rooms.get(room).is_some_and(|room| room.next_expiry().is_none()) {
            self.rooms.remove(room);
        }
    }

    fn tell(&mut self, room: &str, member: Member, kind: EventKind) {
        self.revision = self.revision.saturating_add(1);
        if let Some(room) = self.rooms.get_mut(room) {
            self.events.push_back(room.event(self.revision, member, kind));
        }
    }

    /// Runs a change of a room and keeps the index of rooms in step with it.
    fn in_room<T>(&mut self, room: &str, run: impl FnOnce(&mut Room) -> T) -> Option<T> {
        let room = self.rooms.get_mut(room)?;
        let before = room.next_expiry();
        let done = run(room);
        let after = room.next_expiry();
        if before != after {
            let name = room.name();
            before.map(|at| self.due.remove(&(at, name.clone())));
            after.map(|at| self.due.insert((at, name.clone())));
        }
        Some(done)
    }
}
