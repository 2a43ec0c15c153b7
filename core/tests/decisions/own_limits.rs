//! A call may bring the caller's own limit: each limit has a state of its own.

use tollgate_core::{
    Algorithm, Cost, Decision, Limiter, LimiterConfig, MAX_SAFE_INTEGER, Policy, Request, Span, Timestamp,
};

const NOW: Timestamp = Timestamp::ZERO;

fn limiter(algorithm: Algorithm, limit: u64) -> Limiter {
    let policy = Policy { limit, algorithm, window: Span::from_secs(1), ..Policy::default() };
    Limiter::new(LimiterConfig { policies: vec![policy], max_keys: 256, ..LimiterConfig::default() }).unwrap()
}

fn consume(limiter: &mut Limiter, cost: u64, limit: u64, now: Timestamp) -> Decision {
    limiter.consume(b"key", Request { cost: Cost::All(cost), limits: &[limit] }, now)
}

#[test]
fn every_limit_has_its_own_state_and_says_so() {
    for algorithm in Algorithm::ALL {
        let mut limiter = limiter(algorithm, 5);
        for limit in [5, 7, 3, 2_046, 2_047, 2_048, 1_000_000] {
            let all = consume(&mut limiter, limit, limit, NOW);
            assert!(all.allowed, "{algorithm:?} {limit}");
            assert_eq!((all.binding_policy().limit, all.binding_policy().remaining), (limit, 0));
        }
        for limit in [0, 5, 7, 3, 2_046, 2_047, 2_048, 1_000_000] {
            assert!(!consume(&mut limiter, 1, limit, NOW).allowed, "{algorithm:?} {limit}");
        }
    }
}

#[test]
fn a_limit_equal_to_the_policys_own_is_the_same_state() {
    for algorithm in Algorithm::ALL {
        let mut limiter = limiter(algorithm, 5);
        assert!(consume(&mut limiter, 3, 5, NOW).allowed);
        assert!(consume(&mut limiter, 2, 0, NOW).allowed);
        assert!(!consume(&mut limiter, 1, 5, NOW).allowed);
    }
}

#[test]
fn a_reset_clears_the_key_under_every_limit() {
    for algorithm in Algorithm::ALL {
        let mut limiter = limiter(algorithm, 5);
        for limit in 1..200 {
            assert!(consume(&mut limiter, limit, limit, NOW).allowed);
        }
        limiter.reset(b"key", Timestamp::from_micros(1));
        for limit in 1..200 {
            assert!(consume(&mut limiter, limit, limit, Timestamp::from_micros(2)).allowed, "{algorithm:?} {limit}");
        }
    }
}

#[test]
fn a_refund_goes_to_the_limit_that_was_charged() {
    for algorithm in Algorithm::ALL {
        let mut limiter = limiter(algorithm, 5);
        let charged = consume(&mut limiter, 7, 7, NOW);
        assert!(consume(&mut limiter, 5, 0, NOW).allowed);
        limiter.refund(b"key", &charged, NOW);
        assert!(!consume(&mut limiter, 1, 0, NOW).allowed);
        assert_eq!(consume(&mut limiter, 0, 7, NOW).binding_policy().remaining, 7);
    }
}

#[test]
fn a_limit_above_the_largest_number_counts_as_that() {
    for algorithm in Algorithm::ALL {
        let mut limiter = limiter(algorithm, 5);
        let charged = consume(&mut limiter, 9, u64::MAX, NOW);
        assert_eq!(charged.binding_policy().limit, MAX_SAFE_INTEGER);
        let same = consume(&mut limiter, 0, MAX_SAFE_INTEGER, NOW);
        assert_eq!(same.binding_policy().remaining, MAX_SAFE_INTEGER - 9);
        limiter.refund(b"key", &charged, NOW);
        assert_eq!(consume(&mut limiter, 0, u64::MAX, NOW).binding_policy().remaining, MAX_SAFE_INTEGER);
    }
}

#[test]
fn a_bucket_with_a_burst_never_refills_faster_than_the_own_limit() {
    let policy = Policy {
        limit: 1_000_000,
        window: Span::from_secs(86_400),
        algorithm: Algorithm::TokenBucket,
        burst: Some(1_000_000),
        ..Policy::default()
    };
    let config = LimiterConfig { policies: vec![policy], max_keys: 16, ..LimiterConfig::default() };
    let mut limiter = Limiter::new(config).unwrap();
    // One a day: filling the bucket would take longer than there is time, so what can be taken is what flows
    // in before the end of time, and no more.
    let (mut taken, mut now) = (0, NOW);
    for _ in 0..100 {
        let left = consume(&mut limiter, 0, 1, now).binding_policy().remaining;
        assert!(!consume(&mut limiter, left + 1, 1, now).allowed);
        assert!(consume(&mut limiter, left, 1, now).allowed);
        taken += left;
        now = now.saturating_add(Span::from_secs(3_600));
    }
    assert!(taken <= MAX_SAFE_INTEGER / 86_400_000_000, "{taken}");
}

/// An own limit far below the policy's keeps decisions refundable for longer than the policy would.
#[test]
fn nothing_is_given_back_across_a_reset_however_slow_the_own_limit_is() {
    let window = Span::from_secs(1);
    let policy =
        Policy { limit: 1_000, window, algorithm: Algorithm::TokenBucket, burst: Some(10), ..Policy::default() };
    let config = LimiterConfig { policies: vec![policy], max_keys: 16, ..LimiterConfig::default() };
    let mut limiter = Limiter::new(config).unwrap();
    let old = consume(&mut limiter, 10, 1, NOW);
    assert_eq!(old.binding_policy().reset_after, Span::from_secs(10));
    limiter.reset(b"key", Timestamp::from_millis(1));
    assert!(consume(&mut limiter, 10, 1, Timestamp::from_millis(2)).allowed);
    for millis in [3, 500, 5_000, 9_000] {
        let now = Timestamp::from_millis(millis);
        assert!(!limiter.peek(b"key", Request { cost: Cost::All(10), limits: &[1] }, now).allowed);
        let before = consume(&mut limiter, 0, 1, now).binding_policy().remaining;
        limiter.refund(b"key", &old, now);
        assert_eq!(consume(&mut limiter, 0, 1, now).binding_policy().remaining, before, "after {millis} ms");
    }
}

/// A host that makes up a limit for each call costs bounded memory, and what it leaves behind is forgotten:
/// once those limits are no longer in use, a reset finds those that are.
#[test]
fn limits_without_end_are_forgotten_as_they_end() {
    let mut limiter = limiter(Algorithm::FixedWindow, 5);
    for call in 0..20_000 {
        let now = Timestamp::from_micros(100 * call);
        assert!(consume(&mut limiter, 1, call + 10, now).allowed);
    }
    let now = Timestamp::from_millis(60_000);
    for limit in 6..200 {
        assert!(consume(&mut limiter, limit, limit, now).allowed);
        assert!(!consume(&mut limiter, 1, limit, now).allowed);
    }
    limiter.reset(b"key", now);
    for limit in 6..200 {
        assert!(consume(&mut limiter, limit, limit, now).allowed, "{limit}");
    }
}
