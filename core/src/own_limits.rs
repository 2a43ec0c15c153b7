//! The states of calls that bring a limit of their own.

use alloc::vec::Vec;

use crate::limit::Rule;
use crate::table::Table;
use crate::time::{Span, Timestamp};

/// States of calls that brought their own limit. A key has one state for each limit it came with: the
/// limit is part of the tag, so a state is never read in another unit.
pub(crate) struct OwnLimits<W: Rule> {
    pub(crate) table: Table<W::State>,
    /// Limits that may have a live state, in order, and until when: what a reset has to visit.
    pub(crate) live: Vec<(u64, Timestamp)>,
    /// Limits that came since `live` was last looked through.
    come: usize,
    /// When the last of all states ends.
    pub(crate) ends: Timestamp,
}

/// Different limits in use at once that a reset finds. A host has a handful of plans; one that makes up a
/// limit for each call would make the list grow without bound.
pub(crate) const MAX_LIVE_LIMITS: usize = 4_096;
/// New limits after which those that have ended are dropped from the list.
const LOOK_THROUGH_EVERY: usize = 256;

impl<W: Rule> OwnLimits<W> {
    pub(crate) fn new(cap: usize) -> Self {
        Self { table: Table::new(cap), live: Vec::new(), come: 0, ends: Timestamp::ZERO }
    }

    /// Remembers that `limit` has a state that is live for `life` from now.
    pub(crate) fn note(&mut self, limit: u64, life: Span, now: Timestamp) {
        let until = now.saturating_add(life);
        if self.ends <= now {
            self.live.clear();
        }
        self.ends = self.ends.max(until);
        if let Some((_, known)) = self.find(limit).ok().and_then(|at| self.live.get_mut(at)) {
            *known = (*known).max(until);
            return;
        }
        self.come += 1;
        if self.come > self.live.len().min(LOOK_THROUGH_EVERY) {
            self.come = 0;
            self.live.retain(|(_, until)| *until > now);
        }
        if self.live.len() < MAX_LIVE_LIMITS {
            let (Ok(at) | Err(at)) = self.find(limit);
            self.live.insert(at, (limit, until));
        }
    }
}

impl<W: Rule> OwnLimits<W> {
    fn find(&self, limit: u64) -> Result<usize, usize> {
        self.live.binary_search_by_key(&limit, |&(known, _)| known)
    }
}
