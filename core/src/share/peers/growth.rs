//! Shrink at once, grow late: a share is the least of all targets that were in force in the last while.

use alloc::collections::VecDeque;

use crate::time::{Span, Timestamp};

/// The targets of one resource over time.
#[derive(Clone, Debug)]
pub(crate) struct Growth {
    hold: Span,
    /// Since when each target has been in force, oldest first; a target ends where the next begins.
    targets: VecDeque<(Timestamp, u64)>,
}

impl Growth {
    pub(crate) fn new(hold: Span) -> Self {
        Self { hold, targets: VecDeque::new() }
    }

    /// Begins anew: nothing was ever in force.
    pub(crate) fn forget(&mut self) {
        self.targets.clear();
    }

    /// A target comes into force.
    pub(crate) fn aim(&mut self, target: u64, now: Timestamp) {
        self.drop_ended(now);
        // A larger target that follows can never be the least before this one has ended: what is kept rises.
        while self.targets.back().is_some_and(|&(since, held)| held >= target && since >= now) {
            self.targets.pop_back();
        }
        if self.targets.back().is_none_or(|&(_, held)| held != target) {
            self.targets.push_back((now, target));
        }
    }

    /// What may be used now.
    pub(crate) fn share(&self, now: Timestamp) -> u64 {
        self.in_force(now).map(|(_, target)| target).min().unwrap_or(0)
    }

    /// When the share may grow next.
    pub(crate) fn next_growth(&self, now: Timestamp) -> Option<Timestamp> {
        let mut kept = self.in_force(now).peekable();
        let mut ends = None;
        while kept.next().is_some() {
            let Some(&(next, _)) = kept.peek() else { break };
            ends = ends.or(Some(next.saturating_add(self.hold)));
        }
        ends.filter(|&at| at > now)
    }

    /// The targets whose end is not longer ago than `hold`; the last has no end.
    fn in_force(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, u64)> + '_ {
        let ended = self.ended(now);
        self.targets.iter().skip(ended).copied()
    }

    fn ended(&self, now: Timestamp) -> usize {
        let ends = self.targets.iter().skip(1).map(|&(since, _)| since.saturating_add(self.hold));
        ends.take_while(|&end| end <= now).count()
    }

    fn drop_ended(&mut self, now: Timestamp) {
        self.targets.drain(..self.ended(now));
    }
}
