//! A call that runs.

use std::fmt;
use std::sync::Arc;

use tollgate_core::TicketId;

use super::state::Shared;
use crate::clock::{Clock, MonotonicClock};
use crate::cost::Cost;

/// A call that runs. Its place under the concurrency is free when this is dropped.
#[must_use = "the call has ended when this is dropped"]
pub struct Permit<C: Clock = MonotonicClock> {
    shared: Arc<Shared<C>>,
    ticket: TicketId,
}

impl<C: Clock> Permit<C> {
    pub(super) fn new(shared: Arc<Shared<C>>, ticket: TicketId) -> Self {
        Self { shared, ticket }
    }

    /// Corrects what the call has taken to what it really costs, such as tokens that are known only afterwards. What was
    /// too much is given back while its start is in the window, what was too little is charged, even above the limit.
    pub fn settle(&mut self, actual: impl Into<Cost>) {
        let actual = actual.into();
        self.shared.at_now(|state, now| state.pacer.settle(self.ticket, actual.to_core(), now));
    }
}

impl<C: Clock> Drop for Permit<C> {
    fn drop(&mut self) {
        self.shared.at_now(|state, now| state.pacer.finish(self.ticket, now));
    }
}

impl<C: Clock> fmt::Debug for Permit<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}
