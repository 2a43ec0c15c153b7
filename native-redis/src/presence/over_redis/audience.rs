//! Who follows rooms and events here, and what is heard of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::oneshot;
use tollgate_core::roster::{Changes, Event, Page, View};
use tollgate_core::store::presence::PresenceStore;

use super::super::state::MAX_WAITING;
use crate::lossy_queue::LossyQueue;
use crate::redis::{Channels, Topic};

/// One subscription for each room that is watched, and one for the events of all.
pub(super) struct Audience {
    /// Says which channels are whose.
    store: PresenceStore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// `None` where presence is closed.
    channels: Option<Channels>,
    rooms: BTreeMap<Arc<str>, BTreeMap<u64, Viewer>>,
    readers: BTreeMap<u64, Reader>,
    /// Whether the events of all rooms are heard.
    hears_all: bool,
    last: u64,
}

struct Viewer {
    view: View,
    stage: Stage,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Something is missing: a snapshot is to be read.
    Outdated,
    /// A snapshot is being read.
    Reading,
    /// It is complete.
    Following,
}

struct Reader {
    queue: LossyQueue<Event>,
    reconnected: bool,
    waker: Option<Waker>,
}

/// What a watch sees.
pub(super) enum Seen {
    /// It is over.
    End,
    /// It is to read a snapshot.
    Outdated,
    Changes(Changes),
    /// Nothing yet: the waker is told.
    Nothing,
}

/// What a reader of events finds.
pub(in super::super) enum Found {
    /// It is over.
    End,
    Event(Event),
    Missed(u64),
    Reconnected,
    /// Nothing yet: the waker is told.
    Nothing,
}

/// What became of a page of a snapshot.
pub(super) enum Paged {
    /// The next one follows.
    More,
    /// The snapshot is complete, or nobody wants it any more.
    Over,
    /// It was older than the events: another snapshot has to be read.
    TooOld,
}

impl Audience {
    pub(super) fn new(store: PresenceStore) -> Arc<Self> {
        Arc::new(Self { store, state: Mutex::default() })
    }

    pub(super) fn listen_on(&self, channels: Channels) {
        self.lock().channels = Some(channels);
    }

    /// A watch of a room: its number, and what tells when it hears events.
    pub(super) fn watch(&self, room: &Arc<str>) -> (u64, Option<oneshot::Receiver<()>>) {
        let mut state = self.lock();
        let number = state.next_number();
        let in_force = state.channels.as_ref().map(|channels| channels.add(self.topic(room)));
        if in_force.is_some() {
            let viewer = Viewer { view: View::new(), stage: Stage::Outdated, waker: None };
            state.rooms.entry(Arc::clone(room)).or_default().insert(number, viewer);
        }
        (number, in_force)
    }

    pub(super) fn unwatch(&self, room: &Arc<str>, number: u64) {
        let mut state = self.lock();
        let Some(viewers) = state.rooms.get_mut(room) else { return };
        let viewer = viewers.remove(&number);
        if viewers.is_empty() {
            state.rooms.remove(room);
            state.leave(self.topic(room));
        }
        drop(state);
        // Its waker may do anything when it is dropped: not under the lock.
        drop(viewer);
    }

    /// What a watch has to tell; everything counts as news where it `is_first`.
    pub(super) fn look(&self, room: &Arc<str>, number: u64, is_first: bool, waker: &Waker) -> Seen {
        let mut state = self.lock();
        let Some(viewer) = state.viewer(room, number) else { return Seen::End };
        if viewer.stage == Stage::Outdated {
            viewer.stage = Stage::Reading;
            viewer.view.restart();
            return Seen::Outdated;
        }
        let changes = viewer.view.take_changes();
        let is_complete = viewer.stage == Stage::Following;
        if is_complete && (is_first || !changes.is_empty()) {
            return Seen::Changes(changes);
        }
        viewer.waker = Some(waker.clone());
        Seen::Nothing
    }

    /// A page of the snapshot that a watch reads.
    pub(super) fn page(&self, room: &Arc<str>, number: u64, page: Page) -> Paged {
        let mut state = self.lock();
        let Some(viewer) = state.viewer(room, number).filter(|viewer| viewer.stage == Stage::Reading) else {
            return Paged::Over;
        };
        if !viewer.view.handle_page(page.members, page.revision) {
            viewer.view.restart();
            return Paged::TooOld;
        }
        if page.cursor.is_some() {
            return Paged::More;
        }
        viewer.view.start();
        viewer.stage = Stage::Following;
        Paged::Over
    }

    /// A snapshot could not be read: it begins anew. False where nobody wants it any more.
    pub(super) fn restart(&self, room: &Arc<str>, number: u64) -> bool {
        self.lock().viewer(room, number).map(|viewer| viewer.view.restart()).is_some()
    }

    pub(super) fn follow_events(&self) -> u64 {
        let mut state = self.lock();
        let number = state.next_number();
        if let Some(channels) = &state.channels {
            if state.readers.is_empty() {
                drop(channels.add(self.all()));
            }
            let reader = Reader { queue: LossyQueue::new(MAX_WAITING), reconnected: false, waker: None };
            state.readers.insert(number, reader);
        }
        number
    }

    pub(super) fn unfollow_events(&self, number: u64) {
        let mut state = self.lock();
        let reader = state.readers.remove(&number);
        if reader.is_some() && state.readers.is_empty() {
            state.hears_all = false;
            state.leave(self.all());
        }
        drop(state);
        drop(reader);
    }

    pub(super) fn next_event(&self, number: u64, waker: &Waker) -> Found {
        let mut state = self.lock();
        let Some(reader) = state.readers.get_mut(&number) else { return Found::End };
        if std::mem::take(&mut reader.reconnected) {
            return Found::Reconnected;
        }
        match reader.queue.pop() {
            Some(Ok(event)) => Found::Event(event),
            Some(Err(missed)) => Found::Missed(missed),
            None => {
                reader.waker = Some(waker.clone());
                Found::Nothing
            }
        }
    }

    /// Who follows events hears of own members also: joins wait for that, so long at most.
    pub(super) async fn hears(&self, at_most: Duration) {
        let in_force = {
            let state = self.lock();
            if state.readers.is_empty() || state.hears_all {
                return;
            }
            state.channels.as_ref().map(|channels| channels.add(self.all()))
        };
        let Some(in_force) = in_force else { return };
        if matches!(tokio::time::timeout(at_most, in_force).await, Ok(Ok(()))) {
            let mut state = self.lock();
            state.hears_all = !state.readers.is_empty();
        }
    }

    /// Something was published.
    pub(super) fn hear(&self, topic: &Topic, channel: &str, message: &str) {
        let Some(event) = self.store.read_event(channel, message) else {
            tracing::warn!(code = "STORE_MESSAGE", channel, "a message that is none of presence was dropped");
            return;
        };
        let wakers: Vec<_> = {
            let mut state = self.lock();
            match topic {
                Topic::Channel(_) => state.viewers_of(&event.room).filter_map(|viewer| viewer.hear(&event)).collect(),
                Topic::Pattern(_) => state.readers.values_mut().filter_map(|reader| reader.hear(&event)).collect(),
            }
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Something may have been missed: every watch reads its room anew, and every reader is told.
    pub(super) fn renew(&self) {
        let wakers: Vec<_> = {
            let mut state = self.lock();
            let State { rooms, readers, .. } = &mut *state;
            let viewers = rooms.values_mut().flat_map(BTreeMap::values_mut).filter_map(Viewer::expire);
            let readers = readers.values_mut().filter_map(|reader| {
                reader.reconnected = true;
                reader.waker.take()
            });
            viewers.chain(readers).collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// All that follow come to their end.
    pub(super) fn close(&self) {
        let State { rooms, readers, .. } = std::mem::take(&mut *self.lock());
        let viewers = rooms.into_values().flat_map(BTreeMap::into_values).filter_map(|viewer| viewer.waker);
        viewers.chain(readers.into_values().filter_map(|reader| reader.waker)).for_each(Waker::wake);
    }

    fn topic(&self, room: &str) -> Topic {
        Topic::Channel(self.store.channel(room))
    }

    fn all(&self) -> Topic {
        Topic::Pattern(self.store.pattern())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn viewer(&mut self, room: &Arc<str>, number: u64) -> Option<&mut Viewer> {
        self.rooms.get_mut(room)?.get_mut(&number)
    }

    fn viewers_of(&mut self, room: &Arc<str>) -> impl Iterator<Item = &mut Viewer> {
        self.rooms.get_mut(room).into_iter().flat_map(BTreeMap::values_mut)
    }

    fn leave(&self, topic: Topic) {
        if let Some(channels) = &self.channels {
            channels.remove(topic);
        }
    }
}

impl Viewer {
    fn hear(&mut self, event: &Event) -> Option<Waker> {
        if self.stage != Stage::Outdated && !self.view.handle_event(event) {
            self.stage = Stage::Outdated;
        }
        self.waker.take()
    }

    fn expire(&mut self) -> Option<Waker> {
        self.stage = Stage::Outdated;
        self.waker.take()
    }
}

impl Reader {
    fn hear(&mut self, event: &Event) -> Option<Waker> {
        self.queue.push(event.clone());
        self.waker.take()
    }
}
