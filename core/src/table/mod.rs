//! Key → state in bounded memory, without stalls.
//!
//! Keys are not stored: a 64-bit tag, a keyed hash of the key, stands for one. Tags are found by
//! extendible hashing: the leading bits of a tag's lower half choose a segment through a directory, its
//! upper half chooses a slot. A full segment grows by an eighth or splits in two, so no call ever moves
//! more than about a thousand entries.
//!
//! The table holds at most `cap` states. When it is full, only idle entries make room. If there are none,
//! new keys share a fixed set of overflow buckets that count towards the cap: strangers may be limited
//! together, but nobody gets a fresh allowance. A key that finds room later starts from its bucket's state.

mod segment;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use segment::Segment;

/// Slots to be looked at for idle entries, for every call.
const SWEEP: usize = 2;
/// They are looked at so many together: neighbours share cache lines.
const SWEEP_TOGETHER: usize = 16;
/// Slots that a call looks at when the table is full.
const SWEEP_WHEN_FULL: usize = 16;
const MAX_OVERFLOW_BUCKETS: usize = 1_024;
/// Bits of a tag that the directory may use.
const MAX_DEPTH: u32 = 28;
/// The directory doubles only while it has fewer entries than this for each segment. Tags of a good hash never
/// come near it; for tags that agree in their lower halves a segment grows instead.
const DIRECTORY_PER_SEGMENT: usize = 16;

/// Where a tag's state is, or would be put. Valid until the table is changed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    segment: u32,
    slot: u32,
    /// Whether the tag has a state of its own.
    pub(crate) found: bool,
}

/// The table. See the module's page.
pub(crate) struct Table<S> {
    directory: Vec<u32>,
    depth: u32,
    segments: Vec<Segment<S>>,
    len: usize,
    cap: usize,
    /// Empty until first needed.
    overflow: Box<[S]>,
    overflowed: u64,
    sweep_segment: usize,
    sweep_slot: usize,
    /// Slots that should have been looked at and were not.
    sweep_due: usize,
}

impl<S: Copy + Default> Table<S> {
    /// A table of at most `cap` states, overflow buckets included.
    pub(crate) fn new(cap: usize) -> Self {
        Self {
            directory: vec![0],
            depth: 0,
            segments: vec![Segment::new(0)],
            len: 0,
            cap,
            overflow: Box::default(),
            overflowed: 0,
            sweep_segment: 0,
            sweep_slot: 0,
            sweep_due: 0,
        }
    }

    /// How many keys have a state of their own.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether there is nothing to be found.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0 && self.overflow.is_empty()
    }

    /// How many times a key was put into a shared bucket because the table was full.
    pub(crate) fn overflowed(&self) -> u64 {
        self.overflowed
    }

    /// Bytes that the table has allocated.
    pub(crate) fn bytes(&self) -> usize {
        let segments: usize = self.segments.iter().map(Segment::bytes).sum();
        segments
            + self.segments.capacity() * size_of::<Segment<S>>()
            + self.directory.capacity() * size_of::<u32>()
            + size_of_val(&*self.overflow)
    }

    /// Finds `tag`; the place is good for [`Table::load`] and [`Table::store`] until the table changes.
    #[inline]
    pub(crate) fn place(&self, tag: u64) -> Place {
        let tag = occupied(tag);
        let segment = self.directory.get(self.directory_index(tag)).copied().unwrap_or(0);
        let found = self.segments.get(segment as usize).map_or(Err(0), |s| s.find(tag));
        let slot = match found {
            Ok(slot) | Err(slot) => slot as u32,
        };
        Place { segment, slot, found: found.is_ok() }
    }

    /// The state of `tag`: its own, else that of its overflow bucket, else the default.
    #[inline]
    pub(crate) fn load(&self, place: Place, tag: u64) -> S {
        if place.found {
            self.segments
                .get(place.segment as usize)
                .and_then(|s| s.state(place.slot as usize))
                .copied()
                .unwrap_or_default()
        } else if self.overflow.is_empty() {
            S::default()
        } else {
            self.overflow.get(self.bucket(tag)).copied().unwrap_or_default()
        }
    }

    /// The state at a place that was found.
    #[inline]
    pub(crate) fn own_mut(&mut self, place: Place) -> Option<&mut S> {
        if !place.found {
            return None;
        }
        self.segments.get_mut(place.segment as usize)?.state_mut(place.slot as usize)
    }

    /// Writes the state of `tag`; `idle` names the states that may be given up for it.
    #[inline]
    pub(crate) fn store(&mut self, place: Place, tag: u64, state: S, idle: impl Fn(&S) -> bool) {
        if let Some(own) = self.own_mut(place) {
            *own = state;
        } else if self.len < self.room() {
            self.insert(place, occupied(tag), state);
        } else {
            self.store_when_full(tag, state, idle);
        }
    }

    /// Forgets the state of `tag`. While keys share overflow buckets the tag keeps a place of its own, so
    /// that it does not start again from its bucket; a bucket itself is never cleared for one of its keys.
    pub(crate) fn remove(&mut self, tag: u64) {
        let place = self.place(tag);
        if !place.found {
            return;
        }
        if self.overflow.is_empty() {
            self.remove_at(place.segment as usize, place.slot as usize);
        } else {
            self.store(place, tag, S::default(), |_| false);
        }
    }

    /// Looks at the next slots, two a call, and gives up what is idle: called once a decision, so that the
    /// cost of forgetting is spread over the calls.
    #[inline]
    pub(crate) fn sweep(&mut self, idle: impl Fn(&S) -> bool) {
        self.sweep_due += SWEEP;
        if self.sweep_due >= SWEEP_TOGETHER {
            self.sweep_due = 0;
            self.sweep_slots(SWEEP_TOGETHER, &idle);
        }
    }

    /// Keys that may have a state of their own.
    fn room(&self) -> usize {
        self.cap.saturating_sub(overflow_buckets(self.cap))
    }

    fn directory_index(&self, tag: u64) -> usize {
        ((tag & 0xffff_ffff) >> (32 - self.depth)) as usize
    }

    fn bucket(&self, tag: u64) -> usize {
        (((tag >> 32) * self.overflow.len() as u64) >> 32) as usize
    }

    fn insert(&mut self, place: Place, tag: u64, state: S) {
        let mut place = place;
        loop {
            let Some(segment) = self.segments.get_mut(place.segment as usize) else { return };
            if segment.insert(place.slot as usize, tag, state).is_ok() {
                self.len += 1;
                return;
            }
            self.grow(place.segment, tag);
            place = self.place(tag);
        }
    }

    /// Makes room in the segment at `index`, where `tag` belongs.
    #[cold]
    fn grow(&mut self, index: u32, tag: u64) {
        let segments = self.segments.len();
        let Some(segment) = self.segments.get_mut(index as usize) else { return };
        let shared_depth = segment.depth;
        let may_double = self.depth < MAX_DEPTH && self.directory.len() < segments * DIRECTORY_PER_SEGMENT;
        let Some(upper) = segment.grow(shared_depth < self.depth || may_double) else { return };
        if shared_depth == self.depth {
            self.directory = self.directory.iter().flat_map(|&segment| [segment, segment]).collect();
            self.depth += 1;
        }
        let added = self.segments.len() as u32;
        self.segments.push(upper);
        self.point_upper_half(tag, shared_depth, added);
    }

    /// The directory entries that share `depth` bits with `tag` are adjacent: lets their upper half name `segment`.
    fn point_upper_half(&mut self, tag: u64, depth: u32, segment: u32) {
        let count = 1_usize << (self.depth - depth);
        let first = self.directory_index(tag) & !(count - 1);
        if let Some(entries) = self.directory.get_mut(first + count / 2..first + count) {
            entries.fill(segment);
        }
    }

    #[cold]
    fn store_when_full(&mut self, tag: u64, state: S, idle: impl Fn(&S) -> bool) {
        self.sweep_slots(SWEEP_WHEN_FULL, &idle);
        if self.len < self.room() {
            let place = self.place(tag);
            self.insert(place, occupied(tag), state);
            return;
        }
        if self.overflow.is_empty() {
            self.overflow = vec![S::default(); overflow_buckets(self.cap)].into_boxed_slice();
        }
        self.overflowed = self.overflowed.saturating_add(1);
        let bucket = self.bucket(tag);
        if let Some(shared) = self.overflow.get_mut(bucket) {
            *shared = state;
        }
    }

    #[inline(never)]
    fn sweep_slots(&mut self, count: usize, idle: &impl Fn(&S) -> bool) {
        let mut left = count;
        while left > 0 {
            let Some(segment) = self.segments.get(self.sweep_segment) else {
                self.sweep_segment = 0;
                return;
            };
            let start = self.sweep_slot;
            let end = segment.slot_count().min(start + left);
            if start >= end {
                self.leave_segment(idle);
                left -= 1;
            } else if let Some(at) = segment.first_idle(start, end, idle) {
                left -= at + 1 - start;
                self.sweep_slot = at;
                self.remove_at(self.sweep_segment, at);
            } else {
                self.sweep_slot = end;
                left -= end - start;
            }
        }
    }

    #[cold]
    fn leave_segment(&mut self, idle: &impl Fn(&S) -> bool) {
        if let Some(segment) = self.segments.get_mut(self.sweep_segment) {
            segment.shrink();
        }
        self.sweep_slot = 0;
        self.sweep_segment += 1;
        if self.sweep_segment >= self.segments.len() {
            self.sweep_segment = 0;
            if self.len < self.room() && self.overflow.iter().all(idle) {
                self.overflow = Box::default();
            }
        }
    }

    fn remove_at(&mut self, segment: usize, slot: usize) {
        if let Some(segment) = self.segments.get_mut(segment) {
            segment.remove(slot);
            self.len -= 1;
        }
        if self.len == 0 {
            self.give_all_back();
        }
    }

    /// An empty table may never be swept again, so it keeps nothing.
    #[cold]
    fn give_all_back(&mut self) {
        (self.directory, self.depth) = (vec![0], 0);
        self.segments = vec![Segment::new(0)];
        (self.sweep_segment, self.sweep_slot) = (0, 0);
    }
}

/// Of `cap` states, how many are buckets for keys that find no room.
fn overflow_buckets(cap: usize) -> usize {
    (cap / 16).clamp(1, MAX_OVERFLOW_BUCKETS)
}

/// Zero marks a free slot.
#[inline]
fn occupied(tag: u64) -> u64 {
    tag.max(1)
}

#[cfg(test)]
mod tests;
