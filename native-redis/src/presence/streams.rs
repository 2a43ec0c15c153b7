//! What happens, as streams.

use std::collections::VecDeque;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde::de::DeserializeOwned;
use tollgate_core::Timestamp;
use tollgate_core::roster::{Changes, Event, EventKind};

use super::Rooms;
#[cfg(feature = "redis")]
use super::over_redis::{Found, Listening, Watching};
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
    fn new(shared: &Arc<Shared>, reader: u64) -> Self {
        Self { shared: Arc::clone(shared), reader, sleep: None }
    }

    /// `None` where presence is closed.
    fn poll<R>(&mut self, cx: &mut Context<'_>, mut take: impl FnMut(&mut State) -> Option<R>) -> Poll<Option<R>> {
        loop {
            let reader = self.reader;
            let (found, due) = self.shared.look(|state| {
                let found = if state.closed { Some(None) } else { take(state).map(Some) };
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
/// reader costs no more memory than the room. It ends when presence is closed.
pub struct Watch<T> {
    room: Room,
    is_first: bool,
    data: PhantomData<fn() -> T>,
}

enum Room {
    Here {
        reading: Reading,
        watch: u64,
    },
    #[cfg(feature = "redis")]
    OverRedis(Watching),
}

impl<T> Watch<T> {
    pub(super) fn new(rooms: &Rooms, room: &str) -> Self {
        let room = match rooms {
            Rooms::Here(shared) => {
                let (reader, watch) = shared.run(|state, now| state.follow_room(room, now));
                Room::Here { reading: Reading::new(shared, reader), watch }
            }
            #[cfg(feature = "redis")]
            Rooms::OverRedis(presence) => Room::OverRedis(Watching::new(presence, room)),
        };
        Self { room, is_first: true, data: PhantomData }
    }
}

impl<T: DeserializeOwned> Stream for Watch<T> {
    type Item = Change<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let is_first = self.is_first;
        let changes = self.room.poll(cx, is_first);
        changes.map(|changes| changes.map(|changes| self.told(&changes)))
    }
}

impl Room {
    fn poll(&mut self, cx: &mut Context<'_>, is_first: bool) -> Poll<Option<Changes>> {
        match self {
            Self::Here { reading, watch } => reading.poll(cx, |state| {
                let changes = state.watches.take_changes(*watch);
                (is_first || !changes.is_empty()).then_some(changes)
            }),
            #[cfg(feature = "redis")]
            Self::OverRedis(watching) => watching.poll(cx, is_first),
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        match self {
            Self::Here { reading, watch } => reading.shared.run(|state, _| state.watches.close(*watch)),
            #[cfg(feature = "redis")]
            Self::OverRedis(_) => {}
        }
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

/// The events of all rooms, from when it was made. A thousand wait at most; what comes beyond is dropped and told as
/// [`PresenceEvent::Resync`]. It ends when presence is closed.
pub struct PresenceEvents<T> {
    source: Source,
    told: VecDeque<PresenceEvent<T>>,
}

enum Source {
    Here(Reading),
    #[cfg(feature = "redis")]
    OverRedis(Listening),
}

/// What comes from there.
enum Told {
    Event(Event),
    Missed(u64),
    #[cfg(feature = "redis")]
    Reconnected,
}

impl<T> PresenceEvents<T> {
    pub(super) fn new(rooms: &Rooms) -> Self {
        let source = match rooms {
            Rooms::Here(shared) => Source::Here(Reading::new(shared, shared.run(|state, _| state.follow_events()))),
            #[cfg(feature = "redis")]
            Rooms::OverRedis(presence) => Source::OverRedis(Listening::new(presence)),
        };
        Self { source, told: VecDeque::new() }
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
            match ready!(self.source.poll(cx)) {
                None => return Poll::Ready(None),
                Some(Told::Event(event)) => self.told.extend(read(&event).into_iter().flatten()),
                Some(Told::Missed(missed)) => self.told.push_back(PresenceEvent::Resync { missed }),
                #[cfg(feature = "redis")]
                Some(Told::Reconnected) => self.told.push_back(PresenceEvent::Reconnected),
            }
        }
    }
}

impl Source {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Told>> {
        match self {
            Self::Here(reading) => {
                let reader = reading.reader;
                let next = ready!(reading.poll(cx, |state| state.next_event(reader)));
                Poll::Ready(next.map(|next| next.map_or_else(Told::Missed, Told::Event)))
            }
            #[cfg(feature = "redis")]
            Self::OverRedis(listening) => Poll::Ready(match listening.next(cx.waker()) {
                Found::Nothing => return Poll::Pending,
                Found::End => None,
                Found::Event(event) => Some(Told::Event(event)),
                Found::Missed(missed) => Some(Told::Missed(missed)),
                Found::Reconnected => Some(Told::Reconnected),
            }),
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
