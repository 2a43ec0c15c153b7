//! Waiting for room.

#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tollgate::{Clock, ManualClock, MonotonicClock, Policy, RateLimiter, RetryAfter};

/// Counts how often it was woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn limiter(limit: u64) -> (RateLimiter<ManualClock>, ManualClock) {
    let clock = ManualClock::new();
    (RateLimiter::with_clock(Policy::per_second(limit), clock.clone()).expect("valid"), clock)
}

#[test]
fn a_call_waits_exactly_until_it_may_go() {
    let (limiter, clock) = limiter(1);
    assert!(limiter.check("ann").allowed);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let mut cx = Context::from_waker(&waker);
    let mut waiting = pin!(limiter.until_ready("ann"));
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    clock.advance(Duration::from_micros(999_999));
    assert_eq!(wakes.0.load(Ordering::SeqCst), 0);
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    clock.advance(Duration::from_micros(1));
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
    let Poll::Ready(decision) = waiting.as_mut().poll(&mut cx) else { panic!("still waiting") };
    assert!(decision.allowed);
}

#[test]
fn what_can_never_fit_does_not_wait() {
    let (limiter, _clock) = limiter(1);
    let mut waiting = pin!(limiter.until_ready_n("ann", 2));
    let Poll::Ready(decision) = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("waits for ever")
    };
    assert_eq!(decision.retry_after, RetryAfter::Never);
}

#[test]
fn a_wait_that_is_given_up_takes_nothing_and_is_not_woken() {
    let (limiter, clock) = limiter(1);
    assert!(limiter.check("ann").allowed);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    {
        let mut waiting = pin!(limiter.until_ready("ann"));
        assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    clock.advance(Duration::from_secs(1));
    assert_eq!(wakes.0.load(Ordering::SeqCst), 0);
    assert_eq!(limiter.peek("ann").remaining, 1);
    assert_eq!(Arc::strong_count(&wakes), 2, "its waker is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_who_waits_goes_in_the_end() {
    let limiter = RateLimiter::new("10 per 20ms".parse::<Policy>().expect("a rate")).expect("valid");
    let wait = || {
        let limiter = limiter.clone();
        tokio::spawn(async move { limiter.until_ready("ann").await.allowed })
    };
    let all: Vec<_> = (0..60).map(|_| wait()).collect();
    for one in all {
        assert!(one.await.expect("no panic"));
    }
}

#[tokio::test]
async fn who_waits_long_does_not_hold_up_who_does_not() {
    let clock = MonotonicClock::new();
    tokio::select! {
        biased;
        () = clock.sleep(Duration::from_secs(3_600)) => panic!("an hour has not passed"),
        () = clock.sleep(Duration::from_millis(10)) => {}
    }
}
