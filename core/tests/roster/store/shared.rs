//! A roster in Redis behind the verbs of the properties, at a time of the test's choice.

use std::collections::HashMap;

use tollgate_core::Timestamp;
use tollgate_core::roster::{Beat, Event, Lost, Member, Owned, PresenceConfig, Session};
use tollgate_core::store::presence::{Call, PresenceScript, PresenceStore, Standing};

use super::resp::{Connection, Reply};
use super::server::{Clock, Server};
use crate::subject::{Subject, Verb, cid_name, identity, room_name};

/// A connection that knows the scripts, to a server whose clock it can put.
pub(crate) struct Scripts {
    pub(crate) connection: Connection,
    digests: HashMap<&'static str, String>,
    clock: Clock,
}

impl Scripts {
    pub(crate) fn load(server: &Server) -> Self {
        let mut connection = server.connect();
        let load = |script: &'static PresenceScript| {
            let digest = connection.run(&["SCRIPT", "LOAD", script.source]).text().to_owned();
            assert_eq!(digest, script.sha1());
            (script.name, digest)
        };
        let digests = PresenceScript::all().map(load).into();
        Self { connection, digests, clock: server.clock() }
    }

    /// Puts the server's clock.
    pub(crate) fn at(&mut self, now: Timestamp) -> &mut Self {
        self.clock.set(now);
        self
    }

    pub(crate) fn call(&mut self, call: &Call) -> Reply {
        let count = call.keys.len().to_string();
        let words = ["EVALSHA", &self.digests[call.script.name], &count].map(str::to_owned);
        let command: Vec<_> = words.iter().chain(&call.keys).chain(&call.args).collect();
        self.connection.run(&command)
    }

    /// Sweeps every partition until nothing is due, as a process does. Says how many members were taken out.
    pub(crate) fn sweep(&mut self, store: &PresenceStore) -> u64 {
        (0..store.partitions()).map(|partition| self.sweep_partition(store, partition)).sum()
    }

    fn sweep_partition(&mut self, store: &PresenceStore, partition: u32) -> u64 {
        let mut removed = 0;
        loop {
            let due = self.call(&store.due(partition));
            if due.list().is_empty() {
                return removed;
            }
            let swept = self.call(&store.sweep(partition, &due.texts()));
            removed += PresenceStore::read_swept(&swept.numbers()).unwrap().removed;
        }
    }
}

pub(crate) struct Shared {
    pub(crate) scripts: Scripts,
    listener: Connection,
    store: PresenceStore,
    page: usize,
}

/// Redis counts in whole milliseconds.
pub(crate) fn millis(now: u64) -> Timestamp {
    Timestamp::from_millis(now / 1_000)
}

impl Shared {
    pub(crate) fn new(server: &Server, config: PresenceConfig, name: &str) -> Self {
        let store = PresenceStore::new(config, "test", name, 3).unwrap();
        let mut listener = server.connect();
        listener.run(&["PSUBSCRIBE", &store.pattern()]);
        Self { scripts: Scripts::load(server), listener, store, page: 2 }
    }

    fn at(&mut self, now: u64) -> PresenceStore {
        self.scripts.at(millis(now));
        self.store.clone()
    }

    fn heartbeat(&mut self, room: u8, cid: u8, session: u64, now: u64) {
        let owned = Owned {
            room: room_name(room).into(),
            cid: cid_name(cid).into(),
            session: Session(session),
            identity: identity(None, 0).into(),
        };
        for (call, beat) in self.at(now).heartbeats(Beat { members: vec![owned] }) {
            let reply = self.scripts.call(&call).numbers();
            let lost = PresenceStore::read_lost(&beat, &reply).unwrap();
            assert!(lost.iter().all(|(_, why)| matches!(why, Lost::Gone | Lost::Replaced)));
        }
    }
}

impl Subject for Shared {
    fn call(&mut self, verb: &Verb, now: u64) {
        let store = self.at(now);
        let call = match *verb {
            Verb::Join { room, cid, session, user, data } => {
                store.join(&room_name(room), &cid_name(cid), Session(session), &identity(user, data)).unwrap()
            }
            Verb::Rejoin { room, cid, session, user, data } => store.rejoin(&Owned {
                room: room_name(room).into(),
                cid: cid_name(cid).into(),
                session: Session(session),
                identity: identity(user, data).into(),
            }),
            Verb::Update { room, cid, session, data } => {
                store.update(&room_name(room), &cid_name(cid), Session(session), &data.to_string()).unwrap()
            }
            Verb::Leave { room, cid, session } => store.leave(&room_name(room), &cid_name(cid), Session(session)),
            Verb::Heartbeat { room, cid, session } => return self.heartbeat(room, cid, session, now),
            Verb::Sweep => {
                self.scripts.sweep(&store);
                return;
            }
        };
        let reply = self.scripts.call(&call).number();
        let standing = PresenceStore::read_standing(reply).unwrap();
        assert!(standing == Standing::Held || !matches!(verb, Verb::Join { .. }));
    }

    fn events(&mut self) -> Vec<Event> {
        // What was published before this answer was sent before it.
        self.listener.send(&["PING", "so far"]);
        let mut events = Vec::new();
        loop {
            let reply = self.listener.read();
            let texts = reply.texts();
            if texts[0] == "pong" {
                return events;
            }
            events.push(self.store.read_event(texts[2], texts[3]).expect("an event"));
        }
    }

    fn members(&mut self, room: u8, now: u64) -> Vec<(String, Option<String>, String)> {
        let (mut cursor, mut members) = ("0".to_owned(), Vec::new());
        loop {
            let call = self.at(now).members(&room_name(room), &cursor, self.page);
            let reply = self.scripts.call(&call);
            let page = PresenceStore::read_page(&reply.texts()).unwrap();
            members.extend(
                page.members
                    .into_iter()
                    .map(|Member { cid, identity }| (cid.to_string(), identity.user.clone(), identity.data.clone())),
            );
            let Some(next) = page.cursor else { break };
            cursor = next.to_string();
        }
        members.sort();
        members.dedup();
        members
    }

    fn count(&mut self, room: u8, now: u64) -> (usize, usize) {
        let call = self.at(now).count(&room_name(room));
        let reply = self.scripts.call(&call);
        let (count, more) = PresenceStore::read_count(&reply.numbers()).unwrap();
        assert!(!more);
        (count.members, count.users)
    }
}
