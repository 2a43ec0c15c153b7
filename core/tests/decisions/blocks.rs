//! A block refuses for exactly as long as it says, whatever is tried meanwhile.

use proptest::prelude::*;
use tollgate_core::{Limiter, LimiterConfig, Policy, RetryAfter, Span, Timestamp};

use crate::model::hold;

const AT: fn(u64) -> Timestamp = Timestamp::from_micros;

fn limiter(policies: Vec<Policy>) -> Limiter {
    Limiter::new(LimiterConfig { policies, max_keys: 64, ..LimiterConfig::default() }).unwrap()
}

fn two_per_ms(block_for: u64) -> Policy {
    let block_for = Some(Span::from_micros(block_for));
    Policy { limit: 2, window: Span::from_millis(1), block_for, ..Policy::default() }
}

#[test]
fn a_blocked_key_is_refused_for_exactly_that_long() {
    hold(
        300,
        (0..10_000_u64, 1..10_000_u64, prop::collection::vec(0..10_000_u64, 0..10)),
        |(start, span, attempts)| {
            let mut limiter = limiter(vec![Policy::default()]);
            limiter.block(b"key", Span::from_micros(span), AT(start));
            let mut attempts: Vec<_> = attempts.into_iter().filter(|after| *after < span).collect();
            attempts.extend([0, span - 1]);
            attempts.sort_unstable();
            for after in attempts {
                let decision = limiter.consume(b"key", 1, AT(start + after));
                prop_assert!(!decision.allowed && decision.blocked);
                prop_assert_eq!(decision.retry_after, RetryAfter::After(Span::from_micros(span - after)));
                prop_assert!(limiter.consume(b"other", 0, AT(start + after)).allowed);
            }
            let decision = limiter.consume(b"key", 1, AT(start + span));
            prop_assert!(decision.allowed && !decision.blocked);
            prop_assert_eq!(decision.binding_policy().remaining, Policy::default().limit - 1);
            Ok(())
        },
    );
}

#[test]
fn exceeding_a_policy_blocks_once_and_further_attempts_do_not_extend_it() {
    let mut limiter = limiter(vec![two_per_ms(50_000)]);
    assert!(limiter.consume(b"key", 2, AT(0)).allowed);
    let first = limiter.consume(b"key", 1, AT(100));
    assert!(first.blocked && !first.allowed);
    assert_eq!(first.retry_after, RetryAfter::After(Span::from_micros(50_000)));
    for now in [101, 1_000, 30_000, 50_099] {
        let again = limiter.consume(b"key", 1, AT(now));
        assert_eq!(again.retry_after, RetryAfter::After(Span::from_micros(50_100 - now)), "at {now}");
    }
    assert!(limiter.consume(b"key", 1, AT(50_100)).allowed);
}

#[test]
fn the_longer_of_two_blocks_stays() {
    hold(200, (1..1_000_u64, 1..1_000_u64, 0..500_u64), |(first, second, later)| {
        let mut limiter = limiter(vec![Policy::default()]);
        limiter.block(b"key", Span::from_micros(first), AT(0));
        limiter.block(b"key", Span::from_micros(second), AT(later));
        let until = first.max(later + second);
        prop_assert!(!limiter.consume(b"key", 1, AT(until - 1)).allowed);
        prop_assert!(limiter.consume(b"key", 1, AT(until)).allowed);
        Ok(())
    });
}

#[test]
fn the_longest_block_of_several_exceeded_policies_counts() {
    let named = |name: &str, block_for| Policy { name: Some(name.to_owned()), ..two_per_ms(block_for) };
    let mut limiter = limiter(vec![named("a", 5_000), named("b", 9_000), named("c", 7_000)]);
    assert!(limiter.consume(b"key", 2, AT(0)).allowed);
    let refused = limiter.consume(b"key", 1, AT(0));
    assert_eq!((refused.binding, refused.retry_after), (1, RetryAfter::After(Span::from_micros(9_000))));
}

#[test]
fn a_policy_that_holds_longer_than_the_block_is_the_binding_one() {
    let slow = Policy { name: Some("slow".to_owned()), limit: 2, window: Span::from_secs(60), ..Policy::default() };
    let mut limiter = limiter(vec![Policy { name: Some("quick".to_owned()), ..two_per_ms(5_000) }, slow]);
    assert!(limiter.consume(b"key", 2, AT(0)).allowed);
    for now in [0, 4_000] {
        let refused = limiter.consume(b"key", 1, AT(now));
        assert_eq!(refused.retry_after, RetryAfter::After(Span::from_micros(60_000_000 - now)));
        assert!(refused.blocked);
        assert_eq!(refused.binding, 1);
    }
}

#[test]
fn a_block_without_a_policy_leaves_nothing_charged() {
    let mut limiter = limiter(vec![two_per_ms(5_000)]);
    limiter.block(b"key", Span::from_micros(10), AT(0));
    for now in 0..10 {
        assert_eq!(limiter.consume(b"key", 1, AT(now)).binding_policy().remaining, 2);
    }
    assert!(limiter.consume(b"key", 2, AT(10)).allowed);
}

#[test]
fn a_cost_that_can_never_fit_starts_no_block() {
    let mut limiter = limiter(vec![two_per_ms(5_000)]);
    let refused = limiter.consume(b"key", 3, AT(0));
    assert_eq!((refused.retry_after, refused.blocked), (RetryAfter::Never, false));
    assert!(limiter.consume(b"key", 2, AT(0)).allowed);
}

#[test]
fn a_cost_of_nothing_is_refused_while_blocked_and_starts_no_block() {
    let mut limiter = limiter(vec![two_per_ms(5_000)]);
    assert!(limiter.consume(b"key", 2, AT(0)).allowed);
    assert!(limiter.consume(b"key", 0, AT(0)).allowed);
    limiter.block(b"key", Span::from_micros(10), AT(0));
    assert!(!limiter.consume(b"key", 0, AT(9)).allowed);
    assert!(limiter.consume(b"key", 0, AT(10)).allowed);
}

#[test]
fn a_reset_unblocks() {
    let mut limiter = limiter(vec![two_per_ms(5_000)]);
    assert!(limiter.consume(b"key", 2, AT(0)).allowed);
    assert!(limiter.consume(b"key", 1, AT(0)).blocked);
    limiter.reset(b"key", AT(1));
    assert!(limiter.consume(b"key", 2, AT(1)).allowed);
}

#[test]
fn a_block_of_no_time_is_none_and_the_longest_never_ends() {
    let mut limiter = limiter(vec![Policy::default()]);
    limiter.block(b"key", Span::ZERO, AT(5));
    assert!(limiter.consume(b"key", 1, AT(5)).allowed);
    limiter.block(b"key", Span::MAX, AT(5));
    assert!(!limiter.consume(b"key", 1, Timestamp::MAX).allowed);
}
