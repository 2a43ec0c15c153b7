//! Keys go by themselves, names may be anything, and a partition is one slot.

use tollgate_core::roster::{Identity, PresenceConfig, Session};
use tollgate_core::store::presence::PresenceStore;

use super::server::Server;
use super::shared::Scripts;

fn store() -> PresenceStore {
    PresenceStore::new(PresenceConfig::default(), "test", "keys", 64).unwrap()
}

fn somebody() -> Identity {
    Identity { user: Some("ann".into()), data: "{}".into() }
}

#[test]
fn a_room_is_a_sorted_set_by_expiry_and_a_hash_of_identities() {
    let server = Server::start();
    let mut scripts = Scripts::load(&server);
    let store = PresenceStore::new(PresenceConfig::default(), "test", "keys", 1).unwrap();
    let now = tollgate_core::Timestamp::from_millis(5_000);
    scripts.at(now).call(&store.join("lobby", "c1", Session(7), &somebody()).unwrap());
    let mut run = |command: &[&str]| scripts.connection.run(command);
    let scores = run(&["ZRANGE", "{test:keys:presence:0}:expiry:lobby", "0", "-1", "WITHSCORES"]);
    assert_eq!(scores.texts(), ["c1", "35000"]);
    assert_eq!(run(&["HGETALL", "{test:keys:presence:0}:who:lobby"]).texts(), ["c1", "7 3 ann{}"]);
    let users = run(&["HVALS", "{test:keys:presence:0}:users:lobby"]);
    assert_eq!(users.texts(), ["\0ann\u{1}1", "5000000 1"]);
}

#[test]
fn keys_live_longer_than_any_member_and_not_for_ever() {
    let server = Server::start();
    let mut scripts = Scripts::load(&server);
    let join = store().join("lobby", "c1", Session(7), &somebody()).unwrap();
    scripts.call(&join);
    assert_eq!(join.keys.len(), 4);
    let mut life = |key: &String| scripts.connection.run(&["PTTL", key]).number();
    assert!(join.keys.iter().map(&mut life).all(|ms| (60_001..=360_000).contains(&ms)));
    scripts.call(&store().leave("lobby", "c1", Session(7)));
    let keys = scripts.connection.run(&["KEYS", "*"]);
    // The room's number of changes, and the index that has not been looked at.
    assert_eq!(keys.list().len(), 2, "{keys:?}");
    for key in keys.texts() {
        assert!(scripts.connection.run(&["PTTL", key]).number() > 60_000);
    }
}

#[test]
fn any_name_is_a_name_of_its_own() {
    let server = Server::start();
    let mut scripts = Scripts::load(&server);
    let names = ["a", "A", "a ", " ", "{a}", "}{", "a:b", "*", "[a]?\\", "\0", "\r\n", "é", "e\u{301}", "🦀", "0", "-"];
    for (i, name) in names.iter().enumerate() {
        let identity = Identity { user: Some((*name).into()), data: format!("\"{i}\"") };
        scripts.call(&store().join(name, name, Session(i as u64), &identity).unwrap());
    }
    let mut count = |room: &str| {
        let reply = scripts.call(&store().count(room));
        PresenceStore::read_count(&reply.numbers()).unwrap().0.users
    };
    assert!(names.iter().all(|name| count(name) == 1));
    for (i, name) in names.iter().enumerate() {
        let reply = scripts.call(&store().members(name, "0", 10));
        let [member] = &PresenceStore::read_page(&reply.texts()).unwrap().members[..] else { panic!("{name:?}") };
        assert_eq!((&*member.cid, member.identity.user.as_deref()), (*name, Some(*name)));
        assert_eq!(member.identity.data, format!("\"{i}\""));
    }
}

#[test]
fn users_that_share_a_field_are_told_apart() {
    let server = Server::start();
    let mut scripts = Scripts::load(&server);
    let users = (0..4_000).map(|i| format!("{}{i}", ["", "\0", "\u{1}", "\u{2}", "1"][i % 5])).collect::<Vec<_>>();
    let count = |scripts: &mut Scripts| {
        let reply = scripts.call(&store().count("r"));
        PresenceStore::read_count(&reply.numbers()).unwrap().0.users
    };
    for connection in 0..2 {
        for user in &users {
            let identity = Identity { user: Some(user.clone()), data: "{}".into() };
            let cid = format!("{connection} {user}");
            scripts.call(&store().join("r", &cid, Session(1), &identity).unwrap());
        }
        assert_eq!(count(&mut scripts), 4_000);
    }
    for (connection, left) in [(1, 4_000), (0, 0)] {
        for user in &users {
            scripts.call(&store().leave("r", &format!("{connection} {user}"), Session(1)));
        }
        assert_eq!(count(&mut scripts), left);
    }
}

#[test]
fn all_keys_of_a_call_share_a_hash_tag_and_rooms_are_spread() {
    let tag = |key: &str| key[key.find('{').unwrap()..=key.find('}').unwrap()].to_owned();
    let mut tags = std::collections::BTreeSet::new();
    for i in 0..1_000 {
        let call = store().join(&format!("room {i}"), "c", Session(1), &somebody()).unwrap();
        assert!(call.keys.iter().all(|key| tag(key) == tag(&call.keys[0])));
        tags.insert(tag(&call.keys[0]));
    }
    assert_eq!(tags.len(), 64);
}

#[test]
fn a_foreign_value_at_a_key_is_an_error_of_the_store() {
    let server = Server::start();
    let mut scripts = Scripts::load(&server);
    let call = store().join("lobby", "c1", Session(7), &somebody()).unwrap();
    scripts.connection.run(&["SET", &call.keys[2], "something else"]);
    let words =
        [vec!["EVAL".to_owned(), call.script.source.to_owned(), call.keys.len().to_string()], call.keys, call.args];
    scripts.connection.send(&words.concat());
    let super::resp::Reply::Error(error) = scripts.connection.read() else { panic!("no error") };
    assert!(error.contains("WRONGTYPE"), "{error}");
}
