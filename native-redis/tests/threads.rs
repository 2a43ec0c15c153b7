//! Many threads on one limiter.

#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use tollgate::{Algorithm, Cost, ManualClock, Policies, Policy, RateLimiter};

/// How many of the calls that `threads` threads make at once are allowed.
fn hammer(
    limiter: &RateLimiter<ManualClock>,
    threads: usize,
    calls: usize,
    key: impl Fn(usize) -> u64 + Sync,
) -> usize {
    let start = Barrier::new(threads);
    let allowed = |thread: usize| {
        start.wait();
        (0..calls).filter(|i| limiter.check(key(i + thread)).allowed).count()
    };
    thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|i| scope.spawn(move || allowed(i))).collect();
        all.into_iter().map(|one| one.join().expect("no panic")).sum()
    })
}

#[test]
fn one_key_admits_exactly_the_limit() {
    for algorithm in Algorithm::ALL {
        let policy = Policy::per_hour(1_000).algorithm(algorithm);
        let clock = ManualClock::new();
        let limiter = RateLimiter::with_clock(policy, clock.clone()).expect("valid");
        assert_eq!(hammer(&limiter, 8, 5_000, |_| 7), 1_000, "{algorithm:?}");
        clock.advance(Duration::from_secs(7_200));
        assert_eq!(hammer(&limiter, 8, 5_000, |_| 7), 1_000, "{algorithm:?}, later");
    }
}

#[test]
fn every_key_admits_exactly_its_limit() {
    const KEYS: u64 = 2_000;
    let limiter = RateLimiter::with_clock(Policy::per_hour(3), ManualClock::new()).expect("valid");
    assert_eq!(hammer(&limiter, 4, 20_000, |i| i as u64 % KEYS), 3 * KEYS as usize);
    assert_eq!(limiter.size().keys as u64, KEYS);
}

#[test]
fn a_flood_of_keys_frees_nobody() {
    let limiter = RateLimiter::builder(Policy::per_hour(1)).max_keys(2_000).clock(ManualClock::new()).build();
    let limiter = limiter.expect("valid");
    assert!(limiter.check("ann").allowed);
    hammer(&limiter, 4, 20_000, |i| i as u64);
    assert!(!limiter.check("ann").allowed);
    assert!(limiter.size().keys <= 2_000);
    assert!(limiter.size().overflowed > 0);
}

/// What one thread does.
#[derive(Clone, Copy, Debug)]
enum Act {
    Check(u64),
    Refund,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![3 => (1_u64..5).prop_map(Act::Check), 1 => Just(Act::Refund)];
    prop::collection::vec(act, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever threads do, what was taken and not given back is what is missing, and never more than the limit.
    #[test]
    fn what_is_taken_is_what_is_missing(
        threads in prop::collection::vec(acts(), 2..5),
        limit in 1_u64..60,
        token_bucket: bool,
    ) {
        let algorithm = if token_bucket { Algorithm::TokenBucket } else { Algorithm::FixedWindow };
        let policies = Policies::new([Policy::per_hour(limit).algorithm(algorithm), Policy::per_day(2 * limit)]);
        let limiter = RateLimiter::with_clock(policies, ManualClock::new()).expect("valid");
        let kept: u64 = thread::scope(|scope| {
            let all: Vec<_> = threads.iter().map(|acts| scope.spawn(|| act_all(&limiter, acts))).collect();
            all.into_iter().map(|one| one.join().expect("no panic")).sum()
        });
        let left: Vec<u64> = limiter.peek("ann").policies().map(|state| state.remaining).collect();
        prop_assert!(kept <= limit);
        prop_assert_eq!(left, [limit - kept, 2 * limit - kept]);
    }
}

/// How much a thread took and kept.
fn act_all(limiter: &RateLimiter<ManualClock>, acts: &[Act]) -> u64 {
    let mut taken = Vec::new();
    for act in acts {
        match *act {
            Act::Check(cost) => {
                let decision = limiter.check_n("ann", Cost::from(cost));
                if decision.allowed {
                    taken.push((cost, decision));
                }
            }
            Act::Refund => {
                if let Some((_, decision)) = taken.pop() {
                    limiter.refund("ann", decision);
                }
            }
        }
    }
    taken.iter().map(|(cost, _)| cost).sum()
}
