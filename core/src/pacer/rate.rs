//! One policy of a pacer: what has started, what may, and what the other side has said.

#![warn(clippy::arithmetic_side_effects)]

use super::log::Log;
use super::tickets::Settled;
use crate::policy::CheckedPolicy;
use crate::time::{Span, Timestamp};

pub(super) struct Rate {
    pub(super) limit: u64,
    /// What of the limit is ours; all of it unless it is shared.
    pub(super) share: u64,
    log: Log,
    /// The cost of what runs.
    in_flight: u64,
    told: Option<Told>,
}

/// What the server that is called has left for us, and when it counts anew.
struct Told {
    left: u64,
    until: Timestamp,
}

impl Rate {
    pub(super) fn new(policy: &CheckedPolicy) -> Self {
        let log = Log::new(policy.limit, policy.window);
        Self { limit: policy.limit, share: policy.limit, log, in_flight: 0, told: None }
    }

    /// Replaces the limit. A share that was all of it stays all of it.
    pub(super) fn set_limit(&mut self, limit: u64) {
        self.share = if self.share == self.limit { limit } else { self.share.min(limit) };
        self.limit = limit;
        self.log.set_limit(limit);
    }

    /// Forgets what has passed.
    #[inline]
    pub(super) fn advance(&mut self, now: Timestamp) {
        self.log.expire(now);
        if self.told.as_ref().is_some_and(|told| told.until <= now) {
            self.told = None;
        }
    }

    /// When a cost may start; `None` as long as the share does not change.
    #[inline]
    pub(super) fn ready_at(&self, cost: u64, now: Timestamp) -> Option<Timestamp> {
        if cost == 0 {
            return Some(now);
        }
        if cost > self.share {
            return None;
        }
        let fits = self.log.when_fits(cost, self.share, now)?;
        match &self.told {
            Some(told) if cost > told.left => Some(fits.max(told.until)),
            _ => Some(fits),
        }
    }

    pub(super) fn start(&mut self, cost: u64, now: Timestamp) {
        self.log.add(cost, now);
        self.in_flight = self.in_flight.saturating_add(cost);
        if let Some(told) = &mut self.told {
            told.left = told.left.saturating_sub(cost);
        }
    }

    pub(super) fn finish(&mut self, cost: u64) {
        self.in_flight = self.in_flight.saturating_sub(cost);
    }

    /// Corrects what a ticket has taken that started at `since`: less is given back there, more is charged now.
    pub(super) fn settle(&mut self, taken: Settled, actual: u64, since: Timestamp, now: Timestamp) -> Settled {
        let more = actual.saturating_sub(taken.total);
        let less = taken.total.saturating_sub(actual).min(taken.at_start);
        self.log.add(more, now);
        self.log.credit(less, since);
        self.in_flight = self.in_flight.saturating_add(more).saturating_sub(less);
        Settled {
            total: taken.total.saturating_add(more).saturating_sub(less),
            at_start: taken.at_start.saturating_sub(less),
        }
    }

    /// The other side has `left` for all that it has not seen yet, of which `own` is no part, for `span`.
    pub(super) fn told(&mut self, left: u64, own: u64, span: Span, now: Timestamp) {
        let unseen = self.in_flight.saturating_sub(own);
        self.told = Some(Told { left: left.saturating_sub(unseen), until: now.saturating_add(span) });
    }

    pub(super) fn postpone(&mut self, since: Timestamp, now: Timestamp) {
        self.log.postpone(since, now);
    }

    pub(super) fn used(&self) -> u64 {
        self.log.used()
    }
}
