//! Members of processes that are gone: once each, a few at a time, in any room.

use std::collections::BTreeMap;

use tollgate_core::roster::{Count, EventKind, Identity, PresenceConfig, Reason, Session};
use tollgate_core::store::presence::PresenceStore;
use tollgate_core::{Span, Timestamp};

use super::resp::Connection;
use super::server::Server;
use super::shared::Scripts;

fn at(secs: u64) -> Timestamp {
    Timestamp::ZERO.saturating_add(Span::from_secs(secs))
}

fn store() -> PresenceStore {
    PresenceStore::new(PresenceConfig::default(), "test", "sweep", 4).unwrap()
}

fn fill(scripts: &mut Scripts, rooms: u64, members: u64) {
    let store = store();
    for i in 0..members {
        let identity = Identity { user: Some(format!("u{}", i / 2)), data: "{}".into() };
        let call = store.join(&format!("r{}", i % rooms), &format!("c{i}"), Session(i), &identity).unwrap();
        assert_eq!(scripts.call(&call).number(), 1);
    }
}

/// How often each member was told to have expired.
fn expired(listener: &mut Connection) -> BTreeMap<String, usize> {
    listener.send(&["PING", "so far"]);
    let mut expired = BTreeMap::new();
    loop {
        let reply = listener.read();
        let texts = reply.texts();
        if texts[0] == "pong" {
            return expired;
        }
        let event = store().read_event(texts[2], texts[3]).unwrap();
        if matches!(event.kind, EventKind::Left { reason: Reason::Expired, .. }) {
            *expired.entry(event.member.cid.to_string()).or_default() += 1;
        }
    }
}

#[test]
fn several_processes_sweep_at_once_and_each_leave_is_told_once() {
    let server = Server::start();
    fill(&mut Scripts::load(&server), 5, 3_000);
    server.clock().set(at(30));
    let mut listener = server.connect();
    listener.run(&["PSUBSCRIBE", &store().pattern()]);
    let swept: u64 = std::thread::scope(|scope| {
        let process = || scope.spawn(|| Scripts::load(&server).sweep(&store()));
        [process(), process(), process()].into_iter().map(|process| process.join().unwrap()).sum()
    });
    assert_eq!(swept, 3_000);
    let expired = expired(&mut listener);
    assert_eq!(expired.len(), 3_000);
    assert!(expired.values().all(|times| *times == 1));
}

#[test]
fn one_script_takes_out_a_few_at_most_and_says_that_more_are_due() {
    let server = Server::start();
    let mut scripts = Scripts::load(&server);
    fill(&mut scripts, 1, 1_000);
    let store = store();
    scripts.at(at(31));
    let partition = (0..4).find(|partition| !scripts.call(&store.due(*partition)).list().is_empty()).unwrap();
    let sweep = store.sweep(partition, &["r0"]);
    let mut swept = || PresenceStore::read_swept(&scripts.call(&sweep).numbers()).unwrap();
    let answers: Vec<_> = (0..17).map(|_| swept()).map(|swept| (swept.removed, swept.more)).collect();
    assert_eq!(answers[..15], [(64, true); 15]);
    assert_eq!(answers[15..], [(40, false), (0, false)]);
    assert!(scripts.call(&store.due(partition)).list().is_empty());
}

#[test]
fn a_read_never_lists_who_is_due_however_much_is_left_to_sweep() {
    let server = Server::start();
    let mut scripts = Scripts::load(&server);
    fill(&mut scripts, 1, 1_000);
    let identity = Identity { user: None, data: "{}".into() };
    scripts.at(at(29)).call(&store().join("r0", "late", Session(1), &identity).unwrap());
    let store = store();
    scripts.at(at(30));
    let (mut cursor, mut listed) = ("0".to_owned(), Vec::new());
    loop {
        let reply = scripts.call(&store.members("r0", &cursor, 100));
        let page = PresenceStore::read_page(&reply.texts()).unwrap();
        listed.extend(page.members.into_iter().map(|member| member.cid.to_string()));
        let Some(next) = page.cursor else { break };
        cursor = next.to_string();
    }
    listed.dedup();
    assert_eq!(listed, ["late"]);
    assert_eq!(scripts.call(&store.has("r0", "late")).number(), 1);
    assert_eq!(scripts.call(&store.has("r0", "c999")).number(), 0);
}

#[test]
fn counts_say_when_users_are_still_to_be_swept() {
    let server = Server::start();
    let mut scripts = Scripts::load(&server);
    fill(&mut scripts, 1, 150);
    let mut count = |secs| {
        let reply = scripts.at(at(secs)).call(&store().count("r0"));
        PresenceStore::read_count(&reply.numbers()).unwrap()
    };
    assert_eq!(count(29), (Count { members: 150, users: 75 }, false));
    let (first, more) = count(30);
    assert!((first.members, more) == (0, true) && first.users > 0);
    assert!(count(30).1);
    assert_eq!(count(30), (Count::default(), false));
}

#[test]
fn a_room_that_is_alive_is_looked_at_again_and_left_alone() {
    let server = Server::start();
    let mut scripts = Scripts::load(&server);
    fill(&mut scripts, 3, 30);
    assert_eq!(scripts.at(at(29)).sweep(&store()), 0);
    for i in 0..30 {
        let identity = Identity { user: Some(format!("u{}", i / 2)), data: "{}".into() };
        let call = store().join(&format!("r{}", i % 3), &format!("c{i}"), Session(i), &identity).unwrap();
        scripts.call(&call);
    }
    assert_eq!(scripts.at(at(58)).sweep(&store()), 0);
    assert_eq!(scripts.at(at(59)).sweep(&store()), 30);
}
