//! A peek changes nothing and says what the call that follows will say.

use proptest::prelude::*;
use tollgate_core::{Algorithm, Limiter, LimiterConfig, Timestamp};

use crate::model::{Said, calls, hold, policy};

#[test]
fn a_peek_agrees_with_the_call_that_follows_and_changes_nothing() {
    for algorithm in Algorithm::ALL {
        let inputs = policy(algorithm).prop_flat_map(|policy| {
            let calls = calls(&policy);
            (Just(policy), calls)
        });
        hold(400, inputs, |(policy, calls)| {
            let config = LimiterConfig { policies: vec![policy], max_keys: 16, ..LimiterConfig::default() };
            let (mut peeked, mut spared) = (Limiter::new(config.clone()).unwrap(), Limiter::new(config).unwrap());
            for (now, cost) in calls {
                let now = Timestamp::from_micros(now);
                let peek = peeked.peek(b"key", cost, now);
                prop_assert_eq!(&peek, &peeked.peek(b"key", cost, now));
                let decision = peeked.consume(b"key", cost, now);
                prop_assert_eq!(peek.allowed, decision.allowed);
                prop_assert_eq!(peek.retry_after, decision.retry_after);
                let (before, after) = (peek.binding_policy(), decision.binding_policy());
                prop_assert_eq!(before.remaining, after.remaining + after.charged);
                prop_assert_eq!(before.charged, 0);
                prop_assert_eq!(Said::from(&decision), Said::from(&spared.consume(b"key", cost, now)));
            }
            Ok(())
        });
    }
}

#[test]
fn a_peek_ahead_in_time_does_not_move_the_clock() {
    let mut limiter = Limiter::new(LimiterConfig::default()).unwrap();
    assert!(limiter.consume(b"key", 100, Timestamp::ZERO).allowed);
    assert!(limiter.peek(b"key", 1, Timestamp::from_millis(60_000)).allowed);
    assert!(!limiter.consume(b"key", 1, Timestamp::from_millis(59_999)).allowed);
}
