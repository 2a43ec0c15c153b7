//! The scripts keep the promises of the roster, and tell what the model tells.

use std::cell::Cell;

use proptest::prelude::*;

use super::server::Server;
use super::shared::Shared;
use crate::promises::{keeps_whom_its_process_keeps, tells_what_is, tells_what_the_model_tells};
use crate::sequences::{calls, grace, hold};
use crate::subject::{Subject, Verb, config};

/// Calls at whole milliseconds, which is what Redis counts in.
fn whole() -> impl Strategy<Value = (u64, Vec<(u64, Verb)>)> {
    (grace(), calls())
        .prop_map(|(grace, calls)| (grace, calls.into_iter().map(|(now, verb)| (now / 1_000 * 1_000, verb)).collect()))
}

/// Each case has names of its own, and then none of its keys is without a time to live.
fn on_redis(property: impl Fn(Shared, u64, &[(u64, Verb)]) -> Result<(), TestCaseError>) {
    let (server, case) = (Server::start(), Cell::new(0));
    let mut observer = server.connect();
    hold(150, whole(), |(grace, calls)| {
        case.set(case.get() + 1);
        property(Shared::new(&server, config(grace), &format!("case {}", case.get())), grace, &calls)
    });
    for key in observer.run(&["KEYS", "*"]).texts() {
        assert!(observer_ttl(&server, key) > 0, "{key} lives for ever");
    }
}

fn observer_ttl(server: &Server, key: &str) -> i64 {
    server.connect().run(&["PTTL", key]).number()
}

#[test]
fn every_join_has_one_leave_and_nobody_is_a_ghost() {
    on_redis(tells_what_is);
}

#[test]
fn events_are_those_of_the_model() {
    on_redis(tells_what_the_model_tells);
}

#[test]
fn a_member_whose_process_heartbeats_is_never_swept() {
    on_redis(|shared, _, calls| keeps_whom_its_process_keeps(shared, calls));
}

#[test]
fn changes_are_numbered_without_a_gap() {
    on_redis(|mut shared, _, calls| {
        let mut last = std::collections::HashMap::new();
        for (now, verb) in calls {
            shared.call(verb, *now);
            for event in shared.events() {
                let before = last.insert(event.room.clone(), event.revision).unwrap_or(0);
                prop_assert_eq!(event.after, before);
                prop_assert!(event.revision > before && event.revision < 1 << 53);
            }
        }
        Ok(())
    });
}
