//! The time to retry is exact: refused one microsecond before it, allowed at it, never where it cannot fit.

use proptest::prelude::*;
use tollgate_core::{Algorithm, RetryAfter};

use crate::model::{Subject, Tollgate, calls, hold, policy, retry_after_is_exact};

#[test]
fn refused_one_microsecond_before_and_allowed_at_it() {
    for algorithm in Algorithm::ALL {
        let inputs = policy(algorithm).prop_flat_map(|policy| {
            let calls = calls(&policy);
            (Just(policy), calls)
        });
        hold(800, inputs, |(policy, calls)| retry_after_is_exact(|| Tollgate::new(&policy), &calls));
    }
}

#[test]
fn never_where_the_cost_is_above_what_can_be_held_and_only_there() {
    for algorithm in Algorithm::ALL {
        let inputs = policy(algorithm).prop_flat_map(|policy| {
            let calls = calls(&policy);
            (Just(policy), calls, 0..40_u64)
        });
        hold(300, inputs, |(policy, calls, cost)| {
            let capacity = policy.burst.unwrap_or(policy.limit);
            let mut subject = Tollgate::new(&policy);
            calls.iter().for_each(|&(now, cost)| _ = subject.consume(cost, now));
            let never = subject.consume(cost, calls[calls.len() - 1].0).retry_after == RetryAfter::Never;
            prop_assert_eq!(never, cost > capacity);
            Ok(())
        });
    }
}
