//! A key's state, saved and taken over by a new limiter: nothing changes, and nothing else is taken over.

use proptest::prelude::*;
use tollgate_core::{
    Algorithm, Cost, Limiter, LimiterConfig, MAX_SAFE_INTEGER, Policy, Request, RestoreError, Span, Timestamp,
};

use crate::agreement::{Move, Pair, Step, extreme_amount, extreme_policy, moves, policies, steps};
use crate::model::hold;

const KEY: &[u8] = &[0];

fn limiter(policies: &[Policy], seed: u64) -> Limiter {
    let config = LimiterConfig { policies: policies.to_vec(), max_keys: 64, seed: [seed, 1] };
    Limiter::new(config).expect("valid policies")
}

/// A new limiter, of another seed, that goes on where `old` is.
fn renewed(old: &Limiter, policies: &[Policy], seed: u64) -> Limiter {
    let saved = old.save(KEY);
    assert!(saved.iter().all(|&word| word <= MAX_SAFE_INTEGER), "{saved:?}");
    let mut new = limiter(policies, seed);
    new.restore(KEY, &saved).expect("what was saved");
    assert_eq!(new.save(KEY), saved, "what is taken over is what was saved");
    new
}

/// The step, about the only key that is saved.
fn of_one_key(step: Step) -> Step {
    match step {
        Step::Consume { costs, limits, .. } => Step::Consume { key: 0, costs, limits },
        Step::Peek { costs, limits, .. } => Step::Peek { key: 0, costs, limits },
        Step::Reset { .. } => Step::Reset { key: 0 },
        Step::Block { span, .. } => Step::Block { key: 0, span },
        step => step,
    }
}

#[test]
fn a_limiter_that_is_renewed_between_calls_agrees_with_the_model() {
    let inputs = policies().prop_flat_map(|policies| {
        let steps = prop::collection::vec((prop::bool::weighted(0.3), moves(), steps(policies.len())), 1..80);
        (Just(policies), 0..20_000_u64, steps)
    });
    hold(4_000, inputs, |(policies, start, steps)| {
        let mut pair = Pair::new(&policies, start);
        for (i, (renew, by, step)) in steps.into_iter().enumerate() {
            if renew {
                pair.limiter = renewed(&pair.limiter, &policies, i as u64);
            }
            pair.step(by, of_one_key(step))?;
        }
        Ok(())
    });
}

#[test]
fn a_limiter_that_is_renewed_agrees_with_the_model_at_the_extremes() {
    let start = prop_oneof![Just(0), Just((1 << 53) - 2_000), 0..(1_u64 << 53)];
    let step = (extreme_amount(), prop_oneof![3 => Just(0), 1 => extreme_amount()], extreme_amount(), 0..4_u8);
    let by = prop_oneof![3 => Just(Move::Stay), 2 => (0..12_u64).prop_map(Move::Tenths)];
    let inputs = (extreme_policy(), start, prop::collection::vec((by, step), 1..30));
    hold(2_000, inputs, |(policy, start, steps)| {
        let policies = [policy];
        let mut pair = Pair::new(&policies, start);
        for (i, (by, (cost, limit, actual, what))) in steps.into_iter().enumerate() {
            pair.limiter = renewed(&pair.limiter, &policies, i as u64);
            let step = match what {
                0 => Step::Settle { decision: actual as usize, actual: vec![actual] },
                1 => Step::Refund { decision: actual as usize },
                _ => Step::Consume { key: 0, costs: vec![cost], limits: vec![limit] },
            };
            pair.step(by, step)?;
        }
        Ok(())
    });
}

/// The fourth number: from then on a limiter that has lost the state answers the same.
#[test]
fn a_state_may_be_thrown_away_when_it_ends() {
    let inputs = policies().prop_flat_map(|policies| {
        let steps = prop::collection::vec((moves(), steps(policies.len())), 1..30);
        (Just(policies), steps, prop::collection::vec(0..20_u64, 3))
    });
    hold(2_000, inputs, |(policies, steps, costs)| {
        let mut pair = Pair::new(&policies, 20_000);
        for (by, step) in steps {
            pair.step(by, of_one_key(step))?;
        }
        let (latest, ends) = (pair.limiter.save(KEY)[2], pair.limiter.save(KEY)[3]);
        prop_assert!(ends == 0 || ends > latest);
        let at = Timestamp::from_micros(ends.max(latest));
        let limits = vec![3; policies.len()];
        for limits in [&[][..], &limits] {
            let request = Request { cost: Cost::Each(&costs), limits };
            prop_assert_eq!(pair.limiter.peek(KEY, request, at), limiter(&policies, 9).peek(KEY, request, at));
        }
        Ok(())
    });
}

#[test]
fn a_refusal_changes_nothing_but_the_time() {
    for algorithm in Algorithm::ALL {
        let policy = Policy { limit: 3, algorithm, window: Span::from_secs(1), ..Policy::default() };
        let mut limiter = limiter(&[policy], 1);
        assert!(limiter.consume(KEY, 3, Timestamp::from_millis(1)).allowed);
        let before = limiter.save(KEY);
        assert!(!limiter.consume(KEY, 1, Timestamp::from_millis(2)).allowed);
        let after = limiter.save(KEY);
        assert_eq!((after[2], &before[..2], &before[3..]), (2_000, &after[..2], &after[3..]));
    }
}

fn asked(limiter: &mut Limiter, at: u64) {
    for (step, limit) in [0, 1, 999, 1 << 40].into_iter().zip([0, 3, 7, 3]) {
        let request = Request { cost: Cost::All(1), limits: &[limit, limit, limit] };
        let decision = limiter.consume(KEY, request, Timestamp::from_micros(at.saturating_add(step)));
        limiter.refund(KEY, &decision, Timestamp::from_micros(at));
    }
    limiter.reset(KEY, Timestamp::from_micros(at));
}

/// Changed, cut or lengthened: refused, or a state that some key could have had, with which the limiter goes on.
#[test]
fn garbage_is_refused_or_harmless() {
    let word = || prop_oneof![0..5_u64, 0..20_000_u64, (MAX_SAFE_INTEGER - 2)..=MAX_SAFE_INTEGER, any::<u64>()];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), word()), 0..4);
    let inputs = policies().prop_flat_map(move |policies| {
        let steps = prop::collection::vec((moves(), steps(policies.len())), 1..30);
        (Just(policies), steps, changes.clone(), 0..80_usize, prop::collection::vec(word(), 0..40))
    });
    hold(3_000, inputs, |(policies, steps, changes, cut, junk)| {
        let mut pair = Pair::new(&policies, 10_000);
        for (by, step) in steps {
            pair.step(by, of_one_key(step))?;
        }
        let mut saved = pair.limiter.save(KEY);
        for (at, word) in changes {
            *at.get_mut(&mut saved) = word;
        }
        let junk_after_head = [&saved[..2], &junk].concat();
        for words in [&saved[..], &saved[..cut.min(saved.len())], &junk, &junk_after_head] {
            let mut new = limiter(&policies, 3);
            match new.restore(KEY, words) {
                Ok(()) => asked(&mut new, words[2]),
                Err(_) => prop_assert_eq!(new.save(KEY), limiter(&policies, 3).save(KEY)),
            }
        }
        Ok(())
    });
}

#[test]
fn a_saved_state_is_refused_with_what_is_wrong() {
    let [one, other] = [5, 6].map(|limit| [Policy { limit, ..Policy::default() }]);
    let mut used = limiter(&one, 1);
    assert!(used.consume(KEY, 1, Timestamp::from_millis(1)).allowed);
    let saved = used.save(KEY);
    assert_eq!(limiter(&other, 1).restore(KEY, &saved), Err(RestoreError::OtherPolicies));
    assert_eq!(used.restore(KEY, &saved), Err(RestoreError::InUse));
    let mut newer = saved.clone();
    newer[0] += 1;
    let longer = [&saved[..], &[0]].concat();
    for wrong in [&newer[..], &longer, &saved[..saved.len() - 1], &[]] {
        assert_eq!(limiter(&one, 1).restore(KEY, wrong), Err(RestoreError::Malformed), "{wrong:?}");
    }
}
