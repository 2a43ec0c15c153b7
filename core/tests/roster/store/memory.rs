//! What Redis keeps for a member, beside a bare sorted set and hash with the same ids and data.

use tollgate_core::roster::{Identity, PresenceConfig, Session};
use tollgate_core::store::presence::PresenceStore;

use super::resp::Connection;
use super::server::Server;
use super::shared::Scripts;

/// Ids, users and data as applications have them.
fn member(i: u64) -> (String, Identity) {
    let id = |salt: u64| format!("{:016x}{:04x}", (i + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15), i & 0xffff);
    let data =
        format!("{{\"name\":\"Somebody {i}\",\"avatar\":\"https://example.com/a/{i}.png\",\"status\":\"online\"}}");
    (id(1), Identity { user: Some(id(2)), data })
}

fn used(connection: &mut Connection) -> u64 {
    let reply = connection.run(&["INFO", "memory"]);
    let line = reply.text().lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap().to_owned();
    line.parse().unwrap()
}

fn bare(server: &Server, rooms: u64, members: u64) -> u64 {
    let mut connection = server.connect();
    let before = used(&mut connection);
    for i in 0..members {
        let (cid, identity) = member(i);
        let room = i % rooms;
        connection.run(&["ZADD", &format!("bare:{room}:z"), "1764000000000", &cid]);
        let value = format!("{}{}", identity.user.unwrap(), identity.data);
        connection.run(&["HSET", &format!("bare:{room}:h"), &cid, &value]);
    }
    used(&mut connection) - before
}

fn ours(server: &Server, rooms: u64, members: u64) -> u64 {
    let mut scripts = Scripts::load(server);
    let store = PresenceStore::new(PresenceConfig::default(), "t", "p", 1).unwrap();
    // What the scripts themselves take is there before.
    scripts.call(&store.join("first", "c", Session(1), &member(0).1).unwrap());
    let before = used(&mut scripts.connection);
    for i in 0..members {
        let (cid, identity) = member(i);
        scripts.call(&store.join(&format!("room {}", i % rooms), &cid, Session(1 << 50 | i), &identity).unwrap());
    }
    used(&mut scripts.connection) - before
}

#[test]
fn at_most_a_quarter_more_than_the_bare_minimum() {
    for (rooms, members) in [(1, 10_000), (10, 10_000), (40, 10_000)] {
        let (bare, ours) = (bare(&Server::start(), rooms, members), ours(&Server::start(), rooms, members));
        println!("{rooms} rooms, {members} members: bare {bare}, ours {ours}, {:.3}", ours as f64 / bare as f64);
        assert!(ours * 4 <= bare * 5, "{rooms} rooms: {ours} bytes beside {bare}");
    }
}
