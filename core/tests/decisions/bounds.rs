//! What each algorithm admits at most, and at least.

use proptest::prelude::*;
use tollgate_core::{Algorithm, Policy, Span};

use crate::model::{
    ExactFixedWindow, ExactSlidingWindow, ExactTokenBucket, Subject, Tollgate, agrees_with, calls, fixed_window_bound,
    hold, never_twice_the_limit, policy, sliding_window_bound, token_bucket_bound,
};

type Input = (Policy, Vec<(u64, u64)>);

fn inputs(algorithm: Algorithm) -> impl Strategy<Value = Input> {
    policy(algorithm).prop_flat_map(|policy| {
        let calls = calls(&policy);
        (Just(policy), calls)
    })
}

#[test]
fn a_fixed_window_admits_its_limit_and_never_twice_that_in_any_span_of_a_window() {
    hold(800, inputs(Algorithm::FixedWindow), |(policy, calls)| {
        fixed_window_bound(&policy, Tollgate::new(&policy), &calls)?;
        never_twice_the_limit(&policy, Tollgate::new(&policy), &calls)?;
        agrees_with(ExactFixedWindow::new(policy.limit, policy.window.as_micros()), Tollgate::new(&policy), &calls)
    });
}

#[test]
fn a_sliding_window_never_admits_more_than_its_limit_in_any_span_of_a_window() {
    hold(800, inputs(Algorithm::SlidingWindow), |(policy, calls)| {
        sliding_window_bound(&policy, Tollgate::new(&policy), &calls)?;
        agrees_with(ExactSlidingWindow::new(policy.limit, policy.window.as_micros()), Tollgate::new(&policy), &calls)
    });
}

#[test]
fn a_token_bucket_admits_burst_and_rate_exactly() {
    hold(800, inputs(Algorithm::TokenBucket), |(policy, calls)| {
        token_bucket_bound(&policy, Tollgate::new(&policy), &calls)?;
        let burst = policy.burst.unwrap_or(policy.limit);
        let model = ExactTokenBucket::new(policy.limit, policy.window.as_micros(), burst);
        agrees_with(model, Tollgate::new(&policy), &calls)
    });
}

/// Calls until refused; how many were allowed.
fn drain(subject: &mut Tollgate, now: u64) -> u64 {
    (0..).take_while(|_| subject.consume(1, now).allowed()).count() as u64
}

#[test]
fn n_per_second_gives_exactly_n_after_every_second() {
    for limit in [1, 3, 7, 11, 13, 997, 1_000] {
        let policy =
            Policy { limit, window: Span::from_secs(1), algorithm: Algorithm::TokenBucket, ..Policy::default() };
        let mut bucket = Tollgate::new(&policy);
        for second in 0..if limit > 100 { 50 } else { 10_000 } {
            assert_eq!(drain(&mut bucket, second * 1_000_000), limit, "second {second}");
        }
    }
}

#[test]
fn a_bucket_polled_at_every_microsecond_still_gives_exactly_its_rate() {
    let policy = Policy {
        limit: 7,
        window: Span::from_millis(1),
        algorithm: Algorithm::TokenBucket,
        burst: Some(1),
        ..Policy::default()
    };
    let mut bucket = Tollgate::new(&policy);
    let admitted: u64 = (0..=300_000).map(|now| drain(&mut bucket, now)).sum();
    assert_eq!(admitted, 300 * 7 + 1 - lost_to_whole_microseconds(7, 1_000, 300_000));
}

/// A bucket of one is full at `k × window / limit`, but is asked only at whole microseconds: what it gains
/// while it is full is lost. Counted here step by step, in units of `1 / window` token.
fn lost_to_whole_microseconds(limit: u64, window: u64, end: u64) -> u64 {
    let (mut level, mut taken) = (window, 0);
    for _ in 0..=end {
        if level >= window {
            (level, taken) = (level - window, taken + 1);
        }
        level = (level + limit).min(window);
    }
    end * limit / window + 1 - taken
}

#[test]
fn ten_elevenths_of_a_sliding_window_are_used_under_constant_overload() {
    for limit in [1, 10, 11, 100, 1_000] {
        let policy =
            Policy { limit, window: Span::from_millis(10), algorithm: Algorithm::SlidingWindow, ..Policy::default() };
        let mut window = Tollgate::new(&policy);
        let windows = 110;
        let admitted: u64 = (0..windows * 1_000).map(|step| drain(&mut window, step * 10)).sum();
        assert!(admitted >= limit * windows * 10 / 11, "{admitted} of {limit} in each of {windows} windows");
        assert!(admitted <= limit * windows);
    }
}

#[test]
fn a_fixed_window_starts_with_the_first_call_and_gives_all_of_it_again_at_its_end() {
    let policy = Policy { limit: 5, window: Span::from_millis(1), ..Policy::default() };
    let mut window = Tollgate::new(&policy);
    assert_eq!(drain(&mut window, 700), 5);
    assert_eq!(drain(&mut window, 1_699), 0);
    assert_eq!(drain(&mut window, 1_700), 5);
}
