//! A call that is refused consumes nothing.

use proptest::prelude::*;
use tollgate_core::{Algorithm, Limiter, LimiterConfig, Timestamp};

use crate::model::{Said, Tollgate, calls, denial_changes_nothing, hold, policy};

#[test]
fn without_the_refused_calls_every_other_answer_is_the_same() {
    for algorithm in Algorithm::ALL {
        let inputs = policy(algorithm).prop_flat_map(|policy| {
            let calls = calls(&policy);
            (Just(policy), calls)
        });
        hold(600, inputs, |(policy, calls)| denial_changes_nothing(|| Tollgate::new(&policy), &calls));
    }
}

#[test]
fn a_refused_call_leaves_remaining_and_reset_as_they_were() {
    for algorithm in Algorithm::ALL {
        let inputs = policy(algorithm).prop_flat_map(|policy| {
            let calls = calls(&policy);
            (Just(policy), calls)
        });
        hold(300, inputs, |(policy, calls)| {
            let mut limiter =
                Limiter::new(LimiterConfig { policies: vec![policy], max_keys: 16, ..LimiterConfig::default() })
                    .unwrap();
            for (now, cost) in calls {
                let now = Timestamp::from_micros(now);
                let before = limiter.peek(b"key", 0, now);
                let decision = limiter.consume(b"key", cost, now);
                if !decision.allowed {
                    prop_assert_eq!(Said::from(&limiter.peek(b"key", 0, now)), Said::from(&before));
                    prop_assert_eq!(decision.binding_policy().remaining, before.binding_policy().remaining);
                    prop_assert_eq!(decision.binding_policy().reset_after, before.binding_policy().reset_after);
                    prop_assert_eq!(decision.binding_policy().charged, 0);
                }
            }
            Ok(())
        });
    }
}
