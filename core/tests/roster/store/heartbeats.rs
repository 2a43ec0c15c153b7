//! A process vouches for ten thousand members.

use std::sync::Arc;

use tollgate_core::roster::{Heartbeats, Identity, Lost, PresenceConfig, Session};
use tollgate_core::store::presence::PresenceStore;
use tollgate_core::{Span, Timestamp};

use super::server::Server;
use super::shared::Scripts;

const MEMBERS: u64 = 10_000;

struct Process {
    scripts: Scripts,
    store: PresenceStore,
    beats: Heartbeats,
}

impl Process {
    /// Ten thousand members in so many rooms.
    fn new(server: &Server, rooms: u64) -> Self {
        let config = PresenceConfig::default();
        let store = PresenceStore::new(config.clone(), "test", "beats", 1).unwrap();
        let (mut scripts, mut beats) = (Scripts::load(server), Heartbeats::new(config).unwrap());
        for i in 0..MEMBERS {
            let (room, cid) = (format!("room {}", i % rooms), format!("cid {i}"));
            let identity = Identity { user: Some(format!("user {}", i / 2)), data: "{\"name\":\"Ann\"}".into() };
            scripts.call(&store.join(&room, &cid, Session(i), &identity).unwrap());
            beats.add(&room, &cid, Session(i), Arc::new(identity), at(0));
        }
        Self { scripts, store, beats }
    }

    /// One round; says how many commands it took and whom the store would not prolong.
    fn round(&mut self, now: Timestamp) -> (usize, Vec<(String, Lost)>) {
        self.beats.handle_timeout(now);
        self.scripts.at(now);
        let (mut commands, mut lost) = (0, Vec::new());
        while let Some(beat) = self.beats.poll_transmit() {
            for (call, beat) in self.store.heartbeats(beat) {
                commands += 1;
                let reply = self.scripts.call(&call).numbers();
                let told = PresenceStore::read_lost(&beat, &reply).unwrap();
                lost.extend(told.into_iter().map(|(owned, why)| (owned.cid.to_string(), why)));
            }
        }
        (commands, lost)
    }

    fn sweep(&mut self, now: Timestamp) -> u64 {
        self.scripts.at(now).sweep(&self.store)
    }
}

fn at(secs: u64) -> Timestamp {
    Timestamp::ZERO.saturating_add(Span::from_secs(secs))
}

#[test]
fn ten_thousand_members_of_one_room_take_twenty_commands_and_stay() {
    let server = Server::start();
    let mut process = Process::new(&server, 1);
    for secs in [10, 20, 30, 40] {
        assert_eq!(process.round(at(secs)), (20, vec![]));
        assert_eq!(process.sweep(at(secs + 9)), 0);
    }
    assert_eq!(process.sweep(at(69)), 0);
    assert_eq!(process.sweep(at(70)), MEMBERS);
}

#[test]
fn a_hundred_and_twenty_five_rooms_take_a_command() {
    let server = Server::start();
    let mut process = Process::new(&server, MEMBERS);
    assert_eq!(process.round(at(20)), (80, vec![]));
    assert_eq!(process.sweep(at(49)), 0);
    assert_eq!(process.sweep(at(50)), MEMBERS);
}

#[test]
fn a_process_hears_whom_it_has_lost_and_why() {
    let server = Server::start();
    let mut process = Process::new(&server, 7);
    let store = process.store.clone();
    process.scripts.at(at(5));
    let other = Identity { user: None, data: "1".into() };
    let taken = store.join("room 3", "cid 3", Session(MEMBERS), &other).unwrap();
    let left = store.leave("room 4", "cid 4", Session(4));
    for call in [taken, left] {
        assert_eq!(process.scripts.call(&call).number(), 1);
    }
    let (_, mut lost) = process.round(at(10));
    lost.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(lost, [("cid 3".to_owned(), Lost::Replaced), ("cid 4".to_owned(), Lost::Gone)]);
}

#[test]
fn a_heartbeat_that_comes_too_late_brings_nobody_back() {
    let server = Server::start();
    let mut process = Process::new(&server, 1);
    let (_, lost) = process.round(at(30));
    assert_eq!(lost.len() as u64, MEMBERS);
    assert!(lost.iter().all(|(_, why)| *why == Lost::Gone));
    assert_eq!(process.sweep(at(30)), MEMBERS);
}
