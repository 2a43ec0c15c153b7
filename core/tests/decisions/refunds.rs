//! A refund gives back what its decision took, in its own window, and never more.

use proptest::prelude::*;
use tollgate_core::{Algorithm, Decision, Limiter, LimiterConfig, Policy, Span, Timestamp};

use crate::model::{calls, hold, policy};

const AT: fn(u64) -> Timestamp = Timestamp::from_micros;

fn limiter(policy: Policy) -> Limiter {
    Limiter::new(LimiterConfig { policies: vec![policy], max_keys: 16, ..LimiterConfig::default() }).unwrap()
}

fn ten_per_ms(algorithm: Algorithm) -> Limiter {
    limiter(Policy { limit: 10, window: Span::from_millis(1), algorithm, ..Policy::default() })
}

fn remaining(limiter: &Limiter, now: u64) -> u64 {
    limiter.peek(b"key", 0, AT(now)).binding_policy().remaining
}

/// A call as `(now, cost)`, and after how many further calls it is refunded, if at all.
type Refunded = ((u64, u64), Option<usize>);

/// Random calls, and for each how much later its decision is refunded, if at all.
fn refunded(algorithms: Vec<Algorithm>) -> impl Strategy<Value = (Policy, Vec<Refunded>)> {
    prop::sample::select(algorithms).prop_flat_map(policy).prop_flat_map(|policy| {
        let refunds = prop::collection::vec(prop::option::of(0..12_usize), 60);
        (calls(&policy), refunds)
            .prop_map(move |(calls, refunds)| (policy.clone(), calls.into_iter().zip(refunds).collect()))
    })
}

/// Takes out the decisions that are to be refunded before call `i`.
fn ready(due: &mut Vec<(usize, Decision)>, i: usize) -> Vec<Decision> {
    let (ready, later) = std::mem::take(due).into_iter().partition(|(at, _)| *at <= i);
    *due = later;
    let ready: Vec<(usize, Decision)> = ready;
    ready.into_iter().map(|(_, decision)| decision).collect()
}

#[test]
fn a_refund_credits_at_most_what_was_charged_and_never_exceeds_capacity() {
    hold(800, refunded(Algorithm::ALL.to_vec()), |(policy, calls)| {
        let capacity = policy.burst.unwrap_or(policy.limit);
        let mut limiter = limiter(policy);
        let mut due: Vec<(usize, Decision)> = Vec::new();
        for (i, ((now, cost), refund_in)) in calls.into_iter().enumerate() {
            for decision in ready(&mut due, i) {
                let before = limiter.peek(b"key", 0, AT(now)).binding_policy().remaining;
                limiter.refund(b"key", &decision, AT(now));
                let after = limiter.peek(b"key", 0, AT(now)).binding_policy().remaining;
                let state = decision.binding_policy();
                let ended = decision.at.saturating_add(state.reset_after);
                prop_assert!(before <= after && after <= (before + state.charged).min(capacity));
                prop_assert!(AT(now) < ended || before == after, "credited after its window");
            }
            let decision = limiter.consume(b"key", cost, AT(now));
            due.extend(refund_in.map(|calls| (i + calls, decision)));
        }
        Ok(())
    });
}

/// Between any two instants: admitted ≤ burst + limit × Δt / window + what was given back in between.
#[test]
fn a_bucket_keeps_its_bound_beside_what_is_given_back() {
    hold(500, refunded(vec![Algorithm::TokenBucket]), |(policy, calls)| {
        let (limit, window) = (i128::from(policy.limit), i128::from(policy.window.as_micros()));
        let full = i128::from(policy.burst.unwrap_or(policy.limit)) * window;
        let events = admitted_and_credited(&mut limiter(policy), calls);
        for (i, &(first, _)) in events.iter().enumerate() {
            let mut net = 0;
            for &(last, change) in &events[i..] {
                net += change;
                prop_assert!(net * window <= full + limit * i128::from(last - first));
            }
        }
        Ok(())
    });
}

/// Plays the calls; what was admitted as positive, what was given back as negative, with its time.
fn admitted_and_credited(limiter: &mut Limiter, calls: Vec<Refunded>) -> Vec<(u64, i128)> {
    let (mut events, mut due) = (Vec::new(), Vec::new());
    for (i, ((now, cost), refund_in)) in calls.into_iter().enumerate() {
        for decision in ready(&mut due, i) {
            limiter.refund(b"key", &decision, AT(now));
            events.push((now, -i128::from(decision.binding_policy().charged)));
        }
        let decision = limiter.consume(b"key", cost, AT(now));
        events.push((now, i128::from(decision.binding_policy().charged)));
        due.extend(refund_in.map(|calls| (i + calls, decision)));
    }
    events
}

#[test]
fn a_refund_gives_back_all_of_it_at_once() {
    for algorithm in Algorithm::ALL {
        let mut limiter = ten_per_ms(algorithm);
        let decision = limiter.consume(b"key", 7, AT(0));
        assert_eq!(remaining(&limiter, 0), 3);
        limiter.refund(b"key", &decision, AT(0));
        assert_eq!(remaining(&limiter, 0), 10, "{algorithm:?}");
    }
}

#[test]
fn a_refund_after_the_window_ended_credits_nothing() {
    for algorithm in Algorithm::ALL {
        let mut limiter = ten_per_ms(algorithm);
        let old = limiter.consume(b"key", 10, AT(0));
        let ended = old.binding_policy().reset_after.as_micros();
        assert!(limiter.consume(b"key", 10, AT(ended)).allowed);
        limiter.refund(b"key", &old, AT(ended));
        assert_eq!(remaining(&limiter, ended), 0, "{algorithm:?}");
    }
}

#[test]
fn nothing_is_given_back_across_a_reset() {
    for algorithm in Algorithm::ALL {
        let mut limiter = ten_per_ms(algorithm);
        let old = limiter.consume(b"key", 10, AT(5));
        limiter.reset(b"key", AT(6));
        let new = limiter.consume(b"key", 10, AT(7));
        limiter.refund(b"key", &old, AT(8));
        assert_eq!(remaining(&limiter, 8), 0, "{algorithm:?}");
        limiter.refund(b"key", &new, AT(8));
        assert_eq!(remaining(&limiter, 8), 10, "{algorithm:?}");
    }
}

#[test]
fn a_refund_of_a_refusal_or_of_nothing_is_no_refund() {
    for algorithm in Algorithm::ALL {
        let mut limiter = ten_per_ms(algorithm);
        let nothing = limiter.consume(b"key", 0, AT(0));
        let peeked = limiter.peek(b"key", 4, AT(0));
        assert!(limiter.consume(b"key", 8, AT(0)).allowed);
        let refused = limiter.consume(b"key", 5, AT(0));
        for decision in [nothing, peeked, refused] {
            limiter.refund(b"key", &decision, AT(0));
            assert_eq!(remaining(&limiter, 0), 2, "{algorithm:?}");
        }
    }
}

#[test]
fn a_settlement_gives_back_the_difference_or_charges_it() {
    for algorithm in Algorithm::ALL {
        let mut limiter = ten_per_ms(algorithm);
        let cheaper = limiter.consume(b"key", 6, AT(0));
        limiter.settle(b"key", &cheaper, 2, AT(0));
        assert_eq!(remaining(&limiter, 0), 8, "{algorithm:?}");
        let dearer = limiter.consume(b"key", 1, AT(0));
        limiter.settle(b"key", &dearer, 5, AT(0));
        assert_eq!(remaining(&limiter, 0), 3, "{algorithm:?}");
    }
}

#[test]
fn a_settlement_charges_debt_above_the_limit() {
    for algorithm in Algorithm::ALL {
        let mut limiter = ten_per_ms(algorithm);
        let decision = limiter.consume(b"key", 1, AT(0));
        limiter.settle(b"key", &decision, 31, AT(0));
        let refused = limiter.consume(b"key", 1, AT(0));
        assert_eq!((refused.allowed, remaining(&limiter, 0)), (false, 0), "{algorithm:?}");
    }
    // A bucket pays its debt back at its rate: 21 owed at 10 a ms, and 1 to take.
    let mut limiter = ten_per_ms(Algorithm::TokenBucket);
    let decision = limiter.consume(b"key", 1, AT(0));
    limiter.settle(b"key", &decision, 31, AT(0));
    assert!(!limiter.consume(b"key", 1, AT(2_199)).allowed);
    assert!(limiter.consume(b"key", 1, AT(2_200)).allowed);
}

#[test]
fn a_settlement_of_a_refusal_charges_what_it_cost_after_all() {
    for algorithm in Algorithm::ALL {
        let mut limiter = ten_per_ms(algorithm);
        let refused = limiter.consume(b"key", 11, AT(0));
        assert!(!refused.allowed);
        limiter.settle(b"key", &refused, 4, AT(0));
        assert_eq!(remaining(&limiter, 0), 6, "{algorithm:?}");
    }
}

#[test]
fn a_settlement_has_one_amount_for_each_policy() {
    let named = |name: &str| Policy { name: Some(name.to_owned()), ..Policy::default() };
    let config = LimiterConfig { policies: vec![named("a"), named("b")], ..LimiterConfig::default() };
    let mut limiter = Limiter::new(config).unwrap();
    let decision = limiter.consume(b"key", &[10, 50][..], AT(0));
    limiter.settle(b"key", &decision, &[20, 5][..], AT(0));
    let left: Vec<_> = limiter.peek(b"key", 0, AT(0)).policies().map(|state| state.remaining).collect();
    assert_eq!(left, [80, 95]);
}
