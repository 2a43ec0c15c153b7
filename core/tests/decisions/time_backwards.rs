//! Time that runs backwards counts as no time passed.

use proptest::prelude::*;
use tollgate_core::Algorithm;

use crate::model::{Subject, Tollgate, calls, hold, policy};

#[test]
fn a_clock_that_steps_back_answers_as_one_that_stands_still() {
    for algorithm in Algorithm::ALL {
        let inputs = policy(algorithm).prop_flat_map(|policy| {
            let calls = calls(&policy);
            let back = prop::collection::vec(prop_oneof![Just(0), 0..10_000_u64, Just(u64::MAX)], 60);
            (Just(policy), calls, back)
        });
        hold(400, inputs, |(policy, calls, back)| {
            let (mut stepping, mut standing) = (Tollgate::new(&policy), Tollgate::new(&policy));
            let mut latest = 0;
            for ((now, cost), back) in calls.into_iter().zip(back) {
                let now = now.saturating_sub(back);
                latest = now.max(latest);
                prop_assert_eq!(stepping.consume(cost, now), standing.consume(cost, latest));
            }
            Ok(())
        });
    }
}
