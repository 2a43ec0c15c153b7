//! A naive roster: a list of members that is searched from end to end, swept at every call. It can be made to
//! break one rule, to show that the properties notice.

use std::collections::BTreeSet;

use tollgate_core::roster::{Event, EventKind, Identity, Member, Reason};

use crate::subject::{Subject, TTL, Verb, cid_name, identity, room_name};

/// What a wrong roster does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// A leave is for whoever has the id now.
    LateLeaveRemovesTheNewer,
    /// Every process that sweeps tells of the leave.
    TwoSweepersTell,
    /// An update is a leave and a join.
    UpdateLeavesAndJoins,
    /// A leave is told at once although there is a grace.
    NoGrace,
    /// Coming back within the grace is a join.
    BackIsAJoin,
    /// Members are never swept.
    Ghosts,
    /// Heartbeats do not prolong.
    HeartbeatsForgotten,
    /// Every connection of a user joins and leaves as the user.
    UsersAreConnections,
    /// A heartbeat of an old session keeps the newer one.
    AnySessionVouches,
    /// Who joins again after the store has lost it takes the place of who came later.
    RejoinTakesOver,
    /// The leave of an expired member is forgotten: what some systems do.
    SilentExpiry,
}

struct Entry {
    room: u8,
    cid: u8,
    session: u64,
    identity: Identity,
    until: u64,
    left: bool,
}

pub(crate) struct Model {
    flaw: Flaw,
    grace: u64,
    entries: Vec<Entry>,
    events: Vec<Event>,
}

impl Model {
    pub(crate) fn new(grace: u64, flaw: Flaw) -> Self {
        Self { flaw, grace, entries: Vec::new(), events: Vec::new() }
    }

    fn sweep(&mut self, now: u64) {
        while let Some(at) = self.entries.iter().position(|entry| entry.until <= now) {
            if self.flaw == Flaw::Ghosts {
                return;
            }
            let reason = if self.entries[at].left { Reason::Left } else { Reason::Expired };
            self.remove(at, reason);
        }
    }

    fn remove(&mut self, at: usize, reason: Reason) {
        let entry = self.entries.remove(at);
        let last_of_user = self.alone(&entry);
        if self.flaw == Flaw::SilentExpiry && reason == Reason::Expired {
            return;
        }
        let times = if self.flaw == Flaw::TwoSweepersTell && reason == Reason::Expired { 2 } else { 1 };
        for _ in 0..times {
            self.tell(&entry, EventKind::Left { reason, last_of_user });
        }
    }

    /// Whether no other connection of its user is in the room.
    fn alone(&self, of: &Entry) -> bool {
        let same = |entry: &&Entry| entry.room == of.room && entry.identity.user == of.identity.user;
        let others = if self.flaw == Flaw::UsersAreConnections { 0 } else { self.entries.iter().filter(same).count() };
        of.identity.user.is_some() && others == 0
    }

    fn add(&mut self, entry: Entry) {
        let first_of_user = self.alone(&entry);
        self.tell(&entry, EventKind::Joined { first_of_user });
        self.entries.push(entry);
    }

    fn tell(&mut self, entry: &Entry, kind: EventKind) {
        let identity = entry.identity.clone().into();
        let member = Member { cid: cid_name(entry.cid).into(), identity };
        self.events.push(Event { room: room_name(entry.room).into(), revision: 0, after: 0, member, kind });
    }

    fn join(&mut self, new: Entry) {
        let at = self.entries.iter().position(|entry| entry.room == new.room && entry.cid == new.cid);
        let Some(at) = at else { return self.add(new) };
        let came_back = self.entries[at].left && self.flaw == Flaw::BackIsAJoin;
        if self.entries[at].identity.user != new.identity.user || came_back {
            if !came_back {
                self.remove(at, Reason::Left);
            } else {
                self.entries.remove(at);
            }
            return self.add(new);
        }
        let changed = self.entries[at].identity != new.identity;
        self.entries[at] = new;
        if changed {
            self.told_update(at);
        }
    }

    fn told_update(&mut self, at: usize) {
        let entry = self.entries.remove(at);
        if self.flaw == Flaw::UpdateLeavesAndJoins {
            self.tell(&entry, EventKind::Left { reason: Reason::Left, last_of_user: false });
            self.tell(&entry, EventKind::Joined { first_of_user: false });
        } else {
            self.tell(&entry, EventKind::Updated);
        }
        self.entries.insert(at, entry);
    }

    fn held(&self, room: u8, cid: u8, session: u64, anyone: bool) -> Option<usize> {
        let is = |entry: &Entry| entry.room == room && entry.cid == cid && !entry.left;
        self.entries.iter().position(|entry| is(entry) && (anyone || entry.session == session))
    }

    fn leave(&mut self, at: usize, now: u64) {
        if self.grace == 0 || self.flaw == Flaw::NoGrace {
            return self.remove(at, Reason::Left);
        }
        self.entries[at].left = true;
        self.entries[at].until = now + self.grace;
    }
}

impl Subject for Model {
    fn call(&mut self, verb: &Verb, now: u64) {
        self.sweep(now);
        match *verb {
            Verb::Join { room, cid, session, user, data } => {
                let identity = identity(user, data);
                self.join(Entry { room, cid, session, identity, until: now + TTL, left: false });
            }
            Verb::Rejoin { room, cid, session, user, data } => {
                let other = self.held(room, cid, session, true).is_some_and(|at| self.entries[at].session != session);
                if !other || self.flaw == Flaw::RejoinTakesOver {
                    let identity = identity(user, data);
                    self.join(Entry { room, cid, session, identity, until: now + TTL, left: false });
                }
            }
            Verb::Update { room, cid, session, data } => {
                if let Some(at) = self.held(room, cid, session, false) {
                    if self.entries[at].identity.data != data.to_string() {
                        self.entries[at].identity.data = data.to_string();
                        self.told_update(at);
                    }
                }
            }
            Verb::Heartbeat { room, cid, session } => {
                if let Some(at) = self.held(room, cid, session, self.flaw == Flaw::AnySessionVouches) {
                    if self.flaw != Flaw::HeartbeatsForgotten {
                        self.entries[at].until = now + TTL;
                    }
                }
            }
            Verb::Leave { room, cid, session } => {
                if let Some(at) = self.held(room, cid, session, self.flaw == Flaw::LateLeaveRemovesTheNewer) {
                    self.leave(at, now);
                }
            }
            Verb::Sweep => {}
        }
    }

    fn events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn members(&mut self, room: u8, now: u64) -> Vec<(String, Option<String>, String)> {
        self.sweep(now);
        let here = self.entries.iter().filter(|entry| entry.room == room);
        let text = |entry: &Entry| (cid_name(entry.cid), entry.identity.user.clone(), entry.identity.data.clone());
        let mut members: Vec<_> = here.map(text).collect();
        members.sort();
        members
    }

    fn count(&mut self, room: u8, now: u64) -> (usize, usize) {
        let members = self.members(room, now);
        let users: BTreeSet<_> = members.iter().filter_map(|(_, user, _)| user.clone()).collect();
        (members.len(), users.len())
    }
}
