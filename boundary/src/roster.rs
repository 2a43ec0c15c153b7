//! The calls of presence in one process. Texts are well-formed; answers with members in them are JSON, in which the
//! members' data stands as it was given.

use alloc::format;
use alloc::string::{String, ToString};

use tollgate_core::roster::{
    Changes, Event, EventKind, Identity, Member, PresenceConfig, Reason, Roster, Session, Watches,
};
use tollgate_core::{Span, Timestamp};

use crate::config::EngineError;
use crate::json::{write_list, write_string};

/// How presence is kept; what is absent takes the core's default. The numbers have been checked to be whole.
#[derive(Clone, Copy, Debug)]
pub struct EnginePresenceConfig {
    /// See [`PresenceConfig::ttl`], in microseconds.
    pub ttl_micros: Option<f64>,
    /// See [`PresenceConfig::heartbeat`], in microseconds.
    pub heartbeat_micros: Option<f64>,
    /// See [`PresenceConfig::grace`], in microseconds.
    pub grace_micros: Option<f64>,
    /// See [`PresenceConfig::max_data`].
    pub max_data: Option<f64>,
}

impl From<EnginePresenceConfig> for PresenceConfig {
    fn from(given: EnginePresenceConfig) -> Self {
        let default = Self::default();
        let span = |micros: Option<f64>, default| micros.map_or(default, |micros| Span::from_micros(micros as u64));
        Self {
            ttl: span(given.ttl_micros, default.ttl),
            heartbeat: span(given.heartbeat_micros, default.heartbeat),
            grace: span(given.grace_micros, default.grace),
            max_data: given.max_data.map_or(default.max_data, |bytes| bytes as usize),
        }
    }
}

/// A roster of this process, and the watches of its rooms. Times are microseconds.
#[derive(Debug)]
pub struct RosterCalls {
    roster: Roster,
    watches: Watches,
}

impl RosterCalls {
    /// Nobody is there.
    ///
    /// # Errors
    /// The configuration is out of bounds.
    pub fn new(config: EnginePresenceConfig) -> Result<Self, EngineError> {
        Ok(Self { roster: Roster::of_one_process(config.into())?, watches: Watches::new() })
    }

    /// See [`Roster::join`].
    ///
    /// # Errors
    /// A name is empty or too long, or the data too large.
    pub fn join(
        &mut self,
        room: &str,
        cid: &str,
        session: f64,
        user: Option<String>,
        data: String,
        now: f64,
    ) -> Result<(), EngineError> {
        Ok(self.roster.join(room, cid, Session(session as u64), Identity { user, data }, at(now))?)
    }

    /// See [`Roster::update`].
    ///
    /// # Errors
    /// The data is too large.
    pub fn update(&mut self, room: &str, cid: &str, session: f64, data: &str, now: f64) -> Result<bool, EngineError> {
        Ok(self.roster.update(room, cid, Session(session as u64), data, at(now))?)
    }

    /// See [`Roster::leave`].
    pub fn leave(&mut self, room: &str, cid: &str, session: f64, now: f64) -> bool {
        self.roster.leave(room, cid, Session(session as u64), at(now))
    }

    /// `{"members":[…],"cursor":…}`; the cursor is absent on the last page. See [`Roster::members`].
    pub fn members(&mut self, room: &str, cursor: &str, limit: f64, now: f64) -> String {
        let page = self.roster.members(room, cursor, limit as usize, at(now));
        let mut out = String::from("{\"members\":");
        write_list(&mut out, &page.members, write_member);
        if let Some(cursor) = &page.cursor {
            out.push_str(",\"cursor\":");
            write_string(&mut out, cursor);
        }
        out.push('}');
        out
    }

    /// `"members users"`. See [`Roster::count`].
    pub fn count(&mut self, room: &str, now: f64) -> String {
        let count = self.roster.count(room, at(now));
        format!("{} {}", count.members, count.users)
    }

    /// See [`Roster::has`].
    pub fn has(&mut self, room: &str, cid: &str, now: f64) -> bool {
        self.roster.has(room, cid, at(now))
    }

    /// The number of a new watch. See [`Watches::open`].
    pub fn watch(&mut self, room: &str, now: f64) -> f64 {
        self.watches.open(&mut self.roster, room, at(now)) as f64
    }

    /// `{"joined":[…],"updated":[…],"left":[…]}`, or nothing where nothing has changed.
    pub fn changes(&mut self, watch: f64) -> String {
        let changes = self.watches.take_changes(watch as u64);
        write_changes(changes)
    }

    /// Ends a watch.
    pub fn unwatch(&mut self, watch: f64) {
        self.watches.close(watch as u64);
    }

    /// Lets time pass and hands out what has happened: `{"next":…,"events":[…]}`, where `next` is when to call again,
    /// −1 for never. Nothing where nobody has to be told and nothing is due.
    pub fn drain(&mut self, now: f64) -> String {
        self.roster.handle_timeout(at(now));
        let events: alloc::vec::Vec<_> = core::iter::from_fn(|| self.roster.poll_event()).collect();
        let next = self.roster.poll_timeout();
        if events.is_empty() && next.is_none() {
            return String::new();
        }
        for event in &events {
            self.watches.handle_event(event);
        }
        let next = next.map_or_else(|| "-1".to_string(), |next| next.as_micros().to_string());
        let mut out = format!("{{\"next\":{next},\"events\":");
        write_list(&mut out, &events, write_event);
        out.push('}');
        out
    }
}

pub(crate) fn at(micros: f64) -> Timestamp {
    Timestamp::from_micros(micros as u64)
}

/// `{"joined":[…],"updated":[…],"left":[…]}`, or nothing where nothing has changed.
pub(crate) fn write_changes(changes: Changes) -> String {
    let mut out = String::new();
    if changes.is_empty() {
        return out;
    }
    let Changes { joined, updated, left } = changes;
    for (before, members) in [("{\"joined\":", joined), (",\"updated\":", updated), (",\"left\":", left)] {
        out.push_str(before);
        write_list(&mut out, &members, write_member);
    }
    out.push('}');
    out
}

/// `{"id":…,"user":…,"data":…}`; without a user there is none.
pub(crate) fn write_member(out: &mut String, member: &Member) {
    out.push_str("{\"id\":");
    write_string(out, &member.cid);
    if let Some(user) = &member.identity.user {
        out.push_str(",\"user\":");
        write_string(out, user);
    }
    out.push_str(",\"data\":");
    out.push_str(&member.identity.data);
    out.push('}');
}

/// `{"room":…,"kind":"join"|"update"|"leave","reason":…,"user":…,"member":…}`: `reason` with a leave, and whether its
/// user came or went with the member.
pub(crate) fn write_event(out: &mut String, event: &Event) {
    let (kind, user) = match event.kind {
        EventKind::Joined { first_of_user } => ("\"join\"", first_of_user),
        EventKind::Updated => ("\"update\"", false),
        EventKind::Left { reason: Reason::Left, last_of_user } => ("\"leave\",\"reason\":\"left\"", last_of_user),
        EventKind::Left { reason: Reason::Expired, last_of_user } => ("\"leave\",\"reason\":\"expired\"", last_of_user),
    };
    out.push_str("{\"room\":");
    write_string(out, &event.room);
    out.push_str(&format!(",\"kind\":{kind},\"user\":{user},\"member\":"));
    write_member(out, &event.member);
    out.push('}');
}
