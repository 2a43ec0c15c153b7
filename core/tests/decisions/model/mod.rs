//! What the limiter is held to: naive models in exact arithmetic, and the properties stated as code.

mod bad_rules;
mod bounds;
mod limiter;
mod rules;
mod sequences;
mod subject;

pub(crate) use bad_rules::{
    ChargedDenial, ClampedArrival, EarlyRetry, FloatBucket, LateRetry, RoundedInterval, TenParts, TwoBuckets,
};
pub(crate) use bounds::{
    agrees_with, denial_changes_nothing, fixed_window_bound, never_twice_the_limit, retry_after_is_exact,
    sliding_window_bound, token_bucket_bound,
};
pub(crate) use limiter::{ModelLimiter, Said};
pub(crate) use rules::{ExactFixedWindow, ExactSlidingWindow, ExactTokenBucket};
pub(crate) use sequences::{calls, hold, must_fail, policy};
pub(crate) use subject::{Modelled, Subject, Tollgate};
