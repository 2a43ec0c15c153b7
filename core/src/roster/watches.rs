//! Views of rooms that are watched, fed from one stream of events.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;

use super::event::Event;
use super::rooms::{Page, Roster};
use super::view::{Changes, View};
use crate::time::Timestamp;

/// Watches of rooms. Each has a number, under which its changes wait until somebody asks for them.
#[derive(Debug, Default)]
pub struct Watches {
    views: BTreeMap<u64, Watch>,
    last: u64,
}

#[derive(Debug)]
struct Watch {
    room: Arc<str>,
    view: View,
}

impl Watches {
    /// No watches.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Watches a room of a roster in this process, from now on. Its first changes are everybody who is there.
    ///
    /// Events that the roster has yet to hand out may be fed to this, or not.
    pub fn open(&mut self, roster: &mut Roster, room: &str, now: Timestamp) -> u64 {
        let Page { members, revision, .. } = roster.members(room, "", usize::MAX, now);
        let mut view = View::new();
        view.handle_page(members, revision);
        view.start();
        self.last = self.last.saturating_add(1);
        self.views.insert(self.last, Watch { room: room.into(), view });
        self.last
    }

    /// Watches no longer.
    pub fn close(&mut self, watch: u64) {
        self.views.remove(&watch);
    }

    /// One change of a room; every change is fed, in order.
    pub fn handle_event(&mut self, event: &Event) {
        for watch in self.views.values_mut().filter(|watch| watch.room == event.room) {
            watch.view.handle_event(event);
        }
    }

    /// What has changed since this watch was last asked; nothing where there is no such watch.
    pub fn take_changes(&mut self, watch: u64) -> Changes {
        self.views.get_mut(&watch).map(|watch| watch.view.take_changes()).unwrap_or_default()
    }
}
