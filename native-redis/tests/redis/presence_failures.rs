//! Processes of presence that vanish, and a Redis that does.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tollgate::{Membership, NewMember, Presence, PresenceEvents};

use crate::roster::{Followed, builder, eventually, hearing, lasting, presence, told, told_until};
use crate::server::Server;

async fn join_many(presence: &Presence<u32>, room: &str, prefix: &str, count: u32) -> Vec<Membership<u32>> {
    let mut held = Vec::new();
    for i in 0..count {
        let member = NewMember::new(i).id(format!("{prefix}{i}"));
        held.push(presence.join(room, member).await.expect("valid"));
    }
    held
}

/// Reads events until so many have left, and then until somebody joins; each has left once.
async fn all_leave_once(events: &mut PresenceEvents<u32>, room: &str, count: usize, other: &Presence<u32>) {
    let mut left = BTreeSet::new();
    while left.len() < count {
        let one = told(events).await;
        assert!(!one.starts_with("leave") || left.insert(one.clone()), "{one} twice");
    }
    assert!(left.iter().all(|one| one.starts_with(&format!("leave {room} ")) && one.ends_with(" Expired")));
    // Whoever sweeps once more has done so by then.
    tokio::time::sleep(Duration::from_millis(900)).await;
    let id = format!("last of {count}");
    let last = other.join(room, NewMember::new(0).id(&*id)).await.expect("valid");
    let more = told_until(events, &format!("join {room} {id}")).await;
    assert!(!more.iter().any(|one| one.starts_with("leave")), "{more:?}");
    last.leave().await.expect("left");
}

#[tokio::test]
async fn who_is_dropped_leaves_once_however_many_sweep() {
    let server = Server::start().await;
    let others = [presence(&server).await, presence(&server).await, presence(&server).await];
    let mut events = Vec::new();
    for other in &others {
        events.push(hearing(other).await);
    }
    let stays = others[0].join("r", NewMember::new(1).id("stays")).await.expect("valid");
    let dying = presence(&server).await;
    let held = join_many(&dying, "r", "c", 150).await;
    assert_eq!(others[1].count("r").await.expect("there").members, 151);
    drop((dying, held));
    for events in &mut events {
        all_leave_once(events, "r", 150, &others[1]).await;
    }
    assert!(others[2].has("r", stays.id()).await.expect("there"));
}

#[tokio::test]
async fn a_room_that_only_an_aborted_process_had_is_swept_by_others() {
    let server = Server::start().await;
    let other = presence(&server).await;
    let mut events = hearing(&other).await;
    // A process of its own, as far as that is possible: all of its tasks end at once, and nothing is dropped.
    let url = server.url();
    let dying = std::thread::spawn(move || {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let held = runtime.block_on(async {
            let presence = builder().connect(&url).await.expect("valid");
            let held = join_many(&presence, "only theirs", "c", 20).await;
            (presence, held)
        });
        runtime.shutdown_background();
        held
    });
    let vanished = dying.join().expect("no panic");
    all_leave_once(&mut events, "only theirs", 20, &other).await;
    drop(vanished);
}

#[tokio::test]
async fn redis_that_knows_nobody_is_told_by_heartbeats() {
    let mut server = Server::start().await;
    let (here, there) = (presence(&server).await, presence(&server).await);
    let one = here.join("r", NewMember::new(1).id("a")).await.expect("valid");
    let _two = there.join("r", NewMember::new(2).id("b")).await.expect("valid");
    let mut followed = Followed::new(there.watch("r")).await;
    assert_eq!(followed.members(), [("a", 1), ("b", 2)]);
    server.kill();
    server.run().await;
    eventually("both are there again", || async {
        there.members("r", None).await.is_ok_and(|page| page.members.len() == 2)
    })
    .await;
    one.update(3).await.expect("held");
    followed.until(&[("a", 3), ("b", 2)]).await;
}

#[tokio::test]
async fn while_redis_is_away_joins_are_kept_and_reads_fail() {
    let mut server = Server::reserved(&[]);
    let builder = builder().store_timeout(Duration::from_millis(500));
    let here = builder.connect(&server.url()).await.expect("valid");
    let held = here.join("r", NewMember::new(1).id("a")).await.expect("kept");
    let gone = here.join("r", NewMember::new(1).id("b")).await.expect("kept");
    held.update(2).await.expect("kept");
    gone.leave().await.expect("kept");
    for code in [
        here.members("r", None).await.expect_err("away").code(),
        here.count("r").await.expect_err("away").code(),
        here.has("r", "a").await.expect_err("away").code(),
    ] {
        assert!(code.starts_with("STORE_"), "{code}");
    }
    server.run().await;
    let there = lasting(&server).await;
    let mut followed = Followed::new(there.watch("r")).await;
    followed.until(&[("a", 2)]).await;
}

#[tokio::test]
async fn what_redis_did_not_hear_is_said_again() {
    let server = Server::start().await;
    let builder = builder().ttl(Duration::from_secs(60)).store_timeout(Duration::from_millis(100));
    let here = builder.connect(&server.url()).await.expect("valid");
    let there = lasting(&server).await;
    let mut followed = Followed::new(there.watch("r")).await;
    let (a, b) = (here.join("r", NewMember::new(1).id("a")), here.join("r", NewMember::new(1).id("b")));
    let (a, b) = (a.await.expect("valid"), b.await.expect("valid"));
    followed.until(&[("a", 1), ("b", 1)]).await;
    // Writes are refused, so what was asked has not been done.
    let _: String = server.ask(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    a.update(2).await.expect("kept");
    b.leave().await.expect("kept");
    assert_eq!(there.count("r").await.map(|count| count.members).unwrap_or(2), 2);
    let _: String = server.ask(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    followed.until(&[("a", 2)]).await;
}

#[tokio::test]
async fn a_subscriber_that_is_killed_tells_and_reads_the_room_anew() {
    let server = Server::start().await;
    let (here, there) = (lasting(&server).await, lasting(&server).await);
    let mut events = there.events();
    let mut followed = Followed::new(there.watch("r")).await;
    let one = here.join("r", NewMember::new(1).id("a")).await.expect("valid");
    let mut data = 1;
    for _ in 0..3 {
        followed.until(&[("a", data)]).await;
        let killed: i64 = server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        assert_eq!(killed, 1);
        // Nobody hears these.
        data += 1;
        one.update(data).await.expect("held");
        let passing = here.join("r", NewMember::new(1).id("b")).await.expect("valid");
        passing.leave().await.expect("left");
        followed.until(&[("a", data)]).await;
        told_until(&mut events, "reconnected").await;
    }
    one.leave().await.expect("left");
    followed.until(&[]).await;
}

#[tokio::test]
async fn who_gives_up_joining_leaves_nobody_behind() {
    let server = Server::start().await;
    let here = presence(&server).await;
    let mut join = Box::pin(here.join("r", NewMember::new(1).id("a")));
    let waker = std::task::Waker::noop();
    assert!(join.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
    drop(join);
    eventually("it was registered", || async { here.has("r", "a").await.expect("there") }).await;
    eventually("nobody vouches for it", || async { !here.has("r", "a").await.expect("there") }).await;
}

#[tokio::test]
async fn no_task_is_left_of_what_is_dropped() {
    let server = Server::start().await;
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let here = presence(&server).await;
    let held = here.join("r", NewMember::new(1)).await.expect("valid");
    let (events, followed) = (here.events(), Followed::new(here.watch("r")).await);
    drop(here);
    // Any handle keeps it at work.
    assert!(tasks() > before);
    held.update(2).await.expect("held");
    drop((held, events, followed));
    eventually("all have ended", || async { tasks() == before }).await;
}

#[tokio::test]
async fn keys_that_are_something_else_fail_reads_and_stop_nobody() {
    let server = Server::start().await;
    let here = presence(&server).await;
    let _: String = server.ask(&["SET", "{tollgate:chat:presence:0}:expiry:r", "x"]);
    let held = here.join("r", NewMember::new(1).id("a")).await.expect("kept");
    assert_eq!(here.count("r").await.expect_err("not a room").code(), "STORE_ERROR");
    let _: i64 = server.ask(&["DEL", "{tollgate:chat:presence:0}:expiry:r"]);
    eventually("it is there", || async { here.has("r", held.id()).await.expect("a room") }).await;
}
