//! Calls that wait their turn: exact limits, futures that are dropped, threads.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on panics")]

use std::collections::VecDeque;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tollgate::{ManualClock, Pace, PaceError, Pacer, PacerBuilder, Permit, Policies, Policy};

const SECOND: Duration = Duration::from_secs(1);

fn builder(limit: u64) -> (PacerBuilder<ManualClock>, ManualClock) {
    let clock = ManualClock::new();
    (Pacer::builder(Policy::new(limit, SECOND)).clock(clock.clone()), clock)
}

fn pacer(limit: u64) -> (Pacer<ManualClock>, ManualClock) {
    let (builder, clock) = builder(limit);
    (builder.build().unwrap(), clock)
}

type Acquiring = Pin<Box<dyn Future<Output = Result<Permit<ManualClock>, PaceError>> + Send>>;

fn acquiring(pacer: &Pacer<ManualClock>, pace: impl Into<Pace>) -> Acquiring {
    let (pacer, pace) = (pacer.clone(), pace.into());
    Box::pin(async move { pacer.acquire(pace).await })
}

/// Looks at a future once.
fn look<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    match Pin::new(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[test]
fn what_may_go_goes_at_once_and_the_rest_when_the_window_has_moved() {
    let (pacer, clock) = pacer(2);
    let started: Vec<_> = (0..2).map(|_| look(&mut acquiring(&pacer, 1)).unwrap().unwrap()).collect();
    let mut third = acquiring(&pacer, 1);
    assert!(look(&mut third).is_none());
    drop(started);
    clock.advance(SECOND - Duration::from_micros(1));
    assert!(look(&mut third).is_none(), "ends of calls give no rate back");
    clock.advance(Duration::from_micros(1));
    assert!(look(&mut third).unwrap().is_ok());
}

#[test]
fn in_no_window_more_than_the_limit_and_with_a_backlog_all_of_it() {
    let (pacer, clock) = pacer(7);
    let mut waiting: Vec<(u64, Acquiring)> = (0..120).map(|i| (1 + i % 3, acquiring(&pacer, 1 + i % 3))).collect();
    let mut starts: VecDeque<(u64, u64)> = VecDeque::new();
    let mut total = 0;
    for now in (0..30_000_000).step_by(10_000) {
        waiting.retain_mut(|(cost, acquiring)| match look(acquiring) {
            None => true,
            Some(permit) => {
                drop(permit.unwrap());
                starts.push_back((now, *cost));
                total += *cost;
                while starts.front().is_some_and(|&(at, _)| at + 1_000_000 <= now) {
                    starts.pop_front();
                }
                assert!(starts.iter().map(|&(_, cost)| cost).sum::<u64>() <= 7);
                false
            }
        });
        clock.advance(Duration::from_millis(10));
    }
    // 7 in each of 30 windows; a job of 2 or 3 may find less than that left.
    assert!(total >= 30 * 6, "{total}");
}

#[test]
fn a_future_that_is_dropped_frees_its_place_and_its_cost() {
    let (pacer, clock) = pacer(2);
    let permit = look(&mut acquiring(&pacer, 2)).unwrap().unwrap();
    let mut first = acquiring(&pacer, 2);
    let mut second = acquiring(&pacer, 1);
    assert!(look(&mut first).is_none());
    assert!(look(&mut second).is_none());
    assert_eq!(pacer.stats().waiting, 2);
    // Given to it, and never noticed.
    clock.advance(SECOND);
    assert_eq!(pacer.stats().running, 2);
    drop(first);
    assert_eq!(pacer.stats().running, 2, "the permit, and who was waiting behind");
    assert!(look(&mut second).unwrap().is_ok());
    drop(permit);
    assert_eq!((pacer.stats().waiting, pacer.stats().running), (0, 0));
}

#[test]
fn who_keeps_the_time_hands_that_on_when_it_is_dropped() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let pacer = Pacer::builder(Policy::new(1, Duration::from_millis(60))).build().unwrap();
        drop(pacer.acquire(1).await.unwrap());
        let keeper = tokio::spawn({
            let pacer = pacer.clone();
            async move { pacer.acquire(1).await.map(drop) }
        });
        while pacer.stats().waiting == 0 {
            tokio::task::yield_now().await;
        }
        let other = tokio::spawn({
            let pacer = pacer.clone();
            async move { pacer.acquire(1).await.map(drop) }
        });
        while pacer.stats().waiting < 2 {
            tokio::task::yield_now().await;
        }
        keeper.abort();
        assert!(keeper.await.unwrap_err().is_cancelled());
        assert_eq!(other.await.unwrap(), Ok(()));
    });
}

#[test]
fn concurrency_bounds_what_runs() {
    let clock = ManualClock::new();
    let pacer = Pacer::builder(Policies::new([])).concurrency(2).clock(clock).build().unwrap();
    let first = pacer.try_acquire(1).unwrap();
    let _second = pacer.try_acquire(1).unwrap();
    assert!(pacer.try_acquire(1).is_none());
    let mut third = acquiring(&pacer, 1);
    assert!(look(&mut third).is_none());
    assert!(pacer.try_acquire(1).is_none());
    drop(first);
    assert!(pacer.try_acquire(1).is_none(), "others wait");
    assert!(look(&mut third).unwrap().is_ok());
}

#[test]
fn a_call_that_is_settled_gives_back_what_it_did_not_use() {
    let (pacer, _clock) = pacer(1_000);
    let mut permit = pacer.try_acquire(900).unwrap();
    assert!(pacer.try_acquire(200).is_none());
    permit.settle(300);
    assert_eq!(pacer.stats().started_in_window, 300);
    assert!(pacer.try_acquire(700).is_some());
}

#[test]
fn who_may_not_go_is_told_why() {
    let (builder, clock) = builder(5);
    let pacer = builder.max_queue(1).max_delay(Duration::from_millis(300)).build().unwrap();
    let too_large = look(&mut acquiring(&pacer, 6)).unwrap().unwrap_err();
    assert_eq!(too_large, PaceError::TooLarge { cost: 6, limit: 5 });
    assert_eq!(too_large.to_string(), "a call that costs 6 can never go: at most 5 may start in one window");
    let _running = pacer.try_acquire(5).unwrap();
    let mut patient = acquiring(&pacer, Pace::new(1).max_delay(SECOND));
    assert!(look(&mut patient).is_none());
    assert_eq!(look(&mut acquiring(&pacer, 1)).unwrap().unwrap_err(), PaceError::QueueFull);
    clock.advance(SECOND);
    assert!(look(&mut patient).unwrap().is_ok(), "who waits exactly as long as it may, goes");
    let _more = pacer.try_acquire(4).unwrap();
    let mut late = acquiring(&pacer, 5);
    assert!(look(&mut late).is_none());
    clock.advance(Duration::from_millis(301));
    assert_eq!(look(&mut late).unwrap().unwrap_err(), PaceError::Timeout);
    assert_eq!(pacer.stats().waiting, 0);
}

#[test]
fn higher_priorities_go_first_and_lanes_take_turns() {
    let (pacer, clock) = pacer(1);
    let _first = pacer.try_acquire(1).unwrap();
    let paces = [Pace::new(1), Pace::new(1), Pace::new(1).priority(9), Pace::new(1).lane(1)];
    let mut waiting: Vec<_> = paces.into_iter().map(|pace| acquiring(&pacer, pace)).collect();
    for future in &mut waiting {
        assert!(look(future).is_none());
    }
    let mut order = Vec::new();
    for _ in 0..4 {
        clock.advance(SECOND);
        for (i, future) in waiting.iter_mut().enumerate() {
            if !order.contains(&i) && look(future).is_some() {
                order.push(i);
            }
        }
    }
    // The other lane has its turn after the first call's; within a lane, the higher priority goes first.
    assert_eq!(order, [3, 2, 0, 1]);
}

#[test]
fn a_pause_starts_nothing() {
    let (pacer, clock) = pacer(5);
    pacer.pause(Duration::MAX);
    let mut waiting = acquiring(&pacer, 1);
    assert!(look(&mut waiting).is_none());
    assert_eq!(pacer.stats().paused_for, Some(Duration::MAX));
    clock.advance(SECOND);
    assert!(look(&mut waiting).is_none());
    pacer.resume();
    assert!(look(&mut waiting).unwrap().is_ok());
    pacer.pause(SECOND);
    assert_eq!(pacer.stats().paused_for, Some(SECOND));
    let mut waiting = acquiring(&pacer, 1);
    assert!(look(&mut waiting).is_none());
    clock.advance(SECOND);
    assert!(look(&mut waiting).unwrap().is_ok());
}

#[test]
fn closing_refuses_who_waits_and_draining_lets_them_go() {
    for drains in [false, true] {
        let (pacer, clock) = pacer(1);
        let running = pacer.try_acquire(1).unwrap();
        let mut waiting = acquiring(&pacer, 1);
        assert!(look(&mut waiting).is_none());
        let handle = pacer.clone();
        let mut end = pin!(async move { if drains { handle.drain().await } else { handle.close().await } });
        assert!(look(&mut end).is_none());
        assert_eq!(look(&mut acquiring(&pacer, 1)).unwrap().unwrap_err(), PaceError::Closed);
        if !drains {
            assert_eq!(look(&mut waiting).unwrap().unwrap_err(), PaceError::Closed);
        }
        drop(running);
        clock.advance(SECOND);
        if drains {
            assert!(look(&mut end).is_none());
            assert!(look(&mut waiting).unwrap().is_ok());
        }
        assert!(look(&mut end).is_some());
    }
}

#[test]
fn ten_thousand_that_wait_are_dropped() {
    let (pacer, _clock) = pacer(1);
    let _running = pacer.try_acquire(1).unwrap();
    let mut waiting: Vec<_> = (0..10_000).map(|_| acquiring(&pacer, 1)).collect();
    assert!(waiting.iter_mut().all(|future| look(future).is_none()));
    assert_eq!(pacer.stats().waiting, 10_000);
    drop(waiting);
    assert_eq!(pacer.stats().waiting, 0);
}

#[test]
fn nobody_is_forgotten_on_several_threads() {
    const TASKS: u64 = 400;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let pacer = Pacer::builder(Policy::new(60, Duration::from_millis(50))).concurrency(8).build().unwrap();
    let (most, now_running, done) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let counts = Arc::new((most, now_running, done));
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|i| {
                let (pacer, counts) = (pacer.clone(), Arc::clone(&counts));
                tokio::spawn(async move {
                    if i % 5 == 0 {
                        // Given up half-way.
                        let _ = tokio::time::timeout(Duration::from_millis(i % 40), pacer.acquire(1)).await;
                    }
                    let permit = pacer.acquire(1).await.unwrap();
                    let (most, running, done) = &*counts;
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    running.fetch_sub(1, Ordering::SeqCst);
                    drop(permit);
                    done.fetch_add(1, Ordering::SeqCst);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        pacer.clone().close().await;
    });
    assert_eq!(counts.2.load(Ordering::SeqCst), TASKS);
    assert!(counts.0.load(Ordering::SeqCst) <= 8);
    assert_eq!(pacer.stats().running, 0);
}

#[test]
fn settings_that_cannot_be_are_named() {
    let error = Pacer::builder(Policy::per_second(0)).build().unwrap_err();
    assert_eq!((error.code(), error.field(), error.value()), ("CONFIG_LIMIT", "limit", "0"));
    let error = Pacer::builder(Policy::per_second(1)).concurrency(0).build().unwrap_err();
    assert_eq!((error.code(), error.field(), error.value()), ("CONFIG_CONCURRENCY", "concurrency", "0"));
}
