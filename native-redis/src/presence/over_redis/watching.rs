//! A room as somebody here follows it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::oneshot;
use tollgate_core::roster::Changes;

use super::OverRedis;
use super::audience::{Paged, Seen};
use crate::clock::{Clock, MonotonicClock};
use crate::redis::StoreError;

/// Members of one page of a snapshot: the most that a script lists.
pub(super) const PAGE: usize = tollgate_core::store::presence::PresenceStore::MAX_PAGE;
/// After how long a snapshot that failed is read again.
const RETRY: Duration = Duration::from_millis(500);

/// Follows a room: whoever polls it reads the snapshots.
pub(in super::super) struct Watching {
    presence: Arc<OverRedis>,
    room: Arc<str>,
    number: u64,
    in_force: Option<oneshot::Receiver<()>>,
    reading: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Watching {
    pub(in super::super) fn new(presence: &Arc<OverRedis>, room: &str) -> Self {
        let room = Arc::from(room);
        let (number, in_force) = presence.audience.watch(&room);
        Self { presence: Arc::clone(presence), room, number, in_force, reading: None }
    }

    /// What has changed; everything that is there, also nobody, where it `is_first`. `None` at the end.
    pub(in super::super) fn poll(&mut self, cx: &mut Context<'_>, is_first: bool) -> Poll<Option<Changes>> {
        loop {
            if let Some(reading) = &mut self.reading {
                ready!(reading.as_mut().poll(cx));
                self.reading = None;
            }
            match self.presence.audience.look(&self.room, self.number, is_first, cx.waker()) {
                Seen::End => return Poll::Ready(None),
                Seen::Changes(changes) => return Poll::Ready(Some(changes)),
                Seen::Nothing => return Poll::Pending,
                Seen::Outdated => {
                    let (presence, room) = (Arc::clone(&self.presence), Arc::clone(&self.room));
                    self.reading = Some(Box::pin(read(presence, room, self.number, self.in_force.take())));
                }
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.presence.audience.unwatch(&self.room, self.number);
    }
}

/// Reads a whole snapshot, once events are heard; or gives it up where another one has to be read.
async fn read(presence: Arc<OverRedis>, room: Arc<str>, number: u64, in_force: Option<oneshot::Receiver<()>>) {
    if let Some(in_force) = in_force {
        // Told nothing where presence is closed.
        let _ = in_force.await;
    }
    while let Err(error) = read_pages(&presence, &room, number).await {
        presence.scripts.failed(&error);
        if !presence.audience.restart(&room, number) {
            return;
        }
        MonotonicClock.sleep(RETRY).await;
    }
}

async fn read_pages(presence: &OverRedis, room: &Arc<str>, number: u64) -> Result<(), StoreError> {
    let mut cursor: Option<Arc<str>> = None;
    loop {
        let page = presence.page(room, cursor.as_deref().unwrap_or("0"), PAGE).await?;
        cursor = page.cursor.clone();
        match presence.audience.page(room, number, page) {
            Paged::Over => return Ok(()),
            Paged::TooOld => cursor = None,
            Paged::More => {}
        }
    }
}
