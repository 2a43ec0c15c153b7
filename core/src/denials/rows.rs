//! Where denials are kept: a set-associative array, as in a processor's cache.
//!
//! A table would have to keep what it was given; a cache may forget. So a denial has eight places, and where all are
//! taken the one that ends first makes room: no probing, no sweep, no tombstones.

use alloc::vec::Vec;

use crate::decision::{PolicyState, RetryAfter};
use crate::time::Timestamp;

/// Places that a denial may take.
const WAYS: usize = 8;
/// Rows of a cache that has just begun to learn.
const FIRST_ROWS: usize = 64;
/// How much larger a cache gets.
const GROWTH: usize = 4;

/// What a denial said as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) tag: u64,
    /// When the denied call was asked.
    pub(super) at: Timestamp,
    /// When it is forgotten.
    pub(super) until: Timestamp,
    pub(super) retry_after: RetryAfter,
    pub(super) binding: usize,
    pub(super) blocked: bool,
}

/// One policy's part of a denial.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) cost: u64,
    pub(super) state: PolicyState,
}

/// Rows of one head and a part for each policy.
pub(super) struct Rows {
    policies: usize,
    /// A power of two.
    most: usize,
    heads: Vec<Head>,
    parts: Vec<Part>,
}

impl Head {
    /// Nothing: a row that was never used.
    const NONE: Self = Self {
        tag: 0,
        at: Timestamp::ZERO,
        until: Timestamp::ZERO,
        retry_after: RetryAfter::Now,
        binding: 0,
        blocked: false,
    };

    /// Whether it holds at `now`. A clock that ran back to before it was learned could make it last too long.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        self.at <= now && now < self.until
    }
}

impl Part {
    const NONE: Self = Self { cost: 0, state: PolicyState::NONE };
}

impl Rows {
    /// No rows; at most `most`, rounded down to a power of two, later.
    pub(super) fn new(policies: usize, most: usize) -> Self {
        let most = 1 << most.max(FIRST_ROWS).ilog2();
        Self { policies, most, heads: Vec::new(), parts: Vec::new() }
    }

    /// The rows of `tag` that hold at `now`.
    pub(super) fn of(&self, tag: u64, now: Timestamp) -> impl Iterator<Item = (&Head, &[Part])> {
        let set = self.set(tag);
        let heads = self.heads.get(set..set + WAYS).unwrap_or_default();
        let parts = self.parts.get(set * self.policies..).unwrap_or_default().chunks_exact(self.policies);
        heads.iter().zip(parts).filter(move |(head, _)| head.tag == tag && head.holds(now))
    }

    /// Puts a denial in the place of one that `same` says is the same, or has ended, or ends first.
    pub(super) fn put(&mut self, head: Head, parts: &[Part], same: impl Fn(&[Part]) -> bool) {
        if self.heads.is_empty() {
            self.resize(FIRST_ROWS);
        }
        let mut row = self.place(&head, same);
        if self.heads.len() < self.most && self.is_foreign(row, &head) {
            self.grow(head.at);
            row = self.place(&head, |_| false);
        }
        self.write(row, head, parts);
    }

    /// Forgets every denial of `tag`.
    pub(super) fn forget(&mut self, tag: u64) {
        let set = self.set(tag);
        let heads = self.heads.get_mut(set..set + WAYS).unwrap_or_default();
        heads.iter_mut().filter(|head| head.tag == tag).for_each(|head| *head = Head::NONE);
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }

    /// Bytes allocated.
    pub(super) fn bytes(&self) -> usize {
        self.heads.capacity() * size_of::<Head>() + self.parts.capacity() * size_of::<Part>()
    }

    /// The first row of the set in which `tag` may be.
    fn set(&self, tag: u64) -> usize {
        // The upper half of a product is the tag's share of all sets: its top bits, without a shift by 64.
        let sets = (self.heads.len() / WAYS) as u128;
        ((u128::from(tag) * sets) >> 64) as usize * WAYS
    }

    fn place(&self, new: &Head, same: impl Fn(&[Part]) -> bool) -> usize {
        let set = self.set(new.tag);
        let mut best = (set, Timestamp::MAX);
        for (row, head) in self.heads.iter().enumerate().skip(set).take(WAYS) {
            if head.tag == new.tag && same(self.parts_of(row)) {
                return row;
            }
            let ends = if head.holds(new.at) { head.until } else { Timestamp::ZERO };
            if ends < best.1 {
                best = (row, ends);
            }
        }
        best.0
    }

    /// Whether `row` holds another key's denial.
    fn is_foreign(&self, row: usize, new: &Head) -> bool {
        self.heads.get(row).is_some_and(|head| head.tag != new.tag && head.holds(new.at))
    }

    fn parts_of(&self, row: usize) -> &[Part] {
        self.parts.get(row * self.policies..(row + 1) * self.policies).unwrap_or_default()
    }

    fn write(&mut self, row: usize, head: Head, parts: &[Part]) {
        let Some(to) = self.heads.get_mut(row) else { return };
        *to = head;
        let to = self.parts.get_mut(row * self.policies..(row + 1) * self.policies).unwrap_or_default();
        to.iter_mut().zip(parts).for_each(|(to, part)| *to = *part);
    }

    /// Makes room. What was in one set is spread over several: nothing is lost.
    fn grow(&mut self, now: Timestamp) {
        let (heads, parts) = (core::mem::take(&mut self.heads), core::mem::take(&mut self.parts));
        self.resize(self.most.min(heads.len() * GROWTH));
        for (head, parts) in heads.iter().zip(parts.chunks_exact(self.policies)) {
            if head.holds(now) {
                self.write(self.place(head, |_| false), *head, parts);
            }
        }
    }

    fn resize(&mut self, rows: usize) {
        self.heads.resize(rows, Head::NONE);
        self.parts.resize(rows * self.policies, Part::NONE);
    }
}
