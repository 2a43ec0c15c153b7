//! The events of all rooms as somebody here follows them.

use std::sync::Arc;
use std::task::Waker;

use super::OverRedis;
use super::audience::Found;

/// A reader of events, until it is dropped.
pub(in super::super) struct Listening {
    presence: Arc<OverRedis>,
    reader: u64,
}

impl Listening {
    pub(in super::super) fn new(presence: &Arc<OverRedis>) -> Self {
        Self { presence: Arc::clone(presence), reader: presence.audience.follow_events() }
    }

    pub(in super::super) fn next(&self, waker: &Waker) -> Found {
        self.presence.audience.next_event(self.reader, waker)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.presence.audience.unfollow_events(self.reader);
    }
}
