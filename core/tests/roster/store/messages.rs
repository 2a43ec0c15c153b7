//! What is published: patterns that match our channels alone, and messages of others.

use tollgate_core::roster::{EventKind, Identity, PresenceConfig, Session};
use tollgate_core::store::presence::PresenceStore;

use super::server::Server;
use super::shared::Scripts;

#[test]
fn a_pattern_is_for_this_name_alone_whatever_is_in_it() {
    let server = Server::start();
    let mut scripts = Scripts::load(&server);
    let store = |name| PresenceStore::new(PresenceConfig::default(), "t[a]", name, 1).unwrap();
    let mut listener = server.connect();
    listener.run(&["PSUBSCRIBE", &store("*?").pattern()]);
    let identity = Identity { user: None, data: "{}".into() };
    for name in ["xy", "*?"] {
        scripts.call(&store(name).join("r", name, Session(1), &identity).unwrap());
    }
    let reply = listener.read();
    let texts = reply.texts();
    let event = store("*?").read_event(texts[2], texts[3]).unwrap();
    assert_eq!((&*event.room, &*event.member.cid), ("r", "*?"));
    assert_eq!(event.kind, EventKind::Joined { first_of_user: false });
}

#[test]
fn messages_of_others_are_no_events() {
    let store = PresenceStore::new(PresenceConfig::default(), "tollgate", "a", 1).unwrap();
    let message = "2 1 joined 1 c0 {}";
    assert!(store.read_event("tollgate:a:presence:room", message).is_some());
    assert_eq!(store.read_event("tollgate:b:presence:room", message), None);
    assert_eq!(store.read_event("tollgate:a:presence:room", "hello"), None);
}
