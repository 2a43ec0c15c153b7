//! Redis is slow, stopped, restarted, or not there at all.

use std::time::{Duration, Instant};

use tollgate::{Pace, PaceError, Share, ShareEvent};

use super::{
    Busy, HEARTBEAT, LIMIT, assert_kept, builder, each_uses_its_share, event, group, joined, next, shares, until,
};
use crate::server::Server;

#[tokio::test]
async fn subscribers_whose_connections_are_cut_keep_the_quota_and_find_each_other_again() {
    let server = Server::start().await;
    let (one, two) = tokio::join!(Busy::join(&server), Busy::join(&server));
    shares(&[&one, &two], &[15, 15]).await;
    let mut events = one.pacer.events();
    let killed: i64 = server.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    assert_eq!(killed, 2);
    event(&mut events, |event| matches!(event, ShareEvent::Error(_))).await;
    // They hear a newcomer, and one that leaves.
    let three = Busy::join(&server).await;
    shares(&[&one, &two, &three], &[10, 10, 10]).await;
    three.pacer.clone().close().await;
    shares(&[&one, &two], &[15, 15]).await;
    each_uses_its_share(&[&one, &two]).await;
    assert_kept(LIMIT, &[&one, &two, &three]);
}

#[tokio::test]
async fn a_server_that_stands_still_for_longer_than_a_heartbeat_lets_nothing_start_until_it_goes_on() {
    let server = Server::start().await;
    let (one, two) = tokio::join!(Busy::join(&server), Busy::join(&server));
    shares(&[&one, &two], &[15, 15]).await;
    let mut events = one.pacer.events();
    server.signal("-STOP");
    assert_eq!(event(&mut events, is_fence).await, ShareEvent::Fenced(true));
    shares(&[&one, &two], &[0, 0]).await;
    let stopped = Instant::now() + super::LATE;
    tokio::time::sleep(2 * HEARTBEAT).await;
    assert!(![&one, &two].iter().any(|member| member.has_started_since(stopped)));
    assert_eq!(group(&one.pacer).peers, 2);
    server.signal("-CONT");
    assert_eq!(event(&mut events, is_fence).await, ShareEvent::Fenced(false));
    shares(&[&one, &two], &[15, 15]).await;
    each_uses_its_share(&[&one, &two]).await;
    assert_kept(LIMIT, &[&one, &two]);
}

fn is_fence(event: &ShareEvent) -> bool {
    matches!(event, ShareEvent::Fenced(_))
}

#[tokio::test]
async fn a_server_that_is_killed_is_told_once_and_used_again_when_it_is_back() {
    let mut server = Server::start().await;
    let (one, two) = tokio::join!(Busy::join(&server), Busy::join(&server));
    shares(&[&one, &two], &[15, 15]).await;
    let mut events = one.pacer.events();
    server.kill();
    shares(&[&one, &two], &[0, 0]).await;
    let late = one.pacer.acquire(Pace::new(1).priority(100).max_delay(Duration::from_millis(50))).await;
    assert_eq!(late.err(), Some(PaceError::Timeout));
    // Who asks only now is told first.
    assert!(matches!(next(&mut one.pacer.events()).await, Some(ShareEvent::Error(_))));
    server.run().await;
    shares(&[&one, &two], &[15, 15]).await;
    each_uses_its_share(&[&one, &two]).await;
    assert_kept(LIMIT, &[&one, &two]);
    one.pacer.close().await;
    let mut outages = 0;
    while let Some(event) = next(&mut events).await {
        outages += usize::from(matches!(event, ShareEvent::Error(_)));
    }
    assert_eq!(outages, 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_at_first_is_told_and_calls_wait_for_it_as_long_as_they_may() {
    let mut server = Server::reserved(&[]);
    let pacer = joined(&server, builder(LIMIT).max_delay(Duration::from_millis(200))).await;
    let mut events = pacer.events();
    assert!(matches!(next(&mut events).await, Some(ShareEvent::Error(_))));
    assert_eq!(pacer.acquire(1).await.err(), Some(PaceError::Timeout));
    let patient = pacer.acquire(Pace::new(1).max_delay(Duration::from_secs(60)));
    let (waited, ()) = tokio::join!(patient, server.run());
    assert!(waited.is_ok());
    assert_eq!((group(&pacer).share, group(&pacer).ready), (LIMIT, true));
}

#[tokio::test]
async fn a_fast_start_is_bounded_where_nobody_answers() {
    let server = Server::reserved(&[]);
    let share = Share::peers().heartbeat(HEARTBEAT).fast_start(true);
    let pacer = joined(&server, builder(3).share(share)).await;
    assert!(pacer.try_acquire(3).is_some());
    until("its share has ended", || group(&pacer).share == 0).await;
    let late = pacer.acquire(Pace::new(1).max_delay(Duration::from_millis(100))).await;
    assert_eq!(late.err(), Some(PaceError::Timeout));
    // And it closes, though there is nobody to be told.
    pacer.close().await;
}
