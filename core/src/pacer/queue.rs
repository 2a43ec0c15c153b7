//! The order of what waits: lanes take turns, and within a lane the ticket goes first that is oldest after its priority
//! is taken off.

use alloc::collections::BTreeSet;

use super::tickets::TicketId;
use crate::time::{Span, Timestamp};

/// Where a ticket waits, in the order in which tickets go. A priority is worth a fixed time of waiting, so the order of
/// two tickets never changes: whoever comes later than that time cannot overtake, and nobody starves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) lane: u32,
    key: i64,
    sequence: u64,
    pub(super) index: u32,
    /// The last timestamp, which never comes, for none.
    pub(super) deadline: Timestamp,
}

/// All tickets that wait.
pub(super) struct Queue {
    waiting: BTreeSet<Place>,
    /// What costs more than the present share of a policy, which is not 0: it must not keep the others waiting.
    parked: BTreeSet<Place>,
    deadlines: BTreeSet<(Timestamp, TicketId)>,
    ageing: Span,
    sequence: u64,
    last_lane: u32,
}

impl Queue {
    pub(super) const fn new(ageing: Span) -> Self {
        Self {
            waiting: BTreeSet::new(),
            parked: BTreeSet::new(),
            deadlines: BTreeSet::new(),
            ageing,
            sequence: 0,
            last_lane: 0,
        }
    }

    /// A place for a ticket that comes now.
    pub(super) fn place(&mut self, index: u32, lane: u32, priority: i32, deadline: Timestamp, now: Timestamp) -> Place {
        self.sequence = self.sequence.wrapping_add(1);
        let ahead = i64::from(priority).saturating_mul(self.ageing.as_micros() as i64);
        let key = (now.as_micros() as i64).saturating_sub(ahead);
        Place { lane, key, sequence: self.sequence, index, deadline }
    }

    pub(super) fn insert(&mut self, place: Place, id: TicketId) {
        self.waiting.insert(place);
        if place.deadline < Timestamp::MAX {
            self.deadlines.insert((place.deadline, id));
        }
    }

    pub(super) fn remove(&mut self, place: Place, id: TicketId) {
        if !self.waiting.remove(&place) {
            self.parked.remove(&place);
        }
        if place.deadline < Timestamp::MAX {
            self.deadlines.remove(&(place.deadline, id));
        }
    }

    /// Removes a ticket because it starts: it was its lane's turn.
    pub(super) fn take(&mut self, place: Place, id: TicketId) {
        self.remove(place, id);
        self.last_lane = place.lane;
    }

    /// Whose turn it is: the first of the lane after the one that had the last turn.
    pub(super) fn first(&self) -> Option<Place> {
        let lane = self.last_lane.saturating_add(1);
        let lowest = Place { lane, key: i64::MIN, sequence: 0, index: 0, deadline: Timestamp::ZERO };
        let next = || self.waiting.range(lowest..).next();
        let first = self.waiting.first()?;
        // With one lane, which is usual, one look is enough.
        let turn = if self.last_lane == u32::MAX || first.lane > self.last_lane { None } else { next() };
        Some(*turn.unwrap_or(first))
    }

    /// Sets a ticket aside that costs more than the present share.
    pub(super) fn park(&mut self, place: Place) {
        self.waiting.remove(&place);
        self.parked.insert(place);
    }

    /// Lets everything that was set aside wait again.
    pub(super) fn unpark(&mut self) {
        self.waiting.append(&mut self.parked);
    }

    /// The earliest deadline.
    pub(super) fn first_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }

    /// Takes out the earliest deadline, unless it is after `until`; says whose it was.
    pub(super) fn pop_deadline(&mut self, until: Timestamp) -> Option<TicketId> {
        if self.first_deadline()? > until {
            return None;
        }
        self.deadlines.pop_first().map(|(_, id)| id)
    }

    pub(super) fn len(&self) -> u64 {
        (self.waiting.len() + self.parked.len()) as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.parked.is_empty()
    }

    /// Whether nobody waits but those that were set aside.
    pub(super) fn nobody_has_a_turn(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Forgets everything; says what waited.
    pub(super) fn clear(&mut self) -> BTreeSet<Place> {
        self.unpark();
        self.deadlines.clear();
        core::mem::take(&mut self.waiting)
    }
}
