//! A queue for readers who may be slow.

use std::collections::VecDeque;

/// Holds so many at most; of what comes while it is full, the number is kept.
#[derive(Debug)]
pub(crate) struct LossyQueue<E> {
    waiting: VecDeque<E>,
    most: usize,
    missed: u64,
}

impl<E> LossyQueue<E> {
    pub(crate) fn new(most: usize) -> Self {
        Self { waiting: VecDeque::new(), most, missed: 0 }
    }

    /// False where it is dropped. Once something is missing, everything is until that is told: order is kept.
    pub(crate) fn push(&mut self, one: E) -> bool {
        let fits = self.missed == 0 && self.waiting.len() < self.most;
        if fits {
            self.waiting.push_back(one);
        } else {
            self.missed += 1;
        }
        fits
    }

    /// The next one; or, as an error, how many are missing at this point.
    pub(crate) fn pop(&mut self) -> Option<Result<E, u64>> {
        if let Some(one) = self.waiting.pop_front() {
            return Some(Ok(one));
        }
        let missed = std::mem::take(&mut self.missed);
        (missed > 0).then_some(Err(missed))
    }
}
