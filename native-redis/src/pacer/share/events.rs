//! What happens in the group, as a stream.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::lossy_queue::LossyQueue;
use crate::redis::StoreError;

/// Events that wait for a reader at most.
const MAX_WAITING: usize = 1_000;

/// What happens in the group of a pacer whose quota is shared.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ShareEvent {
    /// What this process may use has changed: of the first policy's limit, or of the concurrency where there are no
    /// policies.
    #[non_exhaustive]
    Share {
        /// What it may use now.
        now: u64,
        /// What it might use before.
        was: u64,
    },
    /// How many processes share the quota, this one included. Not told while this one is cut off.
    Peers(u64),
    /// This process is cut off from the others and starts nothing (true), or is back (false).
    Fenced(bool),
    /// Another process says that the quota of this name is something else: together they may use more than either.
    #[non_exhaustive]
    Conflict {
        /// What this process takes it to be, such as `10 per 1000 ms, 3 at once`.
        ours: String,
        /// What the other one does.
        theirs: String,
    },
    /// Redis cannot be reached, or refuses to be used: told once for each outage. It is tried again by itself.
    Error(StoreError),
    /// Calls wait, this process has no share, and none will come by itself: the quota is smaller than the number of
    /// processes, and [`Split::Floor`](crate::Split::Floor) or p-ratelimit beside it keeps them from taking turns. Told
    /// once.
    Starved,
    /// This reader was too slow, and so many events are missing at this point.
    #[non_exhaustive]
    Resync {
        /// How many events.
        missed: u64,
    },
}

/// The events of a group, from when this was made; an outage that is on is told first. A thousand wait at most. It ends
/// when the pacer leaves its group, and does not keep the pacer in it.
#[must_use = "a stream that is dropped tells nothing"]
#[derive(Debug)]
pub struct ShareEvents {
    reader: Arc<Reader>,
}

impl ShareEvents {
    /// Of a pacer that is in no group: it has ended.
    pub(in crate::pacer) fn ended() -> Self {
        let reader = Reader::default();
        reader.lock().is_over = true;
        Self { reader: Arc::new(reader) }
    }
}

impl Stream for ShareEvents {
    type Item = ShareEvent;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut reading = self.reader.lock();
        match reading.queue.pop() {
            Some(Ok(event)) => Poll::Ready(Some(event)),
            Some(Err(missed)) => Poll::Ready(Some(ShareEvent::Resync { missed })),
            None if reading.is_over => Poll::Ready(None),
            None => {
                let before = reading.waker.replace(cx.waker().clone());
                // Its waker may do anything when it is dropped: not under the lock.
                drop(reading);
                drop(before);
                Poll::Pending
            }
        }
    }
}

/// A stream, as those who tell see it.
#[derive(Debug, Default)]
struct Reader {
    reading: Mutex<Reading>,
}

#[derive(Debug)]
struct Reading {
    queue: LossyQueue<ShareEvent>,
    waker: Option<Waker>,
    is_over: bool,
}

impl Default for Reading {
    fn default() -> Self {
        Self { queue: LossyQueue::new(MAX_WAITING), waker: None, is_over: false }
    }
}

impl Reader {
    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All who read.
#[derive(Debug, Default)]
pub(super) struct Readers {
    readers: Vec<Weak<Reader>>,
    /// Whom to wake, once nothing is locked.
    woken: Vec<Waker>,
}

impl Readers {
    pub(super) fn add(&mut self, first: Option<ShareEvent>) -> ShareEvents {
        let reader = Arc::new(Reader::default());
        if let Some(event) = first {
            reader.lock().queue.push(event);
        }
        self.readers.push(Arc::downgrade(&reader));
        ShareEvents { reader }
    }

    pub(super) fn tell(&mut self, event: &ShareEvent) {
        // What does not fit is counted, and told when there is room.
        self.each(|reading| _ = reading.queue.push(event.clone()));
    }

    /// There is nothing more to tell.
    pub(super) fn end(&mut self) {
        self.each(|reading| reading.is_over = true);
        self.readers.clear();
    }

    pub(super) fn take_woken(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.woken)
    }

    fn each(&mut self, tell: impl Fn(&mut Reading)) {
        let Self { readers, woken } = self;
        readers.retain(|reader| {
            let Some(reader) = reader.upgrade() else { return false };
            let mut reading = reader.lock();
            tell(&mut reading);
            woken.extend(reading.waker.take());
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    fn look(events: &mut ShareEvents) -> Poll<Option<ShareEvent>> {
        pin!(events).poll_next(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_slow_reader_is_told_how_many_events_it_has_missed() {
        let mut readers = Readers::default();
        let mut events = readers.add(None);
        for peers in 0..MAX_WAITING as u64 + 7 {
            readers.tell(&ShareEvent::Peers(peers));
        }
        for peers in 0..MAX_WAITING as u64 {
            assert_eq!(look(&mut events), Poll::Ready(Some(ShareEvent::Peers(peers))));
        }
        assert_eq!(look(&mut events), Poll::Ready(Some(ShareEvent::Resync { missed: 7 })));
        assert_eq!(look(&mut events), Poll::Pending);
        readers.tell(&ShareEvent::Fenced(true));
        assert_eq!(readers.take_woken().len(), 1);
        readers.end();
        assert_eq!(look(&mut events), Poll::Ready(Some(ShareEvent::Fenced(true))));
        assert_eq!(look(&mut events), Poll::Ready(None));
    }

    #[test]
    fn readers_that_are_gone_are_forgotten() {
        let mut readers = Readers::default();
        drop(readers.add(None));
        readers.tell(&ShareEvent::Starved);
        assert!(readers.readers.is_empty());
    }
}
