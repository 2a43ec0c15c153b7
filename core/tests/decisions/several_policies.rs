//! Several policies over one key: all of them allow and are charged, or none is.

use proptest::prelude::*;
use tollgate_core::{Algorithm, Limiter, LimiterConfig, Policy, RetryAfter, Span, Timestamp};

use crate::model::{hold, policy};

fn three() -> impl Strategy<Value = Vec<Policy>> {
    let algorithms = prop::sample::select(Algorithm::ALL.to_vec());
    prop::collection::vec(algorithms.prop_flat_map(policy), 3).prop_map(|mut policies| {
        for (i, policy) in policies.iter_mut().enumerate() {
            policy.name = Some(i.to_string());
        }
        policies
    })
}

#[test]
fn all_are_charged_or_none_and_the_latest_time_counts() {
    let call = (0..800_u64, [0..5_u64, 0..5, 0..5]);
    hold(600, (three(), prop::collection::vec(call, 1..60)), |(policies, calls)| {
        let config = |policies| LimiterConfig { policies, max_keys: 16, ..LimiterConfig::default() };
        let mut together = Limiter::new(config(policies.clone())).unwrap();
        let mut alone: Vec<_> =
            policies.into_iter().map(|policy| Limiter::new(config(vec![policy])).unwrap()).collect();
        let mut now = 0;
        for (step, costs) in calls {
            now += step;
            let at = Timestamp::from_micros(now);
            let peeks: Vec<_> = alone.iter().zip(costs).map(|(limiter, cost)| limiter.peek(b"key", cost, at)).collect();
            let decision = together.consume(b"key", &costs[..], at);
            prop_assert_eq!(decision.allowed, peeks.iter().all(|peek| peek.allowed));
            let latest = peeks.iter().fold(RetryAfter::Now, |latest, peek| latest.max(peek.retry_after));
            prop_assert_eq!(decision.retry_after, latest);
            prop_assert!(decision.allowed || decision.binding_policy().retry_after == latest);
            for (i, state) in decision.policies().enumerate() {
                let left = peeks[i].binding_policy().remaining;
                prop_assert_eq!(state.charged, if decision.allowed { costs[i] } else { 0 });
                prop_assert_eq!(state.remaining, left - state.charged);
                if decision.allowed {
                    prop_assert!(alone[i].consume(b"key", costs[i], at).allowed);
                }
            }
        }
        Ok(())
    });
}

#[test]
fn the_binding_policy_of_an_allowed_call_has_the_smallest_share_left() {
    let named = |name: &str, limit| Policy { name: Some(name.to_owned()), limit, ..Policy::default() };
    let config =
        LimiterConfig { policies: vec![named("requests", 500), named("tokens", 30_000)], ..LimiterConfig::default() };
    let mut limiter = Limiter::new(config).unwrap();
    assert_eq!(limiter.consume(b"key", &[1, 59][..], Timestamp::ZERO).binding, 0);
    assert_eq!(limiter.consume(b"key", &[1, 90][..], Timestamp::ZERO).binding, 1);
}

#[test]
fn a_cost_of_nothing_for_one_policy_leaves_it_out() {
    let named = |name: &str, limit, millis| Policy {
        name: Some(name.to_owned()),
        limit,
        window: Span::from_millis(millis),
        ..Policy::default()
    };
    let config = LimiterConfig { policies: vec![named("a", 1, 10), named("b", 9, 60_000)], ..LimiterConfig::default() };
    let mut limiter = Limiter::new(config).unwrap();
    assert!(limiter.consume(b"key", 1, Timestamp::ZERO).allowed);
    assert!(!limiter.consume(b"key", 1, Timestamp::ZERO).allowed);
    let decision = limiter.consume(b"key", &[0, 4][..], Timestamp::ZERO);
    let left: Vec<_> = decision.policies().map(|state| state.remaining).collect();
    assert_eq!((decision.allowed, left), (true, vec![0, 4]));
}
