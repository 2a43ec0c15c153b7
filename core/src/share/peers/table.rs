//! Who is there, and when each was last heard of.

use alloc::collections::BTreeMap;
use alloc::string::String;

use crate::time::{Span, Timestamp};

/// Members that a table holds at most: a channel full of strangers must not fill the memory.
const MOST_MEMBERS: usize = 10_000;

/// The other members, by id.
#[derive(Clone, Debug, Default)]
pub(crate) struct PeerTable {
    others: BTreeMap<String, Timestamp>,
}

impl PeerTable {
    /// Notes a sign of life. Says whether the member was unknown.
    pub(crate) fn heard(&mut self, id: &str, now: Timestamp) -> bool {
        if let Some(last) = self.others.get_mut(id) {
            *last = now.max(*last);
            return false;
        }
        if self.others.len() >= MOST_MEMBERS {
            return false;
        }
        self.others.insert(String::from(id), now);
        true
    }

    /// Who they are, in their order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.others.keys().map(String::as_str)
    }

    pub(crate) fn remove(&mut self, id: &str) -> bool {
        self.others.remove(id).is_some()
    }

    /// Takes everybody for heard of just now.
    pub(crate) fn credit(&mut self, now: Timestamp) {
        self.others.values_mut().for_each(|last| *last = now.max(*last));
    }

    /// Drops those not heard of for `silence`. Says whether there were any.
    pub(crate) fn evict(&mut self, silence: Span, now: Timestamp) -> bool {
        let before = self.others.len();
        self.others.retain(|_, last| last.saturating_add(silence) > now);
        self.others.len() < before
    }

    /// When the next is to be dropped.
    pub(crate) fn next_eviction(&self, silence: Span) -> Option<Timestamp> {
        self.others.values().map(|last| last.saturating_add(silence)).min()
    }

    /// How many there are with this member, and how many of them come before it.
    pub(crate) fn count_and_rank(&self, id: &str) -> (u64, u64) {
        let before = self.others.keys().take_while(|other| other.as_str() < id).count();
        (self.others.len() as u64 + 1, before as u64)
    }
}
