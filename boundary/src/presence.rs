//! The calls of presence that processes share through Redis: what to send, and what the answers mean, as texts. Calls
//! and answers with members in them are JSON, in which the members' data stands as it was given.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use tollgate_core::Span;
use tollgate_core::roster::{Beat, Changes, Heartbeats, Identity, Lost, Owned, PresenceConfig, Session, View};
use tollgate_core::store::presence::{Call, PresenceScript, PresenceStore, Standing};

use crate::config::EngineError;
use crate::json::{write_list, write_string};
use crate::roster::{EnginePresenceConfig, at, write_changes, write_event, write_member};

/// What a shared roster is made from.
#[derive(Clone, Debug)]
pub struct EngineSharedConfig {
    /// Times and bounds.
    pub presence: EnginePresenceConfig,
    /// See [`PresenceStore::new`].
    pub name: String,
    /// See [`PresenceStore::new`].
    pub prefix: String,
    /// See [`PresenceStore::new`].
    pub partitions: f64,
}

/// Name, digest and text of each script, joined by NULs. Calls name a script by its place in this list.
#[must_use]
pub fn scripts() -> String {
    let parts =
        PresenceScript::all().map(|script| [script.name.into(), script.sha1(), script.source.into()].join("\0"));
    parts.join("\0")
}

/// What one process knows of a shared roster: its own members, and views of the rooms that it watches. Times are
/// microseconds of one monotonic clock.
#[derive(Debug)]
pub struct PresenceCalls {
    store: PresenceStore,
    beats: Heartbeats,
    /// Batches that are under way.
    batches: BTreeMap<u64, Beat>,
    views: BTreeMap<u64, (String, View)>,
    last: u64,
    ttl: Span,
    heartbeat: Span,
}

impl PresenceCalls {
    /// Nobody is there.
    ///
    /// # Errors
    /// The configuration is out of bounds.
    pub fn new(config: EngineSharedConfig) -> Result<Self, EngineError> {
        let EngineSharedConfig { presence, name, prefix, partitions } = config;
        let presence = PresenceConfig::from(presence);
        let (ttl, heartbeat) = (presence.ttl, presence.heartbeat);
        Ok(Self {
            store: PresenceStore::new(presence.clone(), &prefix, &name, partitions as u32)?,
            beats: Heartbeats::new(presence)?,
            batches: BTreeMap::new(),
            views: BTreeMap::new(),
            last: 0,
            ttl,
            heartbeat,
        })
    }

    /// The call that joins. The member is vouched for from now on, so that it joins later where that call fails.
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
    ) -> Result<String, EngineError> {
        let (session, identity) = (held(session), Identity { user, data });
        let call = self.store.join(room, cid, session, &identity)?;
        self.beats.add(room, cid, session, Arc::new(identity), at(now));
        Ok(text(&self.store, room, &call))
    }

    /// The call that changes a member's data; nothing where this process does not hold it under that session.
    ///
    /// # Errors
    /// The data is too large.
    pub fn update(
        &mut self,
        room: &str,
        cid: &str,
        session: f64,
        user: Option<String>,
        data: String,
    ) -> Result<String, EngineError> {
        let session = held(session);
        let call = self.store.update(room, cid, session, &data)?;
        let is_held = self.beats.update(room, cid, session, Arc::new(Identity { user, data }));
        Ok(if is_held { text(&self.store, room, &call) } else { String::new() })
    }

    /// The call that leaves; nothing where this process does not hold the member under that session.
    pub fn leave(&mut self, room: &str, cid: &str, session: f64) -> String {
        let session = held(session);
        if !self.beats.remove(room, cid, session) {
            return String::new();
        }
        text(&self.store, room, &self.store.leave(room, cid, session))
    }

    /// What the answer to a join, an update or a rejoin means for this process: `"held"`; `"lost"`, where it does not hold
    /// the member any longer; the call that joins it again, where the store has forgotten it; or nothing for an
    /// answer that no script of ours gives.
    pub fn stands(&mut self, room: &str, cid: &str, session: f64, reply: f64) -> String {
        match PresenceStore::read_standing(reply as i64) {
            Err(_) => String::new(),
            Ok(Standing::Held) => "held".to_string(),
            Ok(Standing::Lost(why)) => self.lost(room, cid, held(session), why),
        }
    }

    fn lost(&mut self, room: &str, cid: &str, session: Session, why: Lost) -> String {
        let again = self.beats.handle_lost(room, cid, session, why);
        again.map_or_else(|| "lost".to_string(), |owned| text(&self.store, room, &self.store.rejoin(&owned)))
    }

    /// Lets time pass. `[{"batch":…,"call":…},…]`: the heartbeats that are due.
    pub fn due_beats(&mut self, now: f64) -> String {
        self.beats.handle_timeout(at(now));
        let mut calls = Vec::new();
        while let Some(beat) = self.beats.poll_transmit() {
            calls.extend(self.store.heartbeats(beat));
        }
        let mut out = String::new();
        write_list(&mut out, calls, |out, (call, beat)| {
            let room = beat.members.first().map_or("", |owned| &owned.room);
            self.last = self.last.saturating_add(1);
            out.push_str(&format!("{{\"batch\":{},\"call\":{}}}", self.last, text(&self.store, room, &call)));
            self.batches.insert(self.last, beat);
        });
        out
    }

    /// The answer to a batch: `[{"room":…,"id":…,"session":…},…]`, the members that the store has forgotten: it
    /// [`stands`](Self::stands) 0 with them. Nothing for an answer that no script of ours gives.
    pub fn beaten(&mut self, batch: f64, reply: &[f64]) -> String {
        let Some(beat) = self.batches.remove(&(batch as u64)) else { return "[]".to_string() };
        let reply: Vec<i64> = reply.iter().map(|number| *number as i64).collect();
        let Ok(lost) = PresenceStore::read_lost(&beat, &reply) else { return String::new() };
        let again: Vec<Owned> = lost
            .into_iter()
            .filter_map(|(owned, why)| self.beats.handle_lost(&owned.room, &owned.cid, owned.session, why))
            .collect();
        let mut out = String::new();
        write_list(&mut out, &again, |out, owned| {
            out.push_str("{\"room\":");
            write_string(out, &owned.room);
            out.push_str(",\"id\":");
            write_string(out, &owned.cid);
            out.push_str(&format!(",\"session\":{}}}", owned.session.0));
        });
        out
    }

    /// A batch had no answer. See [`Heartbeats::handle_failure`].
    pub fn unanswered(&mut self, batch: f64, now: f64) {
        self.batches.remove(&(batch as u64));
        self.beats.handle_failure(at(now));
    }

    /// See [`Heartbeats::handle_return`].
    pub fn returned(&mut self, now: f64) {
        self.beats.handle_return(at(now));
    }

    /// The ttl and the heartbeat, separated by a space.
    pub fn pace(&self) -> String {
        format!("{} {}", self.ttl.as_micros(), self.heartbeat.as_micros())
    }

    /// When heartbeats are due; −1 for never.
    pub fn next(&self) -> f64 {
        self.beats.poll_timeout().map_or(-1.0, |next| next.as_micros() as f64)
    }

    /// Forgets all own members: the calls with which they leave.
    pub fn leave_all(&mut self) -> String {
        let members: Vec<Owned> = self.beats.members().collect();
        let mut out = String::new();
        write_list(&mut out, members, |out, Owned { room, cid, session, .. }| {
            self.beats.remove(&room, &cid, session);
            out.push_str(&text(&self.store, &room, &self.store.leave(&room, &cid, session)));
        });
        out
    }

    /// See [`PresenceStore::due`].
    pub fn due(&self, partition: u32) -> String {
        written(&self.store.due(partition), partition)
    }

    /// See [`PresenceStore::sweep`].
    pub fn sweep(&self, partition: u32, rooms: &[String]) -> String {
        written(&self.store.sweep(partition, rooms), partition)
    }

    /// See [`PresenceStore::members`].
    pub fn members(&self, room: &str, cursor: &str, limit: f64) -> String {
        text(&self.store, room, &self.store.members(room, cursor, limit as usize))
    }

    /// `{"members":[…],"cursor":…}` of an answer; the cursor is absent on the last page. Nothing for an answer that no
    /// script of ours gives.
    pub fn page(&self, reply: &[String]) -> String {
        let reply: Vec<&str> = reply.iter().map(String::as_str).collect();
        let Ok(page) = PresenceStore::read_page(&reply) else { return String::new() };
        let mut out = String::from("{\"members\":");
        write_list(&mut out, &page.members, write_member);
        if let Some(cursor) = &page.cursor {
            out.push_str(",\"cursor\":");
            write_string(&mut out, cursor);
        }
        out.push('}');
        out
    }

    /// See [`PresenceStore::count`].
    pub fn count(&self, room: &str) -> String {
        text(&self.store, room, &self.store.count(room))
    }

    /// See [`PresenceStore::has`].
    pub fn has(&self, room: &str, cid: &str) -> String {
        text(&self.store, room, &self.store.has(room, cid))
    }

    /// See [`PresenceStore::channel`].
    pub fn channel(&self, room: &str) -> String {
        self.store.channel(room)
    }

    /// See [`PresenceStore::pattern`].
    pub fn pattern(&self) -> String {
        self.store.pattern()
    }

    /// `{"room":…,"kind":…}` of a message, as in the roster of one process; nothing for a message that is none of ours.
    pub fn event(&self, channel: &str, message: &str) -> String {
        let mut out = String::new();
        if let Some(event) = self.store.read_event(channel, message) {
            write_event(&mut out, &event);
        }
        out
    }

    /// The number of a new, empty view of a room.
    pub fn watch(&mut self, room: &str) -> f64 {
        self.last = self.last.saturating_add(1);
        self.views.insert(self.last, (room.to_string(), View::new()));
        self.last as f64
    }

    /// Feeds a message to the views of its room; answers the numbers of those that have missed something before it.
    pub fn watch_event(&mut self, channel: &str, message: &str) -> Vec<f64> {
        let Some(event) = self.store.read_event(channel, message) else { return Vec::new() };
        let of_room = self.views.iter_mut().filter(|(_, (room, _))| **room == *event.room);
        of_room.filter_map(|(number, (_, view))| (!view.handle_event(&event)).then_some(*number as f64)).collect()
    }

    /// Feeds a page of a snapshot to a view: 1; 0 where the snapshot is too old for it; −1 for an answer that no script
    /// of ours gives.
    pub fn watch_page(&mut self, watch: f64, reply: &[String]) -> i32 {
        let reply: Vec<&str> = reply.iter().map(String::as_str).collect();
        let Ok(page) = PresenceStore::read_page(&reply) else { return -1 };
        let view = self.views.get_mut(&(watch as u64));
        view.map_or(1, |(_, view)| i32::from(view.handle_page(page.members, page.revision)))
    }

    /// A view's snapshot is complete.
    pub fn watch_start(&mut self, watch: f64) {
        if let Some((_, view)) = self.views.get_mut(&(watch as u64)) {
            view.start();
        }
    }

    /// A view has missed something: a new snapshot follows.
    pub fn watch_restart(&mut self, watch: f64) {
        if let Some((_, view)) = self.views.get_mut(&(watch as u64)) {
            view.restart();
        }
    }

    /// `{"joined":[…],"updated":[…],"left":[…]}`, or nothing where nothing has changed.
    pub fn changes(&mut self, watch: f64) -> String {
        let changes: Changes =
            self.views.get_mut(&(watch as u64)).map(|(_, view)| view.take_changes()).unwrap_or_default();
        write_changes(changes)
    }

    /// Ends a watch.
    pub fn unwatch(&mut self, watch: f64) {
        self.views.remove(&(watch as u64));
    }
}

fn held(session: f64) -> Session {
    Session(session as u64)
}

fn text(store: &PresenceStore, room: &str, call: &Call) -> String {
    written(call, store.partition(room))
}

/// `{"script":…,"partition":…,"keys":[…],"args":[…]}`
fn written(call: &Call, partition: u32) -> String {
    let script = PresenceScript::all().iter().position(|script| *script == call.script).unwrap_or_default();
    let mut out = format!("{{\"script\":{script},\"partition\":{partition},\"keys\":");
    write_list(&mut out, &call.keys, |out, key| write_string(out, key));
    out.push_str(",\"args\":");
    write_list(&mut out, &call.args, |out, arg| write_string(out, arg));
    out.push('}');
    out
}
