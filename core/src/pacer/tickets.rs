//! The tickets themselves, in slots that are used again.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::queue::Place;
use crate::limiter::Cost;
use crate::time::Timestamp;

/// Names a ticket of one pacer, from its submission to its end. As a number it is below 2^53, and its low 32 bits are
/// small: a host may use them as an index. They are used again after the end, the whole number only after two million
/// further tickets of that index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketId(u64);

const GENERATIONS: u32 = 1 << 21;

impl TicketId {
    fn new(index: u32, generation: u32) -> Self {
        Self(u64::from(generation) << 32 | u64::from(index))
    }

    /// The ticket of that number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The ticket as a number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    fn parts(self) -> (usize, u64) {
        ((self.0 & 0xffff_ffff) as usize, self.0 >> 32)
    }
}

/// What a ticket costs. Most cost every policy the same.
pub(super) enum Charge {
    All(u64),
    Each(Box<[u64]>),
    /// It has been corrected.
    Settled(Box<[Settled]>),
}

/// What a ticket that was corrected has taken of one policy.
#[derive(Clone, Copy)]
pub(super) struct Settled {
    pub(super) total: u64,
    /// The part that was taken when it started: this much can be given back there.
    pub(super) at_start: u64,
}

impl Charge {
    pub(super) fn of(&self, policy: usize) -> u64 {
        match self {
            Self::All(cost) => *cost,
            Self::Each(costs) => costs.get(policy).copied().unwrap_or(0),
            Self::Settled(_) => self.settled(policy).total,
        }
    }

    /// What has been taken, and which part of it at the start.
    pub(super) fn settled(&self, policy: usize) -> Settled {
        match self {
            Self::Settled(costs) => costs.get(policy).copied().unwrap_or(Settled { total: 0, at_start: 0 }),
            _ => Settled { total: self.of(policy), at_start: self.of(policy) },
        }
    }
}

impl From<Cost<'_>> for Charge {
    fn from(cost: Cost<'_>) -> Self {
        match cost {
            Cost::All(cost) => Self::All(cost),
            Cost::Each(costs) => Self::Each(costs.into()),
        }
    }
}

/// Where a ticket is.
#[derive(Clone, Copy)]
pub(super) enum Stage {
    /// There is none in this slot.
    Free,
    /// In the queue.
    Waiting(Place),
    /// It has started.
    Running { since: Timestamp },
}

pub(super) struct Ticket {
    generation: u32,
    pub(super) stage: Stage,
    pub(super) charge: Charge,
}

/// All tickets that have not ended.
pub(super) struct Tickets {
    slots: Vec<Ticket>,
    free: Vec<u32>,
    /// The generation of a slot that is new: above that of any slot there has been.
    newest: u32,
}

/// Slots that are kept when nothing waits or runs.
const SPARE: usize = 1_024;

impl Tickets {
    pub(super) const fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), newest: 0 }
    }

    /// The index of the next ticket. `None` where there are 2^32 of them.
    pub(super) fn next_index(&self) -> Option<u32> {
        self.free.last().copied().or_else(|| u32::try_from(self.slots.len()).ok())
    }

    /// Adds a ticket at the index that [`Tickets::next_index`] has named.
    pub(super) fn insert(&mut self, index: u32, charge: Charge, stage: Stage) -> TicketId {
        match self.free.pop().and_then(|index| self.slots.get_mut(index as usize)) {
            Some(slot) => {
                (slot.charge, slot.stage) = (charge, stage);
                TicketId::new(index, slot.generation)
            }
            None => {
                self.slots.push(Ticket { generation: self.newest, stage, charge });
                TicketId::new(index, self.newest)
            }
        }
    }

    pub(super) fn get(&self, id: TicketId) -> Option<&Ticket> {
        let (index, generation) = id.parts();
        self.slots.get(index).filter(|slot| u64::from(slot.generation) == generation)
    }

    pub(super) fn get_mut(&mut self, id: TicketId) -> Option<&mut Ticket> {
        let (index, generation) = id.parts();
        self.slots.get_mut(index).filter(|slot| u64::from(slot.generation) == generation)
    }

    /// The ticket in a slot that is in use.
    pub(super) fn at(&self, index: u32) -> Option<&Ticket> {
        self.slots.get(index as usize)
    }

    /// See [`Tickets::at`].
    pub(super) fn at_mut(&mut self, index: u32) -> Option<(TicketId, &mut Ticket)> {
        let slot = self.slots.get_mut(index as usize)?;
        Some((TicketId::new(index, slot.generation), slot))
    }

    /// Ends the ticket in a slot.
    pub(super) fn remove(&mut self, id: TicketId) {
        let index = id.parts().0;
        if let Some(slot) = self.slots.get_mut(index) {
            slot.generation = slot.generation.wrapping_add(1) % GENERATIONS;
            slot.stage = Stage::Free;
            slot.charge = Charge::All(0);
            self.free.push(index as u32);
        }
        if self.free.len() == self.slots.len() && self.slots.len() > SPARE {
            self.forget_slots();
        }
    }

    /// Gives back the memory of a queue that was long.
    fn forget_slots(&mut self) {
        self.newest = self.slots.iter().map(|slot| slot.generation).max().unwrap_or(0);
        self.slots = Vec::new();
        self.free = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_unique_when_the_memory_of_a_long_queue_is_given_back() {
        let mut tickets = Tickets::new();
        let mut seen = alloc::collections::BTreeSet::new();
        for _ in 0..3 {
            let count = SPARE as u32 + 1;
            let running = Stage::Running { since: Timestamp::ZERO };
            let ids: Vec<TicketId> =
                (0..count).map(|_| tickets.insert(tickets.next_index().unwrap(), Charge::All(1), running)).collect();
            assert!(ids.iter().all(|&id| seen.insert(id) && tickets.get(id).is_some()));
            for &id in &ids {
                tickets.remove(id);
            }
            assert!(tickets.slots.is_empty() && ids.iter().all(|&id| tickets.get(id).is_none()));
        }
    }
}
