//! Presence of several processes over Redis.

use std::collections::BTreeSet;
use std::time::Duration;

use tollgate::{Change, ConfigError, NewMember, Presence, PresenceError};

use crate::cluster::cluster;
use crate::roster::{Followed, builder, eventually, hearing, lasting, next, presence, told, told_until};
use crate::server::Server;

fn member(id: &str, data: u32) -> NewMember<u32> {
    NewMember::new(data).id(id)
}

#[tokio::test]
async fn members_are_seen_by_others_with_users_and_data() {
    let server = Server::start().await;
    let (here, there) = (presence(&server).await, presence(&server).await);
    let mut followed = Followed::new(there.watch("r")).await;
    let mut events = here.events();
    let one = here.join("r", member("a", 1).user("ann")).await.expect("valid");
    let two = there.join("r", member("b", 2).user("ann")).await.expect("valid");
    followed.until(&[("a", 1), ("b", 2)]).await;
    let count = there.count("r").await.expect("there");
    assert_eq!((count.members, count.users), (2, 1));
    assert!(there.has("r", "a").await.expect("there") && !there.has("r", "c").await.expect("there"));
    let listed = there.members("r", None).await.expect("there").members;
    assert_eq!((&*listed[0].id, listed[0].user.as_deref(), listed[0].data), ("a", Some("ann"), 1));
    one.update(3).await.expect("held");
    followed.until(&[("a", 3), ("b", 2)]).await;
    one.leave().await.expect("left");
    two.leave().await.expect("left");
    followed.until(&[]).await;
    for expected in
        ["join r a", "user-join a", "join r b", "update a 3", "leave r a Left", "leave r b Left", "user-leave b Left"]
    {
        assert_eq!(told(&mut events).await, expected);
    }
}

#[tokio::test]
async fn members_outlive_their_ttl_by_heartbeats() {
    let server = Server::start().await;
    let here = presence(&server).await;
    let _held = here.join("r", member("a", 1)).await.expect("valid");
    let expiry = || server.ask::<f64>(&["ZSCORE", "{tollgate:chat:presence:0}:expiry:r", "a"]);
    let first = expiry();
    eventually("three TTLs have passed", || async { expiry() > first + 4_500.0 }).await;
    assert!(here.has("r", "a").await.expect("there"));
}

#[tokio::test]
async fn heartbeats_travel_together() {
    let server = Server::start().await;
    let builder = builder().ttl(Duration::from_secs(60)).heartbeat(Duration::from_secs(3));
    let here = builder.connect(&server.url()).await.expect("valid");
    let joins = (0..10_000_u32).map(|i| {
        let here = here.clone();
        tokio::spawn(async move { here.join(&format!("r{}", i % 10), NewMember::new(i)).await })
    });
    let mut held = Vec::new();
    for join in joins.collect::<Vec<_>>() {
        held.push(join.await.expect("no panic").expect("valid"));
    }
    let _: String = server.ask(&["CONFIG", "RESETSTAT"]);
    let latest = |from: &str, to: &str| -> f64 {
        let scores = (0..10).map(|i| {
            let key = format!("{{tollgate:chat:presence:0}}:expiry:r{i}");
            server.ask::<Vec<(String, f64)>>(&["ZRANGE", &key, from, to, "WITHSCORES"])[0].1
        });
        if from == "0" { scores.fold(f64::MAX, f64::min) } else { scores.fold(0.0, f64::max) }
    };
    let last = latest("-1", "-1");
    eventually("all were vouched for", || async { latest("0", "0") > last }).await;
    // One by one these were ten thousand. A round takes 20, and there may have been some.
    assert!(server.calls_of("evalsha") < 100, "{} calls", server.calls_of("evalsha"));
    assert_eq!(held.len(), 10_000);
}

#[tokio::test]
async fn a_late_leave_of_an_old_session_does_nothing() {
    let server = Server::start().await;
    let (here, there) = (presence(&server).await, presence(&server).await);
    let old = here.join("r", member("a", 1)).await.expect("valid");
    let new = there.join("r", member("a", 2)).await.expect("valid");
    assert_eq!(old.update(3).await, Err(PresenceError::Lost));
    old.leave().await.expect("nothing to do");
    let unheard = here.join("r", member("b", 1)).await.expect("valid");
    let _newer = there.join("r", member("b", 2)).await.expect("valid");
    // This one was not told that it has lost its place.
    unheard.leave().await.expect("nothing done");
    let members = there.members("r", None).await.expect("there").members;
    assert_eq!(members.iter().map(|member| (&*member.id, member.data)).collect::<Vec<_>>(), [("a", 2), ("b", 2)]);
    drop(new);
}

#[tokio::test]
async fn with_a_grace_who_comes_back_elsewhere_was_never_away() {
    let server = Server::start().await;
    let builder = || builder().grace(Duration::from_secs(600));
    let here = builder().connect(&server.url()).await.expect("valid");
    let there = builder().connect(&server.url()).await.expect("valid");
    let mut events = hearing(&there).await;
    let one = here.join("r", member("a", 1)).await.expect("valid");
    one.leave().await.expect("left");
    assert!(there.has("r", "a").await.expect("there"));
    let _again = there.join("r", member("a", 1)).await.expect("valid");
    let _last = there.join("r", member("z", 1)).await.expect("valid");
    assert_eq!(told_until(&mut events, "join r z").await, ["join r a"]);
}

#[tokio::test]
async fn members_are_paged_each_once() {
    let server = Server::start().await;
    let here = lasting(&server).await;
    let mut held = Vec::new();
    for i in 0..2_500_u32 {
        held.push(here.join("r", NewMember::new(i)).await.expect("valid"));
    }
    let (mut data, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = here.members("r", cursor.as_deref()).await.expect("there");
        data.extend(page.members.iter().map(|member| member.data));
        (cursor, pages) = (page.cursor, pages + 1);
        if cursor.is_none() {
            break;
        }
    }
    assert!(pages > 1);
    assert!(data.into_iter().collect::<BTreeSet<_>>().into_iter().eq(0..2_500));
    let followed = Followed::new(here.watch("r")).await;
    assert_eq!(followed.members().len(), 2_500);
    assert_eq!(here.members("r", Some("a")).await.expect_err("no cursor").code(), "CONFIG_CURSOR");
}

#[tokio::test]
async fn reading_evicts_who_has_expired_though_nobody_sweeps() {
    let server = Server::start().await;
    let reader = lasting(&server).await;
    let mut events = hearing(&reader).await;
    let dying = presence(&server).await;
    drop(dying.join("r", member("a", 1)).await.expect("valid"));
    drop(dying);
    eventually("it has expired", || async { reader.count("r").await.expect("there").members == 0 }).await;
    assert!(reader.members("r", None).await.expect("there").members.is_empty());
    assert_eq!([told(&mut events).await, told(&mut events).await], ["join r a", "leave r a Expired"]);
}

#[tokio::test]
async fn who_closes_leaves_with_all_its_members() {
    let server = Server::start().await;
    let (here, there) = (lasting(&server).await, lasting(&server).await);
    let (mut ended, mut events) = (here.events(), here.watch("r"));
    let mut held = Vec::new();
    for i in 0..200 {
        held.push(here.join(&format!("r{}", i % 7), member(&format!("c{i}"), 1)).await.expect("valid"));
    }
    assert!(matches!(next(&mut events).await, Some(Change::Snapshot(members)) if members.is_empty()));
    here.close().await;
    for i in 0..7 {
        assert_eq!(there.count(&format!("r{i}")).await.expect("there").members, 0);
    }
    assert!(next(&mut ended).await.is_none() && next(&mut events).await.is_none());
    assert_eq!(here.join("r", member("x", 1)).await.expect_err("closed").code(), "CLOSED");
    assert_eq!(here.members("r", None).await.expect_err("closed").code(), "CLOSED");
    assert_eq!(held[0].update(2).await, Err(PresenceError::Closed));
    assert!(next(&mut here.watch("r")).await.is_none());
    here.close().await;
}

#[tokio::test]
async fn keys_and_messages_are_those_of_node() {
    let server = Server::start().await;
    let here = presence(&server).await;
    let key = |part: &str| format!("{{tollgate:chat:presence:0}}:{part}:lobby");
    let mut connection = server.connection();
    let mut raw = connection.as_pubsub();
    raw.subscribe("tollgate:chat:presence:lobby").expect("in force");
    let held = here.join("lobby", member("c1", 7).user("ann")).await.expect("valid");
    assert_eq!(server.ask::<Vec<String>>(&["ZRANGE", &key("expiry"), "0", "-1"]), ["c1"]);
    assert_eq!(server.ask::<Vec<String>>(&["HKEYS", &key("who")]), ["c1"]);
    assert!(server.ask::<String>(&["HGET", &key("who"), "c1"]).ends_with(" 3 ann7"));
    let text: String = raw.get_message().expect("a message").get_payload().expect("text");
    let (revision, rest) = text.split_once(' ').expect("a revision");
    let (after, rest) = rest.split_once(' ').expect("what it follows");
    assert!(revision.parse::<u64>().expect("a number") > after.parse().expect("a number"));
    assert_eq!(rest, "joined+user 2 c13 ann7");
    // And what others write there is told here; what is none of ours is dropped.
    let mut events = here.events();
    held.update(8).await.expect("held");
    let _second = here.join("lobby", member("c2", 1)).await.expect("valid");
    for message in ["hello", "9 8 left 2 c93 bob5"] {
        let _: i64 = server.ask(&["PUBLISH", "tollgate:chat:presence:elsewhere", message]);
    }
    let before = told_until(&mut events, "leave elsewhere c9 Left").await;
    assert_eq!(before.last().map(String::as_str), Some("join lobby c2"));
}

#[tokio::test]
async fn names_and_prefixes_share_nothing_and_bad_settings_are_named() {
    let server = Server::start().await;
    let one = presence(&server).await;
    let other = builder().name("other").connect(&server.url()).await.expect("valid");
    let _held = one.join("r", member("a", 1)).await.expect("valid");
    assert!(!other.has("r", "a").await.expect("there"));
    let code = |result: Result<Presence<u32>, ConfigError>| result.expect_err("refused").code();
    let url = "redis://127.0.0.1:1/";
    assert_eq!(code(Presence::connect("ftp://nowhere").await), "CONFIG_REDIS");
    assert_eq!(code(builder().name("a b").connect(url).await), "CONFIG_NAME");
    assert_eq!(code(builder().prefix("{").connect(url).await), "CONFIG_PREFIX");
    assert_eq!(code(builder().store_timeout(Duration::ZERO).connect(url).await), "CONFIG_STORE_TIMEOUT");
    assert_eq!(code(builder().heartbeat(Duration::from_secs(9)).connect(url).await), "CONFIG_HEARTBEAT");
    assert_eq!(one.join("", member("a", 1)).await.expect_err("refused").code(), "CONFIG_ROOM");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_has_rooms_on_all_nodes() {
    let nodes = cluster().await;
    let here = builder().connect(&nodes[0].url()).await.expect("valid");
    let there = builder().connect(&nodes[1].url()).await.expect("valid");
    eventually("it is reached", || async { there.count("r0").await.is_ok() }).await;
    let mut events = hearing(&there).await;
    let mut held = Vec::new();
    for i in 0..40 {
        held.push(here.join(&format!("r{i}"), member("a", i)).await.expect("valid"));
    }
    let last = there.join("last", member("z", 1)).await.expect("valid");
    eventually("all are there", || async {
        let mut found = 0;
        for i in 0..40 {
            found += usize::from(there.has(&format!("r{i}"), "a").await.unwrap_or(false));
        }
        found == 40
    })
    .await;
    for node in &nodes {
        let keys: i64 = node.ask(&["DBSIZE"]);
        assert!(keys > 0, "each has some");
    }
    drop(held);
    let mut left = BTreeSet::new();
    while left.len() < 40 {
        if let Some(room) =
            told(&mut events).await.strip_prefix("leave ").and_then(|rest| rest.strip_suffix(" a Expired"))
        {
            assert!(left.insert(room.to_owned()), "once");
        }
    }
    assert!(there.has("last", last.id()).await.expect("there"));
}
