//! Members come and go.

use std::time::{Duration, Instant};

use tollgate::{PaceError, Pacer, Policy, Share, ShareEvent, Split};

use super::{
    Busy, HEARTBEAT, LIMIT, assert_kept, builder, each_uses_its_share, event, group, joined, next, shares, until,
};
use crate::server::Server;

/// So long that nobody is missed within a test who has said that it leaves.
const LONG: Share = Share::peers().heartbeat(Duration::from_secs(20));

#[tokio::test]
async fn two_and_then_three_split_the_quota_never_start_more_and_use_all_of_it() {
    let server = Server::start().await;
    let (one, two) = tokio::join!(Busy::join(&server), Busy::join(&server));
    shares(&[&one, &two], &[15, 15]).await;
    each_uses_its_share(&[&one, &two]).await;
    let three = Busy::join(&server).await;
    shares(&[&one, &two, &three], &[10, 10, 10]).await;
    each_uses_its_share(&[&one, &two, &three]).await;
    assert_kept(LIMIT, &[&one, &two, &three]);
    assert_eq!([&one, &two, &three].map(|member| group(&member.pacer).peers), [3, 3, 3]);
}

#[tokio::test]
async fn who_closes_gives_its_share_back_at_once() {
    let server = Server::start().await;
    let (first, second) =
        tokio::join!(joined(&server, builder(LIMIT).share(LONG)), joined(&server, builder(LIMIT).share(LONG)));
    let (one, two) = (Busy::over(first, LIMIT), Busy::over(second, LIMIT));
    shares(&[&one, &two], &[15, 15]).await;
    let mut events = one.pacer.events();
    let closed = Instant::now();
    one.pacer.clone().close().await;
    shares(&[&two], &[LIMIT]).await;
    assert!(closed.elapsed() < Duration::from_secs(40), "only when it was missed");
    each_uses_its_share(&[&two]).await;
    assert_kept(LIMIT, &[&one, &two]);
    assert_eq!((one.share(), one.pacer.try_acquire(1).is_some()), (0, false));
    assert_eq!(one.pacer.acquire(1).await.err(), Some(PaceError::Closed));
    while next(&mut events).await.is_some() {}
    // Closed twice.
    one.pacer.close().await;
}

#[tokio::test]
async fn who_is_dropped_gives_its_share_back_when_its_last_call_has_ended() {
    let server = Server::start().await;
    let (one, two) =
        tokio::join!(joined(&server, builder(LIMIT).share(LONG)), joined(&server, builder(LIMIT).share(LONG)));
    until("both have their share", || group(&one).share == 15 && group(&two).share == 15).await;
    let permit = one.try_acquire(1).expect("its share");
    let mut events = one.events();
    drop(one);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(group(&two).peers, 2);
    drop(permit);
    let took = until("the other has its share", || group(&two).share == LIMIT).await;
    assert!(took < Duration::from_secs(40), "only when it was missed");
    while next(&mut events).await.is_some() {}
}

#[test]
fn the_share_of_one_that_vanishes_is_back_after_three_heartbeats_and_its_own_has_ended_before() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("one");
    let (here, there) = (runtime(), runtime());
    let (server, one) = here.block_on(async {
        let server = Server::start().await;
        let one = Busy::join(&server).await;
        (server, one)
    });
    let two = there.block_on(Busy::join(&server));
    here.block_on(shares(&[&one, &two], &[15, 15]));
    let mut events = two.pacer.events();
    let vanished = Instant::now();
    // Nobody says goodbye, and nothing of it runs any more.
    there.shutdown_background();
    here.block_on(async {
        let outage = event(&mut events, |event| matches!(event, ShareEvent::Error(_))).await;
        assert!(matches!(&outage, ShareEvent::Error(error) if error.code() == "STORE_UNAVAILABLE"), "{outage:?}");
        until("its share has ended", || two.share() == 0 && two.pacer.try_acquire(1).is_none()).await;
        assert_eq!(one.share(), 15);
        shares(&[&one], &[LIMIT]).await;
        // It was heard of a third of a heartbeat before at most, and its last word may have been late.
        assert!(vanished.elapsed() > 2 * HEARTBEAT);
        each_uses_its_share(&[&one]).await;
    });
    assert_kept(LIMIT, &[&one, &two]);
}

#[test]
fn who_closes_is_not_held_up_by_a_runtime_that_stands_still() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("one");
    let (here, there) = (runtime(), runtime());
    let server = here.block_on(Server::start());
    let pacer = there.block_on(joined(&server, builder(LIMIT)));
    here.block_on(pacer.close());
}

#[tokio::test]
async fn where_there_is_less_than_one_for_each_all_take_their_turns() {
    let server = Server::start().await;
    let member = || async {
        let builder = Pacer::builder(Policy::new(2, Duration::from_millis(200))).name("few");
        let share = Share::peers().heartbeat(Duration::from_millis(500));
        Busy::over(joined(&server, builder.share(share)).await, 2)
    };
    let (one, two, three) = tokio::join!(member(), member(), member());
    shares(&[&one, &two, &three], &[0, 1, 1]).await;
    let since = Instant::now();
    until("all have started", || [&one, &two, &three].iter().all(|member| member.has_started_since(since))).await;
    let all = [&one, &two, &three].into_iter().flat_map(Busy::starts);
    assert!(super::most(all, Duration::from_millis(100)) <= 2);
}

#[tokio::test]
async fn who_cannot_take_turns_is_told_once() {
    let server = Server::start().await;
    let share = Share::peers().heartbeat(HEARTBEAT).split(Split::Floor);
    let (one, two) = tokio::join!(joined(&server, builder(1).share(share)), joined(&server, builder(1).share(share)));
    let mut events = one.events();
    let waiting = Busy::over(one, 1);
    assert_eq!(event(&mut events, |event| *event == ShareEvent::Starved).await, ShareEvent::Starved);
    drop(two);
    shares(&[&waiting], &[1]).await;
    waiting.pacer.close().await;
    while let Some(event) = next(&mut events).await {
        assert_ne!(event, ShareEvent::Starved);
    }
}

#[tokio::test]
async fn all_limits_are_divided_alike_and_so_is_the_concurrency() {
    let server = Server::start().await;
    let policies = [
        Policy::new(1_000, Duration::from_millis(300)).named("tokens"),
        Policy::new(5, Duration::from_secs(3)).named("requests"),
    ];
    let make = || Pacer::builder(policies).concurrency(3).name("many").share(LONG);
    let (one, two) = tokio::join!(joined(&server, make()), joined(&server, make()));
    until("both have their share", || group(&one).share + group(&two).share == 1_000).await;
    let (small, large) = if group(&one).share < group(&two).share { (one, two) } else { (two, one) };
    assert_eq!((group(&small).share, group(&large).share), (400, 600));
    assert!(small.try_acquire([401, 1]).is_none(), "more than its part of the tokens");
    let running = small.try_acquire([400, 1]).expect("its part of the tokens");
    assert!(small.try_acquire([0, 1]).is_none(), "more than its part of the concurrency");
    drop(running);
    assert!(small.try_acquire([0, 1]).is_some());
    assert!(small.try_acquire([0, 1]).is_none(), "more than its part of the requests");
    let running = [large.try_acquire([600, 1]), large.try_acquire([0, 2])];
    assert!(running.iter().all(Option::is_some) && large.try_acquire(0).is_none());
    assert_eq!(large.acquire([1_001, 1]).await.err(), Some(PaceError::TooLarge { cost: 1_001, limit: 1_000 }));
}
