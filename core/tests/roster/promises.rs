//! What a roster promises, stated over what it was called with and what it told.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tollgate_core::roster::{Event, EventKind};

use crate::model::{Flaw, Model};
use crate::sequences::{calls, grace, hold};
use crate::subject::{HEARTBEAT, Subject, TTL, Tollgate, Verb};

/// Members, users and data of each room, put together from the events alone.
#[derive(Default)]
pub(crate) struct Told {
    members: BTreeMap<(String, String), (Option<String>, String)>,
    users: BTreeSet<(String, String)>,
}

impl Told {
    /// A join of somebody who is there, a leave or an update of somebody who is not, and a user who joins or leaves
    /// twice are errors.
    pub(crate) fn hear(&mut self, event: &Event) -> Result<(), TestCaseError> {
        let at = (event.room.to_string(), event.member.cid.to_string());
        let identity = (event.member.identity.user.clone(), event.member.identity.data.clone());
        let user = identity.0.clone().map(|user| (at.0.clone(), user));
        match event.kind {
            EventKind::Joined { first_of_user } => {
                prop_assert!(self.members.insert(at, identity).is_none(), "joined twice: {event:?}");
                let new = user.is_some_and(|user| self.users.insert(user));
                prop_assert_eq!(first_of_user, new, "{:?}", event);
            }
            EventKind::Updated => {
                let was = self.members.insert(at, identity.clone());
                prop_assert!(was.as_ref().is_some_and(|was| was.0 == identity.0 && was.1 != identity.1), "{event:?}");
            }
            EventKind::Left { last_of_user, .. } => {
                prop_assert_eq!(self.members.remove(&at), Some(identity), "left twice, or as another: {:?}", event);
                let others = self.members.iter().any(|((room, _), (name, _))| {
                    user.as_ref().is_some_and(|(in_room, user)| room == in_room && name.as_ref() == Some(user))
                });
                let gone = !others && user.is_some_and(|user| self.users.remove(&user));
                prop_assert_eq!(last_of_user, gone, "{:?}", event);
            }
        }
        Ok(())
    }

    pub(crate) fn of(&self, room: u8) -> Vec<(String, Option<String>, String)> {
        let here = self.members.iter().filter(|((name, _), _)| *name == format!("r{room}"));
        here.map(|((_, cid), (user, data))| (cid.clone(), user.clone(), data.clone())).collect()
    }
}

/// At every moment the roster lists whom the model lists, and whom its events have left there: so every join has
/// one leave, one that is back has none, nobody stays past the TTL or the grace, and nobody goes before.
pub(crate) fn tells_what_is(mut subject: impl Subject, grace: u64, calls: &[(u64, Verb)]) -> Result<(), TestCaseError> {
    let (mut told, mut model) = (Told::default(), Model::new(grace, Flaw::None));
    let end = calls.last().map_or(0, |(now, _)| now + TTL + grace);
    for (now, verb) in calls.iter().chain([&(end, Verb::Sweep)]) {
        subject.call(verb, *now);
        model.call(verb, *now);
        for room in 0..2 {
            let members = subject.members(room, *now);
            prop_assert_eq!(&members, &model.members(room, *now), "room {} at {}", room, now);
            prop_assert_eq!(subject.count(room, *now), model.count(room, *now));
            for event in subject.events() {
                told.hear(&event)?;
            }
            prop_assert_eq!(told.of(room), members);
        }
    }
    prop_assert!(told.members.is_empty() && told.users.is_empty(), "ghosts past TTL and grace");
    Ok(())
}

/// Sorted by room, what was told is what the model told, with the same reasons.
pub(crate) fn tells_what_the_model_tells(
    mut subject: impl Subject,
    grace: u64,
    calls: &[(u64, Verb)],
) -> Result<(), TestCaseError> {
    let mut model = Model::new(grace, Flaw::None);
    let end = calls.last().map_or(0, |(now, _)| now + TTL + grace);
    let (mut told, mut expected) = (Vec::new(), Vec::new());
    for (now, verb) in calls.iter().chain([&(end, Verb::Sweep)]) {
        subject.call(verb, *now);
        model.call(verb, *now);
        told.extend(subject.events());
        expected.extend(model.events());
    }
    let by_member = |events: Vec<Event>| {
        let mut lists = BTreeMap::<_, Vec<_>>::new();
        for event in events {
            let kind = match event.kind {
                EventKind::Joined { .. } => "joined".to_owned(),
                EventKind::Updated => "updated".to_owned(),
                EventKind::Left { reason, .. } => format!("{reason:?}"),
            };
            let list = lists.entry((event.room.to_string(), event.member.cid.to_string())).or_default();
            list.push((kind, event.member.identity.clone()));
        }
        lists
    };
    prop_assert_eq!(by_member(told), by_member(expected));
    Ok(())
}

/// Somebody whose process heartbeats in time is never told to have left, whatever happens around.
pub(crate) fn keeps_whom_its_process_keeps(
    mut subject: impl Subject,
    calls: &[(u64, Verb)],
) -> Result<(), TestCaseError> {
    let mine = |verb: &Verb| match *verb {
        Verb::Join { room, cid, .. } | Verb::Rejoin { room, cid, .. } | Verb::Update { room, cid, .. } => {
            (room, cid) == (0, 0)
        }
        Verb::Heartbeat { room, cid, session } | Verb::Leave { room, cid, session } => {
            (room, cid, session) == (0, 0, 9)
        }
        Verb::Sweep => false,
    };
    let join = Verb::Join { room: 0, cid: 0, session: 9, user: Some(0), data: 0 };
    subject.call(&join, 0);
    let mut beaten = 0;
    for (now, verb) in calls.iter().filter(|(_, verb)| !mine(verb)) {
        while beaten + HEARTBEAT <= *now {
            beaten += HEARTBEAT;
            subject.call(&Verb::Heartbeat { room: 0, cid: 0, session: 9 }, beaten);
        }
        subject.call(verb, *now);
        for event in subject.events().iter().filter(|event| (&*event.room, &*event.member.cid) == ("r0", "c0")) {
            prop_assert!(matches!(event.kind, EventKind::Joined { .. }), "{event:?}");
        }
    }
    Ok(())
}

#[test]
fn every_join_has_one_leave_and_nobody_is_a_ghost() {
    hold(2_000, (grace(), calls()), |(grace, calls)| tells_what_is(Tollgate::new(grace), grace, &calls));
}

#[test]
fn events_are_those_of_the_model() {
    hold(2_000, (grace(), calls()), |(grace, calls)| tells_what_the_model_tells(Tollgate::new(grace), grace, &calls));
}

#[test]
fn a_member_whose_process_heartbeats_is_never_swept() {
    hold(1_000, (grace(), calls()), |(grace, calls)| keeps_whom_its_process_keeps(Tollgate::new(grace), &calls));
}

#[test]
fn the_model_keeps_its_own_promises() {
    hold(500, (grace(), calls()), |(grace, calls)| tells_what_is(Model::new(grace, Flaw::None), grace, &calls));
}
