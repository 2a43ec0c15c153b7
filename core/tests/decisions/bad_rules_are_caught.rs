//! The properties can fail: each rule that is known to be wrong does not pass the one it violates.

use proptest::prelude::*;
use tollgate_core::{Algorithm, Policy};

use crate::model::{
    ChargedDenial, ClampedArrival, EarlyRetry, ExactFixedWindow, ExactSlidingWindow, ExactTokenBucket, FloatBucket,
    LateRetry, Modelled, RoundedInterval, TenParts, TwoBuckets, agrees_with, calls, denial_changes_nothing,
    fixed_window_bound, hold, must_fail, never_twice_the_limit, policy, retry_after_is_exact, sliding_window_bound,
    token_bucket_bound,
};

fn inputs(algorithm: Algorithm) -> impl Strategy<Value = (Policy, Vec<(u64, u64)>)> {
    policy(algorithm).prop_flat_map(|policy| {
        let calls = calls(&policy);
        (Just(policy), calls)
    })
}

fn bucket(policy: &Policy) -> ExactTokenBucket {
    ExactTokenBucket::new(policy.limit, policy.window.as_micros(), policy.burst.unwrap_or(policy.limit))
}

#[test]
fn an_arrival_time_clamped_to_the_tolerance_admits_two_bursts() {
    must_fail(inputs(Algorithm::TokenBucket), |(policy, calls)| {
        token_bucket_bound(&policy, ClampedArrival::new(&policy), &calls)
    });
}

#[test]
fn an_emission_interval_rounded_down_admits_too_much() {
    must_fail(inputs(Algorithm::TokenBucket), |(policy, calls)| {
        token_bucket_bound(&policy, RoundedInterval::new(&policy, false), &calls)
    });
}

#[test]
fn an_emission_interval_rounded_up_is_lazier_than_the_model() {
    must_fail(inputs(Algorithm::TokenBucket), |(policy, calls)| {
        agrees_with(bucket(&policy), RoundedInterval::new(&policy, true), &calls)
    });
}

#[test]
fn a_bucket_in_floating_point_is_not_the_model() {
    must_fail(inputs(Algorithm::TokenBucket), |(policy, calls)| {
        agrees_with(bucket(&policy), FloatBucket::new(&policy), &calls)
    });
}

#[test]
fn the_weighted_two_bucket_counter_admits_too_much() {
    must_fail(inputs(Algorithm::SlidingWindow), |(policy, calls)| {
        sliding_window_bound(&policy, TwoBuckets::new(&policy), &calls)
    });
}

#[test]
fn ten_sub_windows_are_one_too_few() {
    must_fail(inputs(Algorithm::SlidingWindow), |(policy, calls)| {
        sliding_window_bound(&policy, TenParts::new(&policy), &calls)
    });
}

#[test]
fn a_sliding_window_is_held_to_more_than_a_fixed_one_can_keep() {
    must_fail(inputs(Algorithm::FixedWindow), |(policy, calls)| {
        let fixed = ExactFixedWindow::new(policy.limit, policy.window.as_micros());
        sliding_window_bound(&policy, Modelled(fixed), &calls)
    });
}

#[test]
fn a_fixed_window_is_held_to_more_than_a_bucket_can_keep() {
    must_fail(inputs(Algorithm::TokenBucket), |(policy, calls)| {
        fixed_window_bound(&policy, Modelled(bucket(&policy)), &calls)
    });
    must_fail(inputs(Algorithm::TokenBucket), |(policy, calls)| {
        never_twice_the_limit(&policy, Modelled(bucket(&Policy { burst: Some(40), ..policy.clone() })), &calls)
    });
}

#[test]
fn a_denial_that_is_charged_changes_what_follows() {
    must_fail(inputs(Algorithm::FixedWindow), |(policy, calls)| {
        denial_changes_nothing(|| ChargedDenial::new(&policy), &calls)
    });
}

#[test]
fn a_time_to_retry_that_is_off_by_a_microsecond_is_noticed() {
    must_fail(inputs(Algorithm::TokenBucket), |(policy, calls)| {
        retry_after_is_exact(|| LateRetry::new(&policy), &calls)
    });
    must_fail(inputs(Algorithm::TokenBucket), |(policy, calls)| {
        retry_after_is_exact(|| EarlyRetry::new(&policy), &calls)
    });
}

#[test]
fn the_models_themselves_keep_their_bounds() {
    hold(300, inputs(Algorithm::TokenBucket), |(policy, calls)| {
        token_bucket_bound(&policy, Modelled(bucket(&policy)), &calls)?;
        retry_after_is_exact(|| Modelled(bucket(&policy)), &calls)
    });
    hold(300, inputs(Algorithm::SlidingWindow), |(policy, calls)| {
        let model = || Modelled(ExactSlidingWindow::new(policy.limit, policy.window.as_micros()));
        sliding_window_bound(&policy, model(), &calls)?;
        retry_after_is_exact(model, &calls)
    });
    hold(300, inputs(Algorithm::FixedWindow), |(policy, calls)| {
        let model = || Modelled(ExactFixedWindow::new(policy.limit, policy.window.as_micros()));
        fixed_window_bound(&policy, model(), &calls)?;
        denial_changes_nothing(model, &calls)
    });
}
