//! Policies as decisions tell about them.

use std::sync::{Mutex, PoisonError};

use tollgate_core::CheckedPolicy;

/// The checked policies of a limiter. One reference serves all limiters with the same policies, for the life of the
/// process: so a decision can tell their names after its limiter is gone, and a check counts no references, which
/// threads that share a limiter would wait for each other to do.
pub(crate) type Terms = &'static [CheckedPolicy];

static KNOWN: Mutex<Vec<Terms>> = Mutex::new(Vec::new());

/// The one reference to policies like these.
pub(crate) fn terms(policies: &[CheckedPolicy]) -> Terms {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(terms) = known.iter().find(|terms| **terms == policies) {
        return terms;
    }
    let terms: Terms = Box::leak(policies.into());
    known.push(terms);
    terms
}
