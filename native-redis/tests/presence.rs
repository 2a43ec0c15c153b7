//! Presence within one process.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream;
use tollgate::{Change, Member, NewMember, Presence, PresenceError, PresenceEvent};

#[expect(clippy::expect_used, reason = "these streams never end")]
async fn next<S: Stream + Unpin>(stream: &mut S) -> S::Item {
    std::future::poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await.expect("never ends")
}

fn is_silent<S: Stream + Unpin>(stream: &mut S) -> bool {
    matches!(Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop())), Poll::Pending)
}

fn told(event: &PresenceEvent<u32>) -> String {
    match event {
        PresenceEvent::Join { member, .. } => format!("join {}", member.id),
        PresenceEvent::Update { member, .. } => format!("update {} {}", member.id, member.data),
        PresenceEvent::Leave { member, reason, .. } => format!("leave {} {reason:?}", member.id),
        PresenceEvent::UserJoin { member, .. } => format!("user-join {}", member.id),
        PresenceEvent::UserLeave { member, reason, .. } => format!("user-leave {} {reason:?}", member.id),
        PresenceEvent::Resync { missed, .. } => format!("missed {missed}"),
        _ => panic!("another kind"),
    }
}

fn ids(members: &[Member<u32>]) -> Vec<&str> {
    members.iter().map(|member| &*member.id).collect()
}

#[tokio::test]
async fn a_user_of_two_connections_comes_once_and_leaves_once() {
    let presence = Presence::<u32>::new().expect("valid");
    let mut events = presence.events();
    let one = presence.join("r", NewMember::new(1).id("a").user("ann")).await.expect("valid");
    let two = presence.join("r", NewMember::new(2).id("b").user("ann")).await.expect("valid");
    let count = presence.count("r").await.expect("in memory");
    assert_eq!((count.members, count.users), (2, 1));
    one.update(3).await.expect("held");
    one.leave().await.expect("in memory");
    two.leave().await.expect("in memory");
    for expected in
        ["join a", "user-join a", "join b", "update a 3", "leave a Left", "leave b Left", "user-leave b Left"]
    {
        assert_eq!(told(&next(&mut events).await), expected);
    }
    assert!(is_silent(&mut events));
}

#[tokio::test]
async fn a_late_leave_of_an_old_session_does_nothing() {
    let presence = Presence::<u32>::new().expect("valid");
    let old = presence.join("r", NewMember::new(1).id("a")).await.expect("valid");
    let new = presence.join("r", NewMember::new(1).id("a")).await.expect("valid");
    assert_eq!(old.update(2).await, Err(PresenceError::Lost));
    old.leave().await.expect("in memory");
    assert!(presence.has("r", new.id()).await.expect("in memory"));
}

#[tokio::test]
async fn who_drops_a_membership_expires_once_and_wakes_who_waits() {
    let builder = Presence::<u32>::builder().ttl(Duration::from_millis(60)).heartbeat(Duration::from_millis(20));
    let presence = builder.build().expect("valid");
    let mut events = presence.events();
    let stays = presence.join("r", NewMember::new(1).id("b")).await.expect("valid");
    let dropped = presence.join("r", NewMember::new(1).id("a")).await.expect("valid");
    assert_eq!([told(&next(&mut events).await), told(&next(&mut events).await)], ["join b", "join a"]);
    let waiting = tokio::spawn(async move { (told(&next(&mut events).await), events) });
    tokio::task::yield_now().await;
    drop(dropped);
    let (first, mut events) = waiting.await.expect("no panic");
    assert_eq!(first, "leave a Expired");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(is_silent(&mut events));
    assert!(presence.has("r", stays.id()).await.expect("in memory"));
}

#[tokio::test]
async fn who_comes_back_within_the_grace_is_no_event() {
    let presence = Presence::<u32>::builder().grace(Duration::from_secs(3_600)).build().expect("valid");
    let mut events = presence.events();
    let one = presence.join("r", NewMember::new(1).id("a")).await.expect("valid");
    one.leave().await.expect("in memory");
    let again = presence.join("r", NewMember::new(1).id("a")).await.expect("valid");
    assert_eq!(told(&next(&mut events).await), "join a");
    assert!(is_silent(&mut events));
    drop(again);
}

#[tokio::test]
async fn a_watch_tells_everybody_and_then_what_has_changed() {
    let presence = Presence::<u32>::new().expect("valid");
    let a = presence.join("r", NewMember::new(1).id("a")).await.expect("valid");
    let b = presence.join("r", NewMember::new(1).id("b")).await.expect("valid");
    let mut watch = presence.watch("r");
    let Change::Snapshot(members) = next(&mut watch).await else { panic!("a snapshot first") };
    assert_eq!(ids(&members), ["a", "b"]);
    assert!(is_silent(&mut watch));
    let _c = presence.join("r", NewMember::new(1).id("c")).await.expect("valid");
    let elsewhere = presence.join("other", NewMember::new(1)).await.expect("valid");
    a.update(2).await.expect("held");
    a.update(3).await.expect("held");
    b.leave().await.expect("in memory");
    elsewhere.leave().await.expect("in memory");
    let Change::Changed { joined, updated, left, .. } = next(&mut watch).await else { panic!("one snapshot") };
    assert_eq!((ids(&joined), updated[0].data, ids(&left)), (vec!["c"], 3, vec!["b"]));
    assert!(is_silent(&mut watch));
}

#[tokio::test]
async fn members_come_in_pages() {
    let presence = Presence::<u32>::new().expect("valid");
    let mut places = Vec::new();
    for i in 0..1_500_u32 {
        places.push(presence.join("r", NewMember::new(i)).await.expect("valid"));
    }
    let first = presence.members("r", None).await.expect("in memory");
    let rest = presence.members("r", first.cursor.as_deref()).await.expect("in memory");
    assert_eq!((first.members.len(), rest.members.len(), &rest.cursor), (1_000, 500, &None));
    let mut data: Vec<u32> = first.members.iter().chain(&rest.members).map(|member| member.data).collect();
    data.sort_unstable();
    assert!(data.into_iter().eq(0..1_500));
}

#[tokio::test]
async fn a_slow_reader_of_events_is_told_how_many_it_has_missed() {
    let presence = Presence::<u32>::new().expect("valid");
    let mut events = presence.events();
    let a = presence.join("r", NewMember::new(0).id("a")).await.expect("valid");
    for i in 1..1_010 {
        a.update(i).await.expect("held");
    }
    for _ in 0..1_000 {
        assert!(!matches!(next(&mut events).await, PresenceEvent::Resync { .. }));
    }
    assert_eq!(told(&next(&mut events).await), "missed 10");
}

#[tokio::test]
async fn what_is_not_allowed_is_named() {
    let presence = Presence::<String>::builder().max_data(10).build().expect("valid");
    let text = || NewMember::new("Ann".to_owned());
    for (room, member, code) in [
        ("", text(), "CONFIG_ROOM"),
        ("r", text().id(""), "CONFIG_ID"),
        ("r", text().user("x".repeat(513)), "CONFIG_USER"),
        ("r", NewMember::new("too much of it".to_owned()), "CONFIG_DATA"),
    ] {
        assert_eq!(presence.join(room, member).await.expect_err("refused").code(), code);
    }
    let numbers = Presence::<f64>::new().expect("valid");
    assert_eq!(numbers.join("r", NewMember::new(f64::NAN)).await.expect_err("refused").code(), "CONFIG_DATA");
}

#[tokio::test]
async fn who_closes_ends_streams_and_refuses_what_follows() {
    let presence = Presence::<u32>::new().expect("valid");
    let held = presence.join("r", NewMember::new(1).id("a")).await.expect("valid");
    let (mut watch, mut events) = (presence.watch("r"), presence.events());
    let Change::Snapshot(_) = next(&mut watch).await else { panic!("a snapshot first") };
    let waiting =
        tokio::spawn(async move { std::future::poll_fn(|cx| Pin::new(&mut events).poll_next(cx)).await.is_none() });
    tokio::task::yield_now().await;
    presence.close().await;
    assert!(waiting.await.expect("no panic"));
    assert!(std::future::poll_fn(|cx| Pin::new(&mut watch).poll_next(cx)).await.is_none());
    assert_eq!(presence.has("r", "a").await, Err(PresenceError::Closed));
    assert_eq!(presence.join("r", NewMember::new(1)).await.expect_err("closed").code(), "CLOSED");
    assert_eq!(held.update(2).await, Err(PresenceError::Closed));
    held.leave().await.expect("nothing to do");
}

#[test]
fn times_are_checked_when_presence_is_made() {
    let builder = || Presence::<u32>::builder().ttl(Duration::from_secs(1)).heartbeat(Duration::from_millis(100));
    let code = |builder: tollgate::PresenceBuilder<u32>| builder.build().expect_err("refused").code();
    assert_eq!(code(builder().heartbeat(Duration::from_secs(1))), "CONFIG_HEARTBEAT");
    assert_eq!(code(builder().ttl(Duration::ZERO)), "CONFIG_TTL");
    assert_eq!(code(builder().grace(Duration::MAX)), "CONFIG_GRACE");
    assert_eq!(code(builder().max_data(0)), "CONFIG_MAX_DATA");
}
