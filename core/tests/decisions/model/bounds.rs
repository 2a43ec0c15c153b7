//! The properties: each takes something to test and a sequence of calls, and says whether it held.

use proptest::prelude::TestCaseError;
use proptest::{prop_assert, prop_assert_eq};
use tollgate_core::{Policy, RetryAfter};

use super::rules::ExactRule;
use super::subject::{Modelled, Subject};

/// Calls as `(now, cost)`, in order of time.
type Calls = [(u64, u64)];
type Held = Result<(), TestCaseError>;

/// What was admitted, as `(time, cost)`.
fn admitted(subject: &mut impl Subject, calls: &Calls) -> Vec<(u64, u64)> {
    calls.iter().copied().filter(|&(now, cost)| subject.consume(cost, now).allowed()).collect()
}

/// Calls `check(first, last, sum of costs)` for every pair of admitted calls.
fn every_span(log: &Calls, mut check: impl FnMut(u64, u64, u128) -> Held) -> Held {
    for (i, &(first, _)) in log.iter().enumerate() {
        let mut sum = 0;
        for &(last, cost) in &log[i..] {
            sum += u128::from(cost);
            check(first, last, sum)?;
        }
    }
    Ok(())
}

/// Between any two instants: admitted ≤ burst + limit × Δt / window, as whole numbers.
pub(crate) fn token_bucket_bound(policy: &Policy, mut subject: impl Subject, calls: &Calls) -> Held {
    let (limit, window) = (u128::from(policy.limit), u128::from(policy.window.as_micros()));
    let burst = u128::from(policy.burst.unwrap_or(policy.limit));
    every_span(&admitted(&mut subject, calls), |first, last, sum| {
        prop_assert!(sum * window <= burst * window + limit * u128::from(last - first), "{sum} in {first}..={last}");
        Ok(())
    })
}

/// In any half-open span as long as the window: admitted ≤ limit.
pub(crate) fn sliding_window_bound(policy: &Policy, mut subject: impl Subject, calls: &Calls) -> Held {
    every_span(&admitted(&mut subject, calls), |first, last, sum| {
        let together = last - first < policy.window.as_micros();
        prop_assert!(!together || sum <= u128::from(policy.limit), "{sum} in {first}..={last}");
        Ok(())
    })
}

/// From each window's first call to its end: admitted ≤ limit.
pub(crate) fn fixed_window_bound(policy: &Policy, mut subject: impl Subject, calls: &Calls) -> Held {
    let (mut end, mut sum) = (0, 0);
    for (at, cost) in admitted(&mut subject, calls).into_iter().filter(|&(_, cost)| cost > 0) {
        if at >= end {
            (end, sum) = (at + policy.window.as_micros(), 0);
        }
        sum += u128::from(cost);
        prop_assert!(sum <= u128::from(policy.limit), "{sum} before {end}");
    }
    Ok(())
}

/// In any half-open span as long as the window: admitted ≤ 2 × limit.
pub(crate) fn never_twice_the_limit(policy: &Policy, mut subject: impl Subject, calls: &Calls) -> Held {
    every_span(&admitted(&mut subject, calls), |first, last, sum| {
        let together = last - first < policy.window.as_micros();
        prop_assert!(!together || sum <= 2 * u128::from(policy.limit), "{sum} in {first}..={last}");
        Ok(())
    })
}

/// Answer for answer the same as the exact rule: neither laxer nor lazier.
pub(crate) fn agrees_with(model: impl ExactRule, mut subject: impl Subject, calls: &Calls) -> Held {
    let mut model = Modelled(model);
    for (i, &(now, cost)) in calls.iter().enumerate() {
        prop_assert_eq!(subject.consume(cost, now), model.consume(cost, now), "call {}", i);
    }
    Ok(())
}

/// After any calls: refused one microsecond before the time named, allowed at it.
pub(crate) fn retry_after_is_exact<S: Subject>(make: impl Fn() -> S, calls: &Calls) -> Held {
    let replay = || {
        let mut subject = make();
        calls.iter().for_each(|&(now, cost)| _ = subject.consume(cost, now));
        subject
    };
    let Some(&(now, cost)) = calls.last() else { return Ok(()) };
    let RetryAfter::After(span) = replay().consume(cost, now).retry_after else { return Ok(()) };
    let due = now + span.as_micros();
    prop_assert!(due > now);
    prop_assert!(!replay().consume(cost, due - 1).allowed(), "allowed before {due}");
    prop_assert!(replay().consume(cost, due).allowed(), "refused at {due}");
    Ok(())
}

/// A subject that never sees the calls that were refused answers the others in the same way.
pub(crate) fn denial_changes_nothing<S: Subject>(make: impl Fn() -> S, calls: &Calls) -> Held {
    let mut all = make();
    let answers: Vec<_> = calls.iter().map(|&(now, cost)| all.consume(cost, now)).collect();
    let mut spared = make();
    for (&(now, cost), answer) in calls.iter().zip(&answers).filter(|(_, answer)| answer.allowed()) {
        prop_assert_eq!(&spared.consume(cost, now), answer);
    }
    Ok(())
}
