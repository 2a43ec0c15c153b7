//! The calls: which script, with which keys and arguments.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::keys::Keys;
use super::replies::{self, BadReply, Standing, Swept};
use super::script::{COUNT, DUE, HAS, HEARTBEAT, JOIN, LEAVE, MEMBERS, PresenceScript, SWEEP, UPDATE};
use super::text::{read_event, write_identity, write_session};
use crate::policy::ConfigError;
use crate::roster::CheckedPresence;
use crate::roster::{Beat, Count, Event, Identity, Lost, Owned, Page, PresenceConfig, Session};
use crate::time::Span;

/// A call of a script: what EVALSHA takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which script.
    pub script: &'static PresenceScript,
    /// `KEYS`: all of one Cluster slot.
    pub keys: Vec<String>,
    /// `ARGV`.
    pub args: Vec<String>,
}

/// A shared roster in Redis: builds calls, and reads what they answer. It holds no connection and no state.
///
/// Run [`heartbeats`](Self::heartbeats) for every batch of [`Heartbeats`](crate::roster::Heartbeats). At about the same
/// pace, for every partition, ask [`due`](Self::due) and [`sweep`](Self::sweep) what it names, while either has more:
/// that is what tells of members whose process died. Events come through [`channel`](Self::channel).
#[derive(Clone, Debug)]
pub struct PresenceStore {
    config: CheckedPresence,
    keys: Keys,
}

impl PresenceStore {
    /// The most members that one script takes out.
    pub const MAX_SWEEP: usize = 64;
    /// The most rooms that one script sweeps.
    pub const MAX_ROOMS: usize = 32;
    /// The most members that a page asks for.
    pub const MAX_PAGE: usize = 250;
    /// A page ends when its members take more bytes than this.
    pub const MAX_PAGE_BYTES: usize = 131_072;

    /// A roster under a prefix and a name. `partitions`: into how many Cluster slots its rooms are spread (1 where
    /// there is no Cluster); all processes must agree on it.
    ///
    /// # Errors
    /// The configuration is out of bounds.
    pub fn new(config: PresenceConfig, prefix: &str, name: &str, partitions: u32) -> Result<Self, ConfigError> {
        Ok(Self { config: config.check()?, keys: Keys::new(prefix, name, partitions) })
    }

    /// Becomes a member. Read the answer with [`read_standing`](Self::read_standing).
    ///
    /// # Errors
    /// A name is empty or too long, or the data too large.
    pub fn join(&self, room: &str, cid: &str, session: Session, identity: &Identity) -> Result<Call, ConfigError> {
        self.config.check_member(room, cid, identity)?;
        Ok(self.seat(room, cid, session, identity, ""))
    }

    /// Joins a member again that [`Heartbeats::handle_lost`](crate::roster::Heartbeats::handle_lost) gave back, unless
    /// another session holds its id by now. Read the answer with [`read_standing`](Self::read_standing).
    #[must_use]
    pub fn rejoin(&self, owned: &Owned) -> Call {
        self.seat(&owned.room, &owned.cid, owned.session, &owned.identity, "again")
    }

    fn seat(&self, room: &str, cid: &str, session: Session, identity: &Identity, again: &str) -> Call {
        let identity = write_identity(identity.user.as_deref(), &identity.data);
        let (ttl, life) = (millis(self.config.ttl()), self.life());
        let (channel, session) = (self.channel(room), write_session(session));
        self.in_room(&JOIN, room, [room, &channel, cid, &session, &identity, &ttl, &life, again])
    }

    /// Changes a member's data. Read the answer with [`read_standing`](Self::read_standing).
    ///
    /// # Errors
    /// The data is too large.
    pub fn update(&self, room: &str, cid: &str, session: Session, data: &str) -> Result<Call, ConfigError> {
        self.config.check_data(data)?;
        Ok(self.in_room(&UPDATE, room, [&self.channel(room), cid, &write_session(session), data]))
    }

    /// Leaves. Read the answer with [`read_standing`](Self::read_standing).
    #[must_use]
    pub fn leave(&self, room: &str, cid: &str, session: Session) -> Call {
        let (channel, grace) = (self.channel(room), millis(self.config.grace()));
        self.in_room(&LEAVE, room, [room, &channel, cid, &write_session(session), &grace])
    }

    /// Vouches for a batch: one call for each partition with members in it, and the members of that call. Read the
    /// answers with [`read_lost`](Self::read_lost).
    #[must_use]
    pub fn heartbeats(&self, beat: Beat) -> Vec<(Call, Beat)> {
        let mut parts = alloc::vec![Vec::new(); self.keys.partitions() as usize];
        for owned in beat.members {
            if let Some(part) = parts.get_mut(self.keys.partition(&owned.room) as usize) {
                part.push(owned);
            }
        }
        let full = parts.into_iter().filter(|part| !part.is_empty());
        full.map(|members| (self.heartbeat(&members), Beat { members })).collect()
    }

    fn heartbeat(&self, members: &[Owned]) -> Call {
        let rooms = || members.chunk_by(|one, next| one.room == next.room);
        let names = rooms().filter_map(|room| room.first()).map(|owned| &*owned.room);
        let partition = members.first().map_or(0, |owned| self.keys.partition(&owned.room));
        let keys = self.keys.of(partition, names);
        let mut args = alloc::vec![millis(self.config.ttl())];
        for room in rooms() {
            args.push(room.len().to_string());
            args.extend(room.iter().flat_map(|owned| [owned.cid.to_string(), write_session(owned.session)]));
        }
        Call { script: &HEARTBEAT, keys, args }
    }

    /// Asks which rooms of a partition may have expired members; the answer is their names, at most
    /// [`MAX_ROOMS`](Self::MAX_ROOMS).
    #[must_use]
    pub fn due(&self, partition: u32) -> Call {
        let args = alloc::vec![Self::MAX_ROOMS.to_string()];
        Call { script: &DUE, keys: alloc::vec![self.keys.rooms(partition)], args }
    }

    /// Takes out the expired members of rooms that [`due`](Self::due) named. Read the answer with
    /// [`read_swept`](Self::read_swept).
    #[must_use]
    pub fn sweep<R: AsRef<str>>(&self, partition: u32, rooms: &[R]) -> Call {
        let keys = self.keys.of(partition, rooms.iter().map(AsRef::as_ref));
        let mut args = alloc::vec![self.life(), Self::MAX_SWEEP.to_string()];
        args.extend(rooms.iter().flat_map(|room| [room.as_ref().to_string(), self.channel(room.as_ref())]));
        Call { script: &SWEEP, keys, args }
    }

    /// Asks for members from `cursor` on (`"0"` for the first page), about `limit` of them: a small room comes in one
    /// page whatever the limit, and large data ends a page early. Read the answer with [`read_page`](Self::read_page).
    #[must_use]
    pub fn members(&self, room: &str, cursor: &str, limit: usize) -> Call {
        let limit = limit.clamp(1, Self::MAX_PAGE).to_string();
        let (bytes, sweep) = (Self::MAX_PAGE_BYTES.to_string(), Self::MAX_SWEEP.to_string());
        self.in_room(&MEMBERS, room, [&self.channel(room), cursor, &limit, &bytes, &sweep])
    }

    /// Asks how many are in a room. Read the answer with [`read_count`](Self::read_count).
    #[must_use]
    pub fn count(&self, room: &str) -> Call {
        self.in_room(&COUNT, room, [&*self.channel(room), &Self::MAX_SWEEP.to_string()])
    }

    /// Asks whether somebody is a member: 1 or 0.
    #[must_use]
    pub fn has(&self, room: &str, cid: &str) -> Call {
        self.in_room(&HAS, room, [cid])
    }

    /// How a session stands, after [`join`](Self::join), [`update`](Self::update) or [`leave`](Self::leave).
    ///
    /// # Errors
    /// No such answer exists.
    pub fn read_standing(reply: i64) -> Result<Standing, BadReply> {
        replies::standing(reply)
    }

    /// The members of a batch that the store would not prolong, and why.
    ///
    /// # Errors
    /// No such answer exists.
    pub fn read_lost<'a>(beat: &'a Beat, reply: &[i64]) -> Result<Vec<(&'a Owned, Lost)>, BadReply> {
        replies::lost(beat, reply)
    }

    /// What a sweep did.
    ///
    /// # Errors
    /// No such answer exists.
    pub fn read_swept(reply: &[i64]) -> Result<Swept, BadReply> {
        let [removed, more] = *reply else { return Err(BadReply) };
        Ok(Swept { removed: u64::try_from(removed).map_err(|_| BadReply)?, more: more != 0 })
    }

    /// A page of members, and the cursor of the next. A member may be in two pages.
    ///
    /// # Errors
    /// No such answer exists.
    pub fn read_page(reply: &[&str]) -> Result<Page, BadReply> {
        replies::page(reply)
    }

    /// Counts, and whether to ask again: connections are exact, but users of expired members that one script could
    /// not take out are still counted.
    ///
    /// # Errors
    /// No such answer exists.
    pub fn read_count(reply: &[i64]) -> Result<(Count, bool), BadReply> {
        let [members, users, more] = *reply else { return Err(BadReply) };
        let size = |number| usize::try_from(number).map_err(|_| BadReply);
        Ok((Count { members: size(members)?, users: size(users)? }, more != 0))
    }

    /// The event in a message of a room's channel; `None` for what no script of ours publishes.
    #[must_use]
    pub fn read_event(&self, channel: &str, message: &str) -> Option<Event> {
        read_event(channel.strip_prefix(&self.keys.channels())?, message)
    }

    /// Where the events of a room are published.
    #[must_use]
    pub fn channel(&self, room: &str) -> String {
        self.keys.channel(room)
    }

    /// What to give PSUBSCRIBE for the events of all rooms.
    #[must_use]
    pub fn pattern(&self) -> String {
        let mut pattern = String::new();
        for character in self.keys.channels().chars() {
            if "*?[]^-\\".contains(character) {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        pattern.push('*');
        pattern
    }

    /// The partition that a room is in.
    #[must_use]
    pub fn partition(&self, room: &str) -> u32 {
        self.keys.partition(room)
    }

    /// How many partitions there are to sweep.
    #[must_use]
    pub fn partitions(&self) -> u32 {
        self.keys.partitions()
    }

    fn in_room<const N: usize>(&self, script: &'static PresenceScript, room: &str, args: [&str; N]) -> Call {
        let keys = self.keys.of(self.keys.partition(room), core::iter::once(room));
        Call { script, keys, args: args.map(ToString::to_string).into() }
    }

    /// How long keys outlive the last look at them, in ms: ten times what a member may stay unseen, and a minute.
    fn life(&self) -> String {
        let longest = self.config.ttl().max(self.config.grace()).as_micros();
        millis(Span::from_micros(longest.saturating_mul(10).saturating_add(60_000_000)))
    }
}

fn millis(span: Span) -> String {
    (span.as_micros() / 1_000).to_string()
}
