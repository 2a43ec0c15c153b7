//! Who is to be woken, and when.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::Clock;

/// Sleepers by the time at which they are to be woken; a number tells those of the same time apart.
type Sleepers = BTreeMap<(Duration, u64), Waker>;

/// Sleepers on one clock.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sleepers: Sleepers,
    come: u64,
}

impl Alarm {
    /// Wakes whose time has come. Returns when the next one's will.
    pub(super) fn ring(&self, now: Duration) -> Option<Duration> {
        let (due, next) = {
            let mut state = self.lock();
            let later = state.sleepers.split_off(&(now, u64::MAX));
            let due = std::mem::replace(&mut state.sleepers, later);
            (due, state.first())
        };
        due.into_values().for_each(Waker::wake);
        next
    }

    /// Asks to be woken at `at`. Returns the sleeper's number, and whether it is the first to be woken of all.
    fn add(&self, at: Duration, waker: Waker) -> (u64, bool) {
        let mut state = self.lock();
        state.come += 1;
        let number = state.come;
        state.sleepers.insert((at, number), waker);
        (number, state.first() == Some(at))
    }

    fn remove(&self, at: Duration, number: u64) {
        self.lock().sleepers.remove(&(at, number));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn first(&self) -> Option<Duration> {
        self.sleepers.first_key_value().map(|(&(at, _), _)| at)
    }
}

/// What keeps an [`Alarm`], and is told of its sleepers.
pub(super) trait Ringer: Clock + Unpin {
    fn alarm(&self) -> &Alarm;
    /// There is one more to be woken, maybe before all others. False where nobody will.
    fn will_ring(&self, is_first: bool) -> bool;
}

/// A sleeper. It is forgotten when it is dropped.
pub(super) struct Sleep<R: Ringer> {
    ringer: R,
    at: Duration,
    number: Option<u64>,
}

impl<R: Ringer> Sleep<R> {
    pub(super) fn until(at: Duration, ringer: R) -> Self {
        Self { ringer, at, number: None }
    }

    fn leave(&mut self) {
        if let Some(number) = self.number.take() {
            self.ringer.alarm().remove(self.at, number);
        }
    }
}

impl<R: Ringer> Future for Sleep<R> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.leave();
        let (number, is_first) = self.ringer.alarm().add(self.at, cx.waker().clone());
        self.number = Some(number);
        // Asked only now: who rings later than this finds the waker.
        if self.ringer.now() >= self.at {
            self.leave();
            return Poll::Ready(());
        }
        if !self.ringer.will_ring(is_first) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl<R: Ringer> Drop for Sleep<R> {
    fn drop(&mut self) {
        self.leave();
    }
}
