//! What has started in the last window: a sliding log in bounded memory.

#![warn(clippy::arithmetic_side_effects)]

use alloc::collections::VecDeque;

use crate::time::{Span, Timestamp};

/// Entries that are kept at most. Up to this limit each start has its own, and the log is exact; above, starts within
/// a thousandth of the window share one.
pub(super) const MAX_SLOTS: usize = 1_000;

/// Costs by the time at which they started. What shares a slot leaves the window with its latest start: never too
/// early, and at most a thousandth of the window too late.
pub(super) struct Log {
    window: Span,
    /// Starts that are at most this far apart share a slot.
    grain: Span,
    slots: VecDeque<Slot>,
    used: u64,
}

#[derive(Clone, Copy)]
struct Slot {
    first: Timestamp,
    last: Timestamp,
    cost: u64,
}

impl Log {
    /// An empty log for at most `limit` in a window.
    pub(super) fn new(limit: u64, window: Span) -> Self {
        Self { window, grain: grain(limit, window), slots: VecDeque::new(), used: 0 }
    }

    /// What is added from now on is kept as exactly as that limit needs.
    pub(super) fn set_limit(&mut self, limit: u64) {
        self.grain = grain(limit, self.window);
    }

    /// Forgets what has left the window.
    #[inline]
    pub(super) fn expire(&mut self, now: Timestamp) {
        while let Some(slot) = self.slots.front() {
            if slot.last.saturating_add(self.window) > now {
                return;
            }
            self.used = self.used.saturating_sub(slot.cost);
            self.slots.pop_front();
        }
    }

    /// Adds a cost at `now`, which is not before any earlier one.
    pub(super) fn add(&mut self, cost: u64, now: Timestamp) {
        if cost == 0 {
            return;
        }
        self.used = self.used.saturating_add(cost);
        let full = self.slots.len() >= MAX_SLOTS;
        match self.slots.back_mut() {
            Some(slot) if full || now == slot.last || now.saturating_since(slot.first) < self.grain => {
                slot.last = now;
                slot.cost = slot.cost.saturating_add(cost);
            }
            _ => self.slots.push_back(Slot { first: now, last: now, cost }),
        }
    }

    /// Gives back up to `cost` of what was added at `at`; nothing where that has left the window.
    pub(super) fn credit(&mut self, cost: u64, at: Timestamp) {
        let found = self.slots.partition_point(|slot| slot.last < at);
        let Some(slot) = self.slots.get_mut(found).filter(|slot| slot.first <= at) else { return };
        let credited = cost.min(slot.cost);
        slot.cost = slot.cost.saturating_sub(credited);
        self.used = self.used.saturating_sub(credited);
        if slot.cost == 0 {
            self.slots.remove(found);
        }
    }

    /// Counts what was added since `since` as if it had been added at `now`.
    pub(super) fn postpone(&mut self, since: Timestamp, now: Timestamp) {
        let mut moved: Option<Slot> = None;
        while let Some(slot) = self.slots.back().copied().filter(|slot| slot.last >= since) {
            self.slots.pop_back();
            let cost = moved.map_or(slot.cost, |later| later.cost.saturating_add(slot.cost));
            moved = Some(Slot { first: slot.first, last: now, cost });
        }
        self.slots.extend(moved);
    }

    /// When `cost` more keeps the sum within `share`; `None` where it never does.
    #[inline]
    pub(super) fn when_fits(&self, cost: u64, share: u64, now: Timestamp) -> Option<Timestamp> {
        let mut excess = self.used.saturating_add(cost).saturating_sub(share);
        let mut at = now;
        for slot in &self.slots {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(slot.cost);
            at = slot.last.saturating_add(self.window);
        }
        (excess == 0).then_some(at)
    }

    /// The sum of the costs in the window.
    pub(super) fn used(&self) -> u64 {
        self.used
    }
}

fn grain(limit: u64, window: Span) -> Span {
    let slots = MAX_SLOTS as u64;
    if limit <= slots { Span::ZERO } else { Span::from_micros(window.as_micros().div_ceil(slots)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(micros: u64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn keeps_at_most_a_thousand_slots_whatever_is_added() {
        let mut log = Log::new(1_000_000, Span::from_millis(1_000));
        for micros in 0..1_000_000 {
            log.add(1, at(micros));
        }
        assert!(log.slots.len() <= MAX_SLOTS);
        assert_eq!(log.used(), 1_000_000);
        let mut credited = Log::new(10, Span::from_secs(10));
        for micros in 0..5_000 {
            credited.add(2, at(micros));
            credited.credit(1, at(micros));
        }
        assert!(credited.slots.len() <= MAX_SLOTS);
    }

    #[test]
    fn what_shares_a_slot_leaves_with_its_latest_start() {
        let mut log = Log::new(2_000, Span::from_millis(1));
        log.add(1_999, at(0));
        log.add(1, at(0));
        assert_eq!(log.when_fits(1, 2_000, at(1)), Some(at(1_000)));
        let mut wide = Log::new(2_000, Span::from_millis(10));
        wide.add(1_999, at(0));
        wide.add(1, at(9));
        assert_eq!(wide.when_fits(1, 2_000, at(9)), Some(at(10_009)));
    }

    #[test]
    fn a_credit_after_its_window_changes_nothing() {
        let mut log = Log::new(10, Span::from_millis(1));
        log.add(5, at(0));
        log.add(3, at(900));
        log.expire(at(1_000));
        log.credit(5, at(0));
        assert_eq!(log.used(), 3);
        log.credit(9, at(900));
        assert_eq!(log.used(), 0);
    }

    #[test]
    fn what_began_late_leaves_late() {
        let mut log = Log::new(10, Span::from_millis(1));
        log.add(4, at(0));
        log.add(3, at(10));
        log.add(3, at(20));
        log.postpone(at(10), at(50));
        assert_eq!(log.when_fits(4, 10, at(50)), Some(at(1_000)));
        assert_eq!(log.when_fits(5, 10, at(50)), Some(at(1_050)));
    }
}
