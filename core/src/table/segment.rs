//! One segment of the table: up to 1,024 slots of tag and state, in one allocation.
//!
//! Linear probing without tombstones, and without wrapping around: the upper half of a tag names a slot's
//! home, slots are kept in ascending order of their tags, and a short tail takes what the last homes push
//! on. So a search for an absent tag stops at the first larger one, and a removal closes its gap.

use alloc::boxed::Box;
use alloc::vec;

/// A segment with this many homes is split in two when it is full.
const MAX_HOMES: usize = 1_024;
const FIRST_HOMES: usize = 8;
/// Slots that a search looks at together.
const WINDOW: usize = 4;
/// The tag of a free slot; no key has it.
const FREE: u64 = 0;

#[derive(Clone, Copy, Default)]
struct Slot<S> {
    tag: u64,
    state: S,
}

pub(super) struct Segment<S> {
    slots: Box<[Slot<S>]>,
    /// How many slots are homes; the others are the tail.
    homes: u32,
    used: u32,
    /// How many leading directory bits all tags of this segment share.
    pub(super) depth: u32,
}

/// Why an insertion did not take place; the segment is unchanged.
pub(super) struct Full;

impl<S: Copy + Default> Segment<S> {
    pub(super) fn new(depth: u32) -> Self {
        Self { slots: Box::default(), homes: 0, used: 0, depth }
    }

    fn with_homes(homes: usize, depth: u32) -> Self {
        let slots = vec![Slot::default(); homes.saturating_add(tail(homes))].into_boxed_slice();
        Self { slots, homes: u32::try_from(homes).unwrap_or(u32::MAX), used: 0, depth }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.used as usize
    }

    /// The tags in the order of their slots.
    #[cfg(test)]
    pub(super) fn tags(&self) -> impl Iterator<Item = u64> {
        self.entries().map(|slot| slot.tag)
    }

    /// How many slots there are to sweep.
    pub(super) fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// Bytes of the allocation.
    pub(super) fn bytes(&self) -> usize {
        self.slots.len().saturating_mul(size_of::<Slot<S>>())
    }

    #[inline]
    fn home(&self, tag: u64) -> usize {
        (((tag >> 32) * u64::from(self.homes)) >> 32) as usize
    }

    /// Where `tag` is (`Ok`), or where it would be put (`Err`).
    #[inline]
    pub(super) fn find(&self, tag: u64) -> Result<usize, usize> {
        let mut at = self.home(tag);
        let mut rest = self.slots.get(at..).unwrap_or_default();
        // How long a run is cannot be predicted, so its first slots are counted without a branch. (A free
        // slot's tag minus one is the largest number, and all tags after a free slot are larger.)
        if let Some((window, after)) = rest.split_first_chunk::<WINDOW>() {
            let passed: usize =
                window.iter().map(|slot| usize::from(slot.tag.wrapping_sub(1) < tag.wrapping_sub(1))).sum();
            at += passed;
            if let Some(slot) = window.get(passed) {
                return if slot.tag == tag { Ok(at) } else { Err(at) };
            }
            rest = after;
        }
        for slot in rest {
            if slot.tag == tag {
                return Ok(at);
            }
            if slot.tag == FREE || slot.tag > tag {
                return Err(at);
            }
            at += 1;
        }
        Err(at)
    }

    #[inline]
    pub(super) fn state(&self, at: usize) -> Option<&S> {
        self.slots.get(at).map(|slot| &slot.state)
    }

    #[inline]
    pub(super) fn state_mut(&mut self, at: usize) -> Option<&mut S> {
        self.slots.get_mut(at).map(|slot| &mut slot.state)
    }

    /// Puts an absent tag at `at`, which [`Segment::find`] has just named.
    #[inline]
    pub(super) fn insert(&mut self, at: usize, tag: u64, state: S) -> Result<(), Full> {
        if self.used as usize * 8 >= self.homes as usize * 7 {
            return Err(Full);
        }
        let run = self.slots.get_mut(at..).ok_or(Full)?;
        let free = run.iter().position(|slot| slot.tag == FREE).ok_or(Full)?;
        run.copy_within(..free, 1);
        *run.first_mut().ok_or(Full)? = Slot { tag, state };
        self.used += 1;
        Ok(())
    }

    /// Takes out the entry at `at` and moves its followers back towards their homes.
    pub(super) fn remove(&mut self, at: usize) {
        let mut hole = at;
        for next in at + 1..self.slots.len() {
            match self.slots.get(next) {
                Some(slot) if slot.tag != FREE && self.home(slot.tag) < next => {
                    self.slots.swap(hole, next);
                    hole = next;
                }
                _ => break,
            }
        }
        if let Some(slot) = self.slots.get_mut(hole) {
            *slot = Slot::default();
            self.used -= 1;
        }
    }

    /// The first slot from `start` on and before `end` whose entry `idle` gives up.
    #[inline]
    pub(super) fn first_idle(&self, start: usize, end: usize, idle: &impl Fn(&S) -> bool) -> Option<usize> {
        let slots = self.slots.get(start..end)?;
        // Both are looked at, whatever the first says: which slots are free cannot be predicted.
        let given_up = |slot: &Slot<S>| (slot.tag != FREE) & idle(&slot.state);
        slots.iter().position(given_up).map(|offset| start + offset)
    }

    /// The number of homes to grow to, or `None` when the segment is to be split.
    fn grown_homes(&self) -> Option<usize> {
        let homes = self.homes as usize;
        if homes >= MAX_HOMES { None } else { Some((homes + homes / 8).clamp(FIRST_HOMES, MAX_HOMES)) }
    }

    /// Makes room: one segment an eighth larger, or two for the tags whose next directory bit is 0 and 1.
    /// `splittable` says whether there is such a bit.
    pub(super) fn grow(&mut self, splittable: bool) -> Option<Self> {
        match self.grown_homes() {
            Some(homes) => self.rebuild(homes),
            None if splittable => return Some(self.split()),
            None => self.rebuild(self.homes as usize * 2),
        }
        None
    }

    /// Gives memory back when most of it is free.
    pub(super) fn shrink(&mut self) {
        if self.used == 0 {
            *self = Self::new(self.depth);
        } else if self.homes as usize > FIRST_HOMES && (self.used as usize) < self.homes as usize / 4 {
            self.rebuild((self.used as usize * 2).max(FIRST_HOMES));
        }
    }

    fn rebuild(&mut self, homes: usize) {
        let mut homes = homes;
        loop {
            let mut rebuilt = Self::with_homes(homes, self.depth);
            if rebuilt.fill(self.entries()) {
                *self = rebuilt;
                return;
            }
            homes += homes / 4;
        }
    }

    fn split(&mut self) -> Self {
        let depth = self.depth + 1;
        let is_upper = |slot: &Slot<S>| (slot.tag >> (32 - depth)) & 1 == 1;
        let upper = self.part(depth, is_upper);
        *self = self.part(depth, |slot| !is_upper(slot));
        upper
    }

    /// A segment of those entries that `keep` names, with an eighth of room to grow.
    fn part(&self, depth: u32, keep: impl Fn(&Slot<S>) -> bool) -> Self {
        let kept = self.entries().filter(|slot| keep(slot)).count();
        let mut homes = (kept * 9 / 7).clamp(FIRST_HOMES, MAX_HOMES);
        loop {
            let mut part = Self::with_homes(homes, depth);
            if part.fill(self.entries().filter(|slot| keep(slot))) {
                return part;
            }
            homes += homes / 4;
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Slot<S>> {
        self.slots.iter().filter(|slot| slot.tag != FREE)
    }

    /// Puts entries, in ascending order of their tags, into an empty segment: each at its home, or right
    /// after the one before. False when the last ones would fall off the end.
    fn fill<'a>(&mut self, entries: impl Iterator<Item = &'a Slot<S>>) -> bool
    where
        S: 'a,
    {
        let mut free = 0;
        for entry in entries {
            let at = self.home(entry.tag).max(free);
            match self.slots.get_mut(at) {
                Some(slot) => *slot = *entry,
                None => return false,
            }
            self.used += 1;
            free = at + 1;
        }
        true
    }
}

fn tail(homes: usize) -> usize {
    homes / 32 + 4
}
