//! What the properties are asked of: the roster, and whatever stands in its place.

use tollgate_core::roster::{Event, Identity, PresenceConfig, Roster, Session};
use tollgate_core::{Span, Timestamp};

pub(crate) const TTL: u64 = 300_000;
pub(crate) const HEARTBEAT: u64 = 100_000;

/// One call, of a few rooms, ids and users, so that they meet.
#[derive(Clone, Debug)]
pub(crate) enum Verb {
    Join { room: u8, cid: u8, session: u64, user: Option<u8>, data: u8 },
    Rejoin { room: u8, cid: u8, session: u64, user: Option<u8>, data: u8 },
    Update { room: u8, cid: u8, session: u64, data: u8 },
    Heartbeat { room: u8, cid: u8, session: u64 },
    Leave { room: u8, cid: u8, session: u64 },
    Sweep,
}

pub(crate) trait Subject {
    fn call(&mut self, verb: &Verb, now: u64);
    /// Everything that has been told since the last call of this.
    fn events(&mut self) -> Vec<Event>;
    /// Ids, users and data of a room.
    fn members(&mut self, room: u8, now: u64) -> Vec<(String, Option<String>, String)>;
    fn count(&mut self, room: u8, now: u64) -> (usize, usize);
}

pub(crate) struct Tollgate(pub(crate) Roster);

impl Tollgate {
    pub(crate) fn new(grace: u64) -> Self {
        Self(Roster::new(config(grace)).unwrap())
    }
}

pub(crate) fn config(grace: u64) -> PresenceConfig {
    PresenceConfig {
        ttl: Span::from_micros(TTL),
        heartbeat: Span::from_micros(HEARTBEAT),
        grace: Span::from_micros(grace),
        ..PresenceConfig::default()
    }
}

pub(crate) fn identity(user: Option<u8>, data: u8) -> Identity {
    Identity { user: user.map(|user| format!("u{user}")), data: data.to_string() }
}

pub(crate) fn room_name(room: u8) -> String {
    format!("r{room}")
}

pub(crate) fn cid_name(cid: u8) -> String {
    format!("c{cid}")
}

impl Subject for Tollgate {
    fn call(&mut self, verb: &Verb, now: u64) {
        let now = Timestamp::from_micros(now);
        match *verb {
            Verb::Join { room, cid, session, user, data } => {
                let identity = identity(user, data);
                self.0.join(&room_name(room), &cid_name(cid), Session(session), identity, now).unwrap();
            }
            Verb::Rejoin { room, cid, session, user, data } => {
                let identity = identity(user, data);
                self.0.rejoin(&room_name(room), &cid_name(cid), Session(session), identity, now).unwrap();
            }
            Verb::Update { room, cid, session, data } => {
                let data = data.to_string();
                self.0.update(&room_name(room), &cid_name(cid), Session(session), &data, now).unwrap();
            }
            Verb::Heartbeat { room, cid, session } => {
                self.0.heartbeat(&room_name(room), &cid_name(cid), Session(session), now);
            }
            Verb::Leave { room, cid, session } => {
                self.0.leave(&room_name(room), &cid_name(cid), Session(session), now);
            }
            Verb::Sweep => {
                self.0.handle_timeout(now);
            }
        }
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.0.poll_event()).collect()
    }

    fn members(&mut self, room: u8, now: u64) -> Vec<(String, Option<String>, String)> {
        let page = self.0.members(&room_name(room), "", 1_000, Timestamp::from_micros(now));
        let text = |member: tollgate_core::roster::Member| {
            (member.cid.to_string(), member.identity.user.clone(), member.identity.data.clone())
        };
        page.members.into_iter().map(text).collect()
    }

    fn count(&mut self, room: u8, now: u64) -> (usize, usize) {
        let count = self.0.count(&room_name(room), Timestamp::from_micros(now));
        (count.members, count.users)
    }
}
