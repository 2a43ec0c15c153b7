//! Calls about one member run one after the other: a late one cannot undo the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

/// A room and an id in it.
pub(super) type Key = (Arc<str>, Arc<str>);

/// Who is the last in the queue of each member.
#[derive(Default)]
pub(super) struct Turns {
    last: Mutex<HashMap<Key, Last>>,
}

struct Last {
    number: u64,
    over: oneshot::Receiver<()>,
}

/// A place in a queue; its turn is over when it is dropped.
pub(super) struct Turn {
    turns: Arc<Turns>,
    key: Key,
    number: u64,
    before: Option<oneshot::Receiver<()>>,
    /// Dropped with the turn, which tells the next one.
    _over: oneshot::Sender<()>,
}

impl Turns {
    /// A place behind all that have one.
    pub(super) fn take(self: &Arc<Self>, key: Key) -> Turn {
        let (ends, over) = oneshot::channel();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let number = last.get(&key).map_or(0, |before| before.number + 1);
        let before = last.insert(key.clone(), Last { number, over }).map(|before| before.over);
        Turn { turns: Arc::clone(self), key, number, before, _over: ends }
    }
}

impl Turn {
    pub(super) async fn comes(&mut self) {
        if let Some(before) = self.before.take() {
            // Never told anything: it ends.
            let _ = before.await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut last = self.turns.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.get(&self.key).is_some_and(|last| last.number == self.number) {
            last.remove(&self.key);
        }
    }
}
