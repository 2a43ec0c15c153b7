//! What all limiters have in common.

use std::future::{Future, ready};

use crate::clock::Clock;
use crate::cost::Request;
use crate::decision::Decision;
use crate::key::Key;
use crate::memory::RateLimiter;

/// A limiter, wherever it keeps its state.
///
/// A layer takes any of them. Handles are cheap to clone, and clones are one limiter.
pub trait Limit: Clone + Send + Sync + 'static {
    /// Decides about a call. A store that fails is told by [`Decision::source`](crate::Decision::source).
    fn check_n(&self, key: &dyn Key, request: Request) -> impl Future<Output = Decision> + Send;
}

impl<C: Clock> Limit for RateLimiter<C> {
    fn check_n(&self, key: &dyn Key, request: Request) -> impl Future<Output = Decision> + Send {
        ready(RateLimiter::check_n(self, key, request))
    }
}
