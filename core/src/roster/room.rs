//! One room: its members by id, its users by how many connections they have.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;

use super::event::{Event, EventKind, Reason};
use super::member::{Identity, Member, Place, Session};
use crate::time::Timestamp;

#[derive(Debug)]
pub(crate) struct Room {
    name: Arc<str>,
    places: BTreeMap<Arc<str>, Place>,
    /// Who goes next, and when.
    expiries: BTreeSet<(Timestamp, Arc<str>)>,
    /// Connections of each user.
    users: BTreeMap<String, usize>,
    revision: u64,
}

impl Room {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            places: BTreeMap::new(),
            expiries: BTreeSet::new(),
            users: BTreeMap::new(),
            revision: 0,
        }
    }

    /// Sits down, in the place of whoever had this id.
    pub(crate) fn seat(&mut self, cid: &Arc<str>, place: Place) {
        if let Some(old) = self.places.get(cid) {
            self.expiries.remove(&(old.expiry, cid.clone()));
        }
        self.expiries.insert((place.expiry, cid.clone()));
        self.places.insert(cid.clone(), place);
    }

    /// A new member; says whether its user is new too.
    pub(crate) fn admit(&mut self, cid: &Arc<str>, place: Place) -> EventKind {
        let first_of_user = place.identity.user.as_ref().is_some_and(|user| {
            let connections = self.users.entry(user.clone()).or_insert(0);
            *connections = connections.saturating_add(1);
            *connections == 1
        });
        self.seat(cid, place);
        EventKind::Joined { first_of_user }
    }

    /// Takes a member out.
    pub(crate) fn remove(&mut self, cid: &str) -> Option<(Member, EventKind)> {
        let (cid, place) = self.places.remove_entry(cid)?;
        self.expiries.remove(&(place.expiry, cid.clone()));
        let reason = if place.session.is_some() { Reason::Expired } else { Reason::Left };
        let last_of_user = place.identity.user.as_deref().is_some_and(|user| self.forget_one(user));
        Some((Member { cid, identity: place.identity }, EventKind::Left { reason, last_of_user }))
    }

    fn forget_one(&mut self, user: &str) -> bool {
        let Some(connections) = self.users.get_mut(user) else { return false };
        *connections = connections.saturating_sub(1);
        let last = *connections == 0;
        if last {
            self.users.remove(user);
        }
        last
    }

    pub(crate) fn set_expiry(&mut self, cid: &Arc<str>, expiry: Timestamp) {
        if let Some(mut place) = self.places.get(cid).cloned() {
            place.expiry = expiry;
            self.seat(cid, place);
        }
    }

    pub(crate) fn set_identity(&mut self, cid: &str, identity: Arc<Identity>) {
        if let Some(place) = self.places.get_mut(cid) {
            place.identity = identity;
        }
    }

    pub(crate) fn end_session(&mut self, cid: &str) {
        if let Some(place) = self.places.get_mut(cid) {
            place.session = None;
        }
    }

    /// Numbers a change.
    pub(crate) fn event(&mut self, revision: u64, member: Member, kind: EventKind) -> Event {
        let after = core::mem::replace(&mut self.revision, revision);
        Event { room: self.name.clone(), revision, after, member, kind }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn place(&self, cid: &str) -> Option<(&Arc<str>, &Place)> {
        self.places.get_key_value(cid)
    }

    /// The member under this id, when it is of this session.
    pub(crate) fn held(&self, cid: &str, session: Session) -> Option<(Arc<str>, &Place)> {
        let (cid, place) = self.place(cid)?;
        (place.session == Some(session)).then(|| (cid.clone(), place))
    }

    /// The first member whose time is over.
    pub(crate) fn due(&self, now: Timestamp) -> Option<Arc<str>> {
        self.expiries.first().filter(|(expiry, _)| *expiry <= now).map(|(_, cid)| cid.clone())
    }

    pub(crate) fn next_expiry(&self) -> Option<Timestamp> {
        self.expiries.first().map(|(expiry, _)| *expiry)
    }

    /// Members whose ids come after `cursor`, in the order of their ids.
    pub(crate) fn members_after<'a>(&'a self, cursor: &'a str) -> impl Iterator<Item = Member> + 'a {
        let after = (core::ops::Bound::Excluded(cursor), core::ops::Bound::Unbounded);
        let places = self.places.range::<str, _>(after);
        places.map(|(cid, place)| Member { cid: cid.clone(), identity: place.identity.clone() })
    }

    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.places.len(), self.users.len())
    }
}
