//! What all handles of one presence share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use tollgate_core::roster::{CheckedPresence, Event, PresenceConfig, Roster, Session, Watches};
use tollgate_core::{ConfigError, Timestamp};

use super::error::PresenceError;
use crate::clock::{Clock, MonotonicClock};
use crate::lossy_queue::LossyQueue;
use crate::span::timestamp;

/// Events that wait for one reader at most.
pub(super) const MAX_WAITING: usize = 1_000;

pub(super) struct Shared {
    pub(super) config: CheckedPresence,
    state: Mutex<State>,
}

pub(super) struct State {
    pub(super) roster: Roster,
    pub(super) watches: Watches,
    readers: BTreeMap<u64, Reader>,
    last: u64,
    /// When the streams believe that something is due.
    alarm: Option<Timestamp>,
    pub(super) closed: bool,
}

/// A stream.
struct Reader {
    follows: Follows,
    waker: Option<Waker>,
}

enum Follows {
    /// A watch of the roster.
    Room(Arc<str>),
    Events(LossyQueue<Event>),
}

impl Shared {
    pub(super) fn new(config: PresenceConfig) -> Result<Arc<Self>, ConfigError> {
        let roster = Roster::of_one_process(config.clone())?;
        let state =
            State { roster, watches: Watches::new(), readers: BTreeMap::new(), last: 0, alarm: None, closed: false };
        Ok(Arc::new(Self { config: config.check()?, state: Mutex::new(state) }))
    }

    /// Runs a verb or a read, and tells what has come of it.
    pub(super) fn run<R>(&self, run: impl FnOnce(&mut State, Timestamp) -> R) -> R {
        let (answer, wakers) = {
            let mut state = self.lock();
            let answer = run(&mut state, timestamp(MonotonicClock.now()));
            (answer, state.tell())
        };
        // Whoever is woken may ask for the lock at once.
        wakers.into_iter().for_each(Waker::wake);
        answer
    }

    /// [`run`](Self::run), unless it is closed.
    pub(super) fn run_open<R>(&self, run: impl FnOnce(&mut State, Timestamp) -> R) -> Result<R, PresenceError> {
        self.run(|state, now| if state.closed { Err(PresenceError::Closed) } else { Ok(run(state, now)) })
    }

    /// Every stream ends.
    pub(super) fn close(&self) {
        let wakers: Vec<_> = {
            let mut state = self.lock();
            state.closed = true;
            state.readers.values_mut().filter_map(|reader| reader.waker.take()).collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Sweeps, tells of what that has met, and only then looks.
    pub(super) fn look<R>(&self, look: impl FnOnce(&mut State) -> R) -> R {
        let (answer, wakers) = {
            let mut state = self.lock();
            state.roster.handle_timeout(timestamp(MonotonicClock.now()));
            let wakers = state.tell();
            (look(&mut state), wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
        answer
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn new_session(&mut self) -> Session {
        Session(self.next_number())
    }

    /// A reader of the events from now on.
    pub(super) fn follow_events(&mut self) -> u64 {
        let number = self.next_number();
        let follows = Follows::Events(LossyQueue::new(MAX_WAITING));
        self.readers.insert(number, Reader { follows, waker: None });
        number
    }

    /// A reader of a room; also the number of its watch.
    pub(super) fn follow_room(&mut self, room: &str, now: Timestamp) -> (u64, u64) {
        let number = self.next_number();
        self.readers.insert(number, Reader { follows: Follows::Room(room.into()), waker: None });
        (number, self.watches.open(&mut self.roster, room, now))
    }

    pub(super) fn unfollow(&mut self, reader: u64) {
        self.readers.remove(&reader);
    }

    /// The next event of a reader, and how many it has missed before that.
    pub(super) fn next_event(&mut self, reader: u64) -> Option<Result<Event, u64>> {
        match &mut self.readers.get_mut(&reader)?.follows {
            Follows::Events(queue) => queue.pop(),
            Follows::Room(_) => None,
        }
    }

    pub(super) fn wake_later(&mut self, reader: u64, waker: &Waker) {
        if let Some(reader) = self.readers.get_mut(&reader) {
            reader.waker = Some(waker.clone());
        }
    }

    fn next_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Hands out what has happened. The answer is who wants to know.
    fn tell(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        while let Some(event) = self.roster.poll_event() {
            self.watches.handle_event(&event);
            wakers.extend(self.readers.values_mut().filter_map(|reader| reader.tell(&event)));
        }
        let due = self.roster.poll_timeout();
        if self.alarm != due {
            self.alarm = due;
            wakers.extend(self.readers.values_mut().filter_map(|reader| reader.waker.take()));
        }
        wakers
    }
}

impl Reader {
    fn tell(&mut self, event: &Event) -> Option<Waker> {
        match &mut self.follows {
            Follows::Room(room) if *room != event.room => return None,
            Follows::Room(_) => {}
            Follows::Events(queue) => {
                queue.push(event.clone());
            }
        }
        self.waker.take()
    }
}
