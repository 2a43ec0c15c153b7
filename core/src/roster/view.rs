//! Following one room: a snapshot, and then what has changed.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::event::{Event, EventKind};
use super::member::{Identity, Member};

/// A copy of a room that follows it by its events, and sums up what has changed since it was last asked.
///
/// Subscribe to the events first, then feed it the pages of a snapshot ([`handle_page`](Self::handle_page)) and
/// the events in the order they come, in any interleaving; [`start`](Self::start) ends the snapshot. A page knows all
/// changes up to its revision, so an event changes only what was read before it. An event that does not follow
/// the last one means that something was missed: [`restart`](Self::restart) and feed it a new snapshot; the next
/// changes are then told against what was told before.
#[derive(Debug, Default)]
pub struct View {
    /// Members, and those known to be gone, until the snapshot is complete.
    known: BTreeMap<Arc<str>, Known>,
    /// Revision of the first page: no later page knows less.
    floor: Option<u64>,
    /// What the first event follows.
    since: Option<u64>,
    /// Revision of the last event; 0 before the first one.
    last: u64,
    started: bool,
    /// What was last told of those that have changed since.
    told: BTreeMap<Arc<str>, Option<Arc<Identity>>>,
}

#[derive(Clone, Debug)]
struct Known {
    revision: u64,
    /// `None`: gone.
    identity: Option<Arc<Identity>>,
}

/// What has changed between two looks at a room. Somebody who came and went in between is in none of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Who is new.
    pub joined: Vec<Member>,
    /// Whose data, or user, is another one.
    pub updated: Vec<Member>,
    /// Who is gone, as last told.
    pub left: Vec<Member>,
}

impl View {
    /// An empty view that waits for a snapshot.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Some members as they are at `revision`. A member may be in several pages. False when the events began later
    /// than the snapshot: then it was not used.
    pub fn handle_page(&mut self, members: impl IntoIterator<Item = Member>, revision: u64) -> bool {
        if self.floor.is_none() {
            if self.since.is_some_and(|since| since > revision) {
                return false;
            }
            self.floor = Some(revision);
            self.forget_until(revision);
        }
        for Member { cid, identity } in members {
            self.learn(&cid, revision, Some(identity));
        }
        true
    }

    /// One change. False when changes before it were missed: then it was not applied.
    pub fn handle_event(&mut self, event: &Event) -> bool {
        let known = self.last.max(self.floor.unwrap_or(0));
        if event.revision <= known {
            return true;
        }
        let first = self.last == 0 && self.floor.is_none();
        // A room that was forgotten because it was empty numbers its changes anew.
        let anew = event.after == 0 && self.known.is_empty();
        if !(first || event.after == known || anew) {
            return false;
        }
        self.since.get_or_insert(event.after);
        self.last = event.revision;
        let identity = match event.kind {
            EventKind::Joined { .. } | EventKind::Updated => Some(event.member.identity.clone()),
            EventKind::Left { .. } => None,
        };
        self.learn(&event.member.cid, event.revision, identity);
        true
    }

    /// The snapshot is complete.
    pub fn start(&mut self) {
        self.started = true;
        self.known.retain(|_, known| known.identity.is_some());
    }

    /// Something was missed: a new snapshot follows.
    pub fn restart(&mut self) {
        for (cid, known) in core::mem::take(&mut self.known) {
            self.told.entry(cid).or_insert(known.identity);
        }
        self.floor = None;
        self.since = None;
        self.last = 0;
        self.started = false;
    }

    /// What has changed since this was last asked; everybody has joined at first. Nothing while a snapshot is under way.
    pub fn take_changes(&mut self) -> Changes {
        let mut changes = Changes::default();
        if !self.started {
            return changes;
        }
        for (cid, was) in core::mem::take(&mut self.told) {
            let is = self.known.get(&cid).and_then(|known| known.identity.clone());
            changes.add(cid, was, is);
        }
        changes
    }

    /// Who is in the room, in the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = Member> + '_ {
        self.known.iter().filter_map(|(cid, known)| {
            known.identity.as_ref().map(|identity| Member { cid: cid.clone(), identity: identity.clone() })
        })
    }

    /// What the events said that a snapshot at `revision` says too, and better: it has missed nothing.
    fn forget_until(&mut self, revision: u64) {
        self.known.retain(|_, known| known.revision > revision);
    }

    fn learn(&mut self, cid: &Arc<str>, revision: u64, identity: Option<Arc<Identity>>) {
        if self.known.get(cid).is_some_and(|known| known.revision >= revision) {
            return;
        }
        let gone = identity.is_none();
        let was = self.known.insert(cid.clone(), Known { revision, identity });
        self.told.entry(cid.clone()).or_insert(was.and_then(|was| was.identity));
        if self.started && gone {
            self.known.remove(cid);
        }
    }
}

impl Changes {
    /// Whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.updated.is_empty() && self.left.is_empty()
    }

    fn add(&mut self, cid: Arc<str>, was: Option<Arc<Identity>>, is: Option<Arc<Identity>>) {
        match (was, is) {
            (None, Some(identity)) => self.joined.push(Member { cid, identity }),
            (Some(identity), None) => self.left.push(Member { cid, identity }),
            (Some(was), Some(identity)) if was != identity => self.updated.push(Member { cid, identity }),
            _ => {}
        }
    }
}
