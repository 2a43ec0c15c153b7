//! Several watches of one roster see its rooms, each since it was last asked.

use tollgate_core::Timestamp;
use tollgate_core::roster::{Changes, Identity, Roster, Session, Watches};

use crate::subject::config;

struct World {
    roster: Roster,
    watches: Watches,
}

impl World {
    fn new() -> Self {
        Self { roster: Roster::new(config(0)).unwrap(), watches: Watches::new() }
    }

    fn join(&mut self, room: &str, cid: &str) {
        let identity = Identity { user: None, data: "1".into() };
        self.roster.join(room, cid, Session(1), identity, Timestamp::ZERO).unwrap();
    }

    fn drain(&mut self) {
        while let Some(event) = self.roster.poll_event() {
            self.watches.handle_event(&event);
        }
    }

    fn open(&mut self, room: &str) -> u64 {
        self.watches.open(&mut self.roster, room, Timestamp::ZERO)
    }

    fn changes(&mut self, watch: u64) -> [Vec<String>; 3] {
        let Changes { joined, updated, left } = self.watches.take_changes(watch);
        [joined, updated, left].map(|list| list.iter().map(|member| member.cid.to_string()).collect())
    }
}

fn joined(cids: &[&str]) -> [Vec<String>; 3] {
    [cids.iter().map(ToString::to_string).collect(), vec![], vec![]]
}

#[test]
fn the_first_changes_are_everybody_and_events_of_before_are_not_told_again() {
    let mut world = World::new();
    world.join("a", "one");
    let watch = world.open("a");
    world.join("a", "two");
    world.drain();
    assert_eq!(world.changes(watch), joined(&["one", "two"]));
    assert_eq!(world.changes(watch), joined(&[]));
}

#[test]
fn watches_are_of_their_rooms_and_on_their_own() {
    let mut world = World::new();
    let watches = ["a", "a", "b"].map(|room| world.open(room));
    world.join("a", "one");
    world.drain();
    assert_eq!(world.changes(watches[0]), joined(&["one"]));
    world.join("a", "two");
    world.drain();
    assert_eq!(watches.map(|watch| world.changes(watch)), [joined(&["two"]), joined(&["one", "two"]), joined(&[])]);
}

#[test]
fn a_watch_of_an_empty_room_that_comes_and_goes_misses_nothing() {
    let mut world = World::new();
    let watch = world.open("a");
    for _ in 0..3 {
        world.join("a", "one");
        world.drain();
        assert_eq!(world.changes(watch), joined(&["one"]));
        world.roster.leave("a", "one", Session(1), Timestamp::ZERO);
        world.drain();
        assert_eq!(world.changes(watch), [vec![], vec![], vec!["one".to_owned()]]);
    }
}

#[test]
fn a_watch_that_was_closed_tells_nothing() {
    let mut world = World::new();
    let watch = world.open("a");
    world.watches.close(watch);
    world.join("a", "one");
    world.drain();
    assert_eq!(world.changes(watch), joined(&[]));
}
