//! What happens, as streams.

use std::collections::VecDeque;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use serde::de::DeserializeOwned;
use tollgate_core::Timestamp;
use tollgate_core::roster::{Changes, Event, EventKind};

use super::state::{Shared, State};
use super::types::{Change, Member, PresenceEvent};
use crate::clock::{Clock, MonotonicClock};
use crate::span::{duration, timestamp};

/// A stream's place among the readers, and its alarm: whoever polls a stream sweeps, so nothing runs beside it.
struct Reading {
    shared: Arc<Shared>,
    reader: u64,
    sleep: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Reading {
    fn poll<R>(&mut self, cx: &mut Context<'_>, mut take: impl FnMut(&mut State) -> Option<R>) -> Poll<R> {
        loop {
            let reader = self.reader;
            let (found, due) = self.shared.look(|state| {
                let found = take(state);
                if found.is_none() {
                    state.wake_later(reader, cx.waker());
                }
                (found, state.roster.poll_timeout())
            });
            if let Some(found) = found {
                return Poll::Ready(found);
            }
            self.sleep = due.map(sleep_until);
            match self.sleep.as_mut().map(|sleep| sleep.as_mut().poll(cx)) {
                Some(Poll::Ready(())) => {}
                _ => return Poll::Pending,
            }
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.shared.run(|state, _| state.unfollow(self.reader));
    }
}

fn sleep_until(at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let now = timestamp(MonotonicClock.now());
    Box::pin(MonotonicClock.sleep(duration(at.saturating_since(now))))
}

/// Follows a room: everybody at first, and then what has changed. What happens while nobody asks is summed up, so a slow
/// reader costs no more memory than the room. It never ends.
pub struct Watch<T> {
    reading: Reading,
    watch: u64,
    is_first: bool,
    data: PhantomData<fn() -> T>,
}

impl<T> Watch<T> {
    pub(super) fn new(shared: &Arc<Shared>, room: &str) -> Self {
        let (reader, watch) = shared.run(|state, now| state.follow_room(room, now));
        let reading = Reading { shared: Arc::clone(shared), reader, sleep: None };
        Self { reading, watch, is_first: true, data: PhantomData }
    }
}

impl<T: DeserializeOwned> Stream for Watch<T> {
    type Item = Change<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let (watch, is_first) = (self.watch, self.is_first);
        let changes = self.reading.poll(cx, |state| {
            let changes = state.watches.take_changes(watch);
            (is_first || !changes.is_empty()).then_some(changes)
        });
        changes.map(|changes| Some(self.told(&changes)))
    }
}

impl<T: DeserializeOwned> Watch<T> {
    fn told(&mut self, Changes { joined, updated, left }: &Changes) -> Change<T> {
        if std::mem::take(&mut self.is_first) {
            return Change::Snapshot(Member::read_all(joined));
        }
        Change::Changed {
            joined: Member::read_all(joined),
            updated: Member::read_all(updated),
            left: Member::read_all(left),
        }
    }
}

impl<T> Drop for Watch<T> {
    fn drop(&mut self) {
        self.reading.shared.run(|state, _| state.watches.close(self.watch));
    }
}

/// The events of all rooms, from when it was made. A thousand wait at most; what comes beyond is dropped and told as
/// [`PresenceEvent::Resync`]. It never ends.
pub struct PresenceEvents<T> {
    reading: Reading,
    told: VecDeque<PresenceEvent<T>>,
}

impl<T> PresenceEvents<T> {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        let reader = shared.run(|state, _| state.follow_events());
        Self { reading: Reading { shared: Arc::clone(shared), reader, sleep: None }, told: VecDeque::new() }
    }
}

// Its members are owned values that are moved out and never pinned.
impl<T> Unpin for PresenceEvents<T> {}

impl<T: DeserializeOwned + Clone> Stream for PresenceEvents<T> {
    type Item = PresenceEvent<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(event) = self.told.pop_front() {
                return Poll::Ready(Some(event));
            }
            let reader = self.reading.reader;
            match self.reading.poll(cx, |state| state.next_event(reader)) {
                Poll::Ready(Ok(event)) => self.told.extend(read(&event).into_iter().flatten()),
                Poll::Ready(Err(missed)) => self.told.push_back(PresenceEvent::Resync { missed }),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// What is told of a member, and then of its user.
fn read<T: DeserializeOwned + Clone>(event: &Event) -> Option<impl Iterator<Item = PresenceEvent<T>>> {
    let (room, member) = (event.room.to_string(), Member::read(&event.member)?);
    let (of_user, of_member) = match event.kind {
        EventKind::Joined { first_of_user } => {
            let of_user = PresenceEvent::UserJoin { room: room.clone(), member: member.clone() };
            (first_of_user.then_some(of_user), PresenceEvent::Join { room, member })
        }
        EventKind::Updated => (None, PresenceEvent::Update { room, member }),
        EventKind::Left { reason, last_of_user } => {
            let of_user = PresenceEvent::UserLeave { room: room.clone(), member: member.clone(), reason };
            (last_of_user.then_some(of_user), PresenceEvent::Leave { room, member, reason })
        }
    };
    Some(std::iter::once(of_member).chain(of_user))
}
