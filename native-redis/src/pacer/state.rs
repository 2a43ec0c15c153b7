//! The core's pacer, and who waits for what it says.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tollgate_core::{PacerEvent, TicketId, Timestamp};

#[cfg(feature = "redis")]
use super::share::Membership;
use crate::clock::Clock;
use crate::span::timestamp;

/// What all handles of a pacer share.
pub(super) struct Shared<C> {
    pub(super) clock: C,
    pub(super) max_delay: Option<Duration>,
    state: Mutex<State>,
}

/// How a ticket that waited has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Started,
    Expired,
    Closed,
}

/// A ticket that waits, or that has ended and whose future has yet to notice.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub(super) waker: Option<Waker>,
    pub(super) outcome: Option<Outcome>,
}

pub(super) struct State {
    pub(super) pacer: tollgate_core::Pacer,
    pub(super) waiting: HashMap<TicketId, Waiting>,
    /// Which of those who wait keeps the time for all.
    pub(super) timekeeper: Option<TicketId>,
    /// When that one will look again.
    pub(super) looks_at: Option<Timestamp>,
    pub(super) closed: bool,
    /// Who waits until nothing waits or runs.
    pub(super) idlers: Vec<Waker>,
    /// Whom to wake as soon as the state is no longer locked.
    pub(super) woken: Vec<Waker>,
    /// Where the quota is shared.
    #[cfg(feature = "redis")]
    pub(super) membership: Option<Membership>,
}

impl<C: Clock> Shared<C> {
    pub(super) fn new(pacer: tollgate_core::Pacer, max_delay: Option<Duration>, clock: C) -> Self {
        let state = State {
            pacer,
            waiting: HashMap::new(),
            timekeeper: None,
            looks_at: None,
            closed: false,
            idlers: Vec::new(),
            woken: Vec::new(),
            #[cfg(feature = "redis")]
            membership: None,
        };
        Self { clock, max_delay, state: Mutex::new(state) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state, or changes it, at the present time; wakes whom that concerns.
    pub(super) fn at_now<T>(&self, run: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let (result, woken) = {
            let mut state = self.lock();
            // Read under the lock, so that time does not go backwards from one caller to the next.
            let now = timestamp(self.clock.now());
            state.pass_time(now);
            let result = run(&mut state, now);
            state.pass_time(now);
            state.mind_time();
            (result, std::mem::take(&mut state.woken))
        };
        woken.into_iter().for_each(Waker::wake);
        result
    }
}

impl State {
    /// Whether nothing waits or runs.
    pub(super) fn is_idle(&self) -> bool {
        self.pacer.waiting() == 0 && self.pacer.running() == 0
    }

    /// Refuses all that wait, and all that come.
    pub(super) fn refuse_all(&mut self) {
        self.closed = true;
        self.pacer.clear();
        for waiting in self.waiting.values_mut() {
            waiting.outcome.get_or_insert(Outcome::Closed);
            self.woken.extend(waiting.waker.take());
        }
    }

    /// Somebody who waited is gone: another one keeps the time.
    pub(super) fn forget(&mut self, ticket: TicketId) -> Option<Outcome> {
        if self.timekeeper == Some(ticket) {
            self.timekeeper = None;
        }
        self.waiting.remove(&ticket).and_then(|waiting| waiting.outcome)
    }

    /// Lets time pass, and notes what has come of it.
    fn pass_time(&mut self, now: Timestamp) {
        #[cfg(feature = "redis")]
        self.hold_to_share(now);
        self.pacer.handle_timeout(now);
        while let Some(event) = self.pacer.poll_event() {
            let (ticket, outcome) = match event {
                PacerEvent::Started(ticket) => (ticket, Outcome::Started),
                PacerEvent::Expired(ticket) => (ticket, Outcome::Expired),
            };
            if let Some(waiting) = self.waiting.get_mut(&ticket) {
                waiting.outcome = Some(outcome);
                self.woken.extend(waiting.waker.take());
            }
        }
        if self.is_idle() {
            self.woken.append(&mut self.idlers);
        }
    }

    /// Where something is due, somebody has to look again by then.
    fn mind_time(&mut self) {
        let Some(due) = self.pacer.poll_timeout() else { return };
        if self.timekeeper.is_some() && self.looks_at.is_some_and(|at| at <= due) {
            return;
        }
        let keeper = self.timekeeper.or_else(|| self.unfinished());
        if let Some(waiting) = keeper.and_then(|ticket| self.waiting.get_mut(&ticket)) {
            self.woken.extend(waiting.waker.take());
        }
    }

    fn unfinished(&self) -> Option<TicketId> {
        self.waiting.iter().find(|(_, waiting)| waiting.outcome.is_none()).map(|(&ticket, _)| ticket)
    }
}
