//! The smallest and the largest numbers: nothing panics, and what overflows denies.

use tollgate_core::{Algorithm, Limiter, LimiterConfig, MAX_SAFE_INTEGER, Policy, RetryAfter, Span, Timestamp};

const END: Timestamp = Timestamp::MAX;

fn limiters(limit: u64, window: Span) -> impl Iterator<Item = (Algorithm, Limiter)> {
    Algorithm::ALL.into_iter().map(move |algorithm| {
        let policy = Policy { limit, window, algorithm, ..Policy::default() };
        let config = LimiterConfig { policies: vec![policy], max_keys: 16, ..LimiterConfig::default() };
        (algorithm, Limiter::new(config).unwrap())
    })
}

#[test]
fn the_largest_limit_is_given_out_to_the_last_unit() {
    for window in [Policy::MIN_WINDOW, Policy::MAX_WINDOW] {
        for (algorithm, mut limiter) in limiters(MAX_SAFE_INTEGER, window) {
            let now = Timestamp::ZERO;
            assert_eq!(limiter.consume(b"key", u64::MAX, now).retry_after, RetryAfter::Never, "{algorithm:?}");
            assert_eq!(limiter.consume(b"key", MAX_SAFE_INTEGER + 1, now).retry_after, RetryAfter::Never);
            assert_eq!(limiter.consume(b"key", MAX_SAFE_INTEGER - 1, now).binding_policy().remaining, 1);
            assert!(limiter.consume(b"key", 1, now).allowed, "{algorithm:?}");
            assert!(!limiter.consume(b"key", 1, now).allowed, "{algorithm:?}");
        }
    }
}

#[test]
fn one_in_ten_years_is_one_in_ten_years() {
    for (algorithm, mut limiter) in limiters(1, Policy::MAX_WINDOW) {
        assert!(limiter.consume(b"key", 1, Timestamp::ZERO).allowed);
        let RetryAfter::After(span) = limiter.consume(b"key", 1, Timestamp::ZERO).retry_after else {
            panic!("{algorithm:?} allowed a second one");
        };
        assert!(span >= Policy::MAX_WINDOW);
        let due = Timestamp::from_micros(span.as_micros());
        assert!(!limiter.consume(b"key", 1, due.saturating_sub(Span::from_micros(1))).allowed);
        assert!(limiter.consume(b"key", 1, due).allowed);
    }
}

#[test]
fn at_the_end_of_time_a_limit_still_holds() {
    for window in [Policy::MIN_WINDOW, Span::from_secs(1), Policy::MAX_WINDOW] {
        for limit in [1, 3, 7, 1_000] {
            for (algorithm, mut limiter) in limiters(limit, window) {
                let allowed = (0..3 * limit).filter(|_| limiter.consume(b"key", 1, END).allowed).count() as u64;
                assert!(allowed <= limit, "{algorithm:?} admitted {allowed} of {limit} in {window:?}");
                assert!(!limiter.consume(b"key", 1, END).allowed);
            }
        }
    }
}

#[test]
fn a_debt_beyond_the_end_of_time_is_never_forgiven() {
    for (algorithm, mut limiter) in limiters(5, Policy::MAX_WINDOW) {
        let decision = limiter.consume(b"key", 1, Timestamp::ZERO);
        limiter.settle(b"key", &decision, u64::MAX, Timestamp::ZERO);
        limiter.refund(b"key", &decision, Timestamp::ZERO);
        assert!(!limiter.consume(b"key", 1, Timestamp::ZERO).allowed, "{algorithm:?}");
    }
    for (algorithm, mut limiter) in limiters(5, Policy::MAX_WINDOW) {
        if algorithm == Algorithm::TokenBucket {
            let decision = limiter.consume(b"key", 1, Timestamp::ZERO);
            limiter.settle(b"key", &decision, u64::MAX, Timestamp::ZERO);
            assert!(!limiter.consume(b"key", 1, END).allowed);
        }
    }
}

#[test]
fn a_cost_of_nothing_is_always_allowed_and_leaves_no_trace() {
    for (_, mut limiter) in limiters(1, Policy::MIN_WINDOW) {
        for now in [Timestamp::ZERO, Timestamp::from_millis(7), END] {
            let decision = limiter.consume(b"key", 0, now);
            assert!(decision.allowed);
            assert_eq!(decision.binding_policy().reset_after, Span::ZERO);
        }
        assert_eq!(limiter.size().keys, 0);
    }
}

/// The eight-byte state of a fixed window ends at a limit of 2,046.
#[test]
fn fixed_windows_at_the_edge_of_the_packed_state_count_to_their_limit() {
    for limit in [2_045, 2_046, 2_047, 2_048, 2_049] {
        let (_, mut limiter) = limiters(limit, Span::from_secs(1)).next().unwrap();
        let now = Timestamp::from_micros(MAX_SAFE_INTEGER - 2_000_000);
        for left in (0..limit).rev() {
            assert_eq!(limiter.consume(b"key", 1, now).binding_policy().remaining, left);
        }
        let refused = limiter.consume(b"key", 1, now);
        assert_eq!(refused.retry_after, RetryAfter::After(Span::from_secs(1)));
        assert!(limiter.consume(b"key", limit, now.saturating_add(Span::from_secs(1))).allowed);
    }
}
