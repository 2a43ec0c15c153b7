//! A view is the room, whatever the order in which pages and events reach it.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use tollgate_core::Timestamp;
use tollgate_core::roster::{Changes, Event, Identity, Member, Roster, Session, View};

use crate::sequences::{calls, grace, hold, must_fail};
use crate::subject::{Subject, Tollgate, Verb};

type Listed = BTreeMap<String, (Option<String>, String)>;

fn listed(members: impl IntoIterator<Item = Member>) -> Listed {
    let entry = |member: Member| (member.cid.to_string(), (member.identity.user.clone(), member.identity.data.clone()));
    members.into_iter().map(entry).collect()
}

/// What a watcher has put together from changes alone.
fn apply(watched: &mut Listed, changes: Changes) -> Result<(), TestCaseError> {
    for (cid, identity) in listed(changes.joined) {
        prop_assert!(watched.insert(cid, identity).is_none());
    }
    for (cid, identity) in listed(changes.updated) {
        prop_assert!(watched.insert(cid, identity.clone()).is_some_and(|was| was != identity));
    }
    for (cid, identity) in listed(changes.left) {
        prop_assert_eq!(watched.remove(&cid), Some(identity));
    }
    Ok(())
}

/// A watcher at the end of a wire that delivers events late, and loses some.
struct Watcher {
    view: View,
    wire: VecDeque<Event>,
    /// Where the next page of the snapshot starts; `None` once there are no more.
    cursor: Option<String>,
    watched: Listed,
    /// Whether gaps are noticed.
    careful: bool,
}

impl Watcher {
    fn new(careful: bool) -> Self {
        let cursor = Some(String::new());
        Self { view: View::new(), wire: VecDeque::new(), cursor, watched: Listed::new(), careful }
    }

    fn read_page(&mut self, roster: &mut Roster, now: u64) {
        let Some(cursor) = self.cursor.take() else { return };
        let page = roster.members("r0", &cursor, 1, Timestamp::from_micros(now));
        if !self.view.handle_page(page.members, page.revision) {
            return self.start_again();
        }
        self.cursor = page.cursor.map(|cursor| cursor.to_string());
        if self.cursor.is_none() {
            self.view.start();
        }
    }

    fn deliver(&mut self, count: usize) {
        for _ in 0..count {
            let Some(event) = self.wire.pop_front() else { return };
            if !self.view.handle_event(&event) && self.careful {
                self.start_again();
            }
        }
    }

    fn start_again(&mut self) {
        self.view.restart();
        self.cursor = Some(String::new());
    }

    fn look(&mut self) -> Result<(), TestCaseError> {
        let changes = self.view.take_changes();
        apply(&mut self.watched, changes)
    }
}

/// One step of the world: a call, events that arrive, whether a page is read, the watcher looks, an event is lost.
type Step = (usize, bool, bool, bool);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0..3_usize, any::<bool>(), any::<bool>(), prop::bool::weighted(0.05));
    prop::collection::vec(step, 80)
}

fn follows(careful: bool, grace: u64, calls: &[(u64, Verb)], steps: &[Step]) -> Result<(), TestCaseError> {
    let (mut world, mut watcher) = (Tollgate::new(grace), Watcher::new(careful));
    let mut end = 0;
    for ((now, verb), &(delivered, reads, looks, loses)) in calls.iter().zip(steps) {
        world.call(verb, *now);
        if reads {
            watcher.read_page(&mut world.0, *now);
        }
        let mut events: Vec<_> = world.events().into_iter().filter(|event| &*event.room == "r0").collect();
        if loses && !events.is_empty() {
            events.remove(0);
        }
        watcher.wire.extend(events);
        watcher.deliver(delivered);
        if looks {
            watcher.look()?;
        }
        end = *now;
    }
    // One more change that arrives shows whatever was lost before it.
    let identity = Identity { user: None, data: "end".into() };
    world.call(&Verb::Sweep, end);
    world.0.join("r0", "end", Session(1), identity, Timestamp::from_micros(end)).unwrap();
    watcher.wire.extend(world.events().into_iter().filter(|event| &*event.room == "r0"));
    watcher.deliver(usize::MAX);
    while watcher.cursor.is_some() {
        watcher.read_page(&mut world.0, end);
    }
    watcher.wire.extend(world.events().into_iter().filter(|event| &*event.room == "r0"));
    watcher.deliver(usize::MAX);
    watcher.look()?;
    let members = listed(world.0.members("r0", "", 1_000, Timestamp::from_micros(end)).members);
    prop_assert_eq!(listed(watcher.view.members()), members.clone());
    prop_assert_eq!(watcher.watched, members);
    Ok(())
}

#[test]
fn a_view_is_the_room_in_the_end() {
    hold(3_000, (grace(), calls(), steps()), |(grace, calls, steps)| follows(true, grace, &calls, &steps));
}

#[test]
fn a_watcher_that_ignores_gaps_is_caught() {
    must_fail((grace(), calls(), steps()), |(grace, calls, steps)| follows(false, grace, &calls, &steps));
}

#[test]
fn who_came_and_went_between_two_looks_is_not_told() {
    let (mut roster, mut view) = (Tollgate::new(0), View::new());
    assert!(view.handle_page([], 0));
    view.start();
    let join = |cid| Verb::Join { room: 0, cid, session: 1, user: None, data: 0 };
    for verb in [join(1), join(2), Verb::Leave { room: 0, cid: 1, session: 1 }] {
        roster.call(&verb, 5);
    }
    for event in roster.events() {
        assert!(view.handle_event(&event));
    }
    let changes = view.take_changes();
    assert_eq!(listed(changes.joined.clone()).into_keys().collect::<Vec<_>>(), ["c2"]);
    assert!(changes.updated.is_empty() && changes.left.is_empty());
    assert!(view.take_changes().is_empty());
}
