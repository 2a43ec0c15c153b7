//! Limits that change while tickets wait and run.

use super::{Pacer, Rejection, Stage, TicketId, Timestamp};
use crate::time::MAX_SAFE_INTEGER;

impl Pacer {
    /// Replaces the limits, at most 2^53 − 1 each, and the concurrency from now on; 0, no entry, or no concurrency leaves
    /// it as it is. The windows stay, and so does what has started in them: where a limit shrinks, nothing starts until that is below it. A share
    /// that was all of the old limit is all of the new one; another is kept as far as it fits.
    ///
    /// Tickets that wait and cost more than a new limit wait until it grows again, unless [`Pacer::cancel_unfit`] takes
    /// them back.
    pub fn set_limits(&mut self, limits: &[u64], concurrency: Option<u64>, now: Timestamp) {
        self.advance(now);
        for ((rate, policy), &limit) in self.rates.iter_mut().zip(&mut self.policies).zip(limits) {
            if limit > 0 {
                policy.limit = limit.min(MAX_SAFE_INTEGER);
                rate.set_limit(policy.limit);
            }
        }
        self.concurrency = concurrency.unwrap_or(self.concurrency);
        self.queue.unpark();
        self.handle_timeout(now);
    }

    /// Takes a ticket back that waits and costs more than a limit: it could never start. `None` where it fits, or does
    /// not wait.
    pub fn cancel_unfit(&mut self, id: TicketId, now: Timestamp) -> Option<Rejection> {
        let ticket = self.tickets.get(id).filter(|ticket| matches!(ticket.stage, Stage::Waiting(_)))?;
        let too_large = self.rates.iter().enumerate().find_map(|(policy, rate)| {
            let (cost, limit) = (ticket.charge.of(policy), rate.limit);
            (cost > limit).then_some(Rejection::TooLarge { policy, cost, limit })
        })?;
        self.cancel(id, now);
        Some(too_large)
    }
}
