//! What is done for the members of this process with each round of heartbeats.

use std::future::pending;
use std::sync::Arc;

use tollgate_core::Timestamp;
use tollgate_core::roster::{Beat, Lost};
use tollgate_core::store::presence::{Call, PresenceStore, Standing};

use super::super::scripts::{in_lanes, numbers};
use super::{LANES, OwnMembers, Seat, State, Unsent, now};
use crate::redis::StoreError;
use crate::span::duration;

/// What a round is to do.
pub(in super::super) struct Round {
    pub(in super::super) beats: Vec<Beat>,
    pub(in super::super) returned: bool,
}

impl OwnMembers {
    /// When the next round is due.
    pub(in super::super) async fn round_is_due(&self) {
        loop {
            let due = self.lock().due();
            let time = async {
                match due {
                    None => pending().await,
                    Some(due) => tokio::time::sleep(duration(due.saturating_since(now()))).await,
                }
            };
            tokio::select! {
                () = time => return,
                () = self.sooner.notified() => {}
            }
        }
    }

    /// The store is there again: a round is due now.
    pub(in super::super) fn store_returned(&self) {
        let mut state = self.lock();
        state.heartbeats.handle_return(now());
        state.returned = true;
        drop(state);
        self.sooner.notify_one();
    }

    pub(in super::super) fn start_round(&self) -> Round {
        let mut state = self.lock();
        state.again = None;
        state.heartbeats.handle_timeout(now());
        let beats = std::iter::from_fn(|| state.heartbeats.poll_transmit()).collect();
        Round { beats, returned: std::mem::take(&mut state.returned) }
    }

    /// Vouches for members by a call that is about them; the answer is who is to join again.
    pub(in super::super) async fn vouch(&self, partition: u32, call: Call, beat: &Beat) -> Vec<Seat> {
        let answer = self.scripts.ask(partition, call).await.and_then(|answer| numbers(&answer));
        let lost = answer.and_then(|answer| PresenceStore::read_lost(beat, &answer).map_err(|_| StoreError::Protocol));
        match lost {
            Ok(lost) => {
                let mut state = self.lock();
                let again = lost.into_iter().filter_map(|(owned, why)| {
                    state.heartbeats.handle_lost(&owned.room, &owned.cid, owned.session, why)
                });
                again.map(|owned| Seat::of(&owned)).collect()
            }
            Err(error) => {
                self.failed(&error);
                Vec::new()
            }
        }
    }

    /// Registers members again that are still of this process.
    pub(in super::super) async fn join_again(self: &Arc<Self>, forgotten: Vec<Seat>) {
        let members = Arc::clone(self);
        let work = move |seat: Seat| {
            let members = Arc::clone(&members);
            async move {
                let mut turn = members.turns.take(seat.key());
                turn.comes().await;
                let _ = members.settle(&seat, Standing::Lost(Lost::Gone)).await;
            }
        };
        in_lanes(forgotten, LANES, work).await;
    }

    /// Says again what the store has not heard.
    pub(in super::super) async fn say_again(self: &Arc<Self>) {
        let unsent: Vec<_> = self.lock().unsent.values().cloned().collect();
        if unsent.is_empty() {
            return;
        }
        if let Err(error) = self.scripts.store().await {
            return self.failed(&error);
        }
        let members = Arc::clone(self);
        let work = move |unsent: Unsent| {
            let members = Arc::clone(&members);
            async move {
                let mut turn = members.turns.take(unsent.seat.key());
                turn.comes().await;
                if members.takes_back(&unsent) {
                    let _ = members.say(&unsent.seat, unsent.says, unsent.until).await;
                }
            }
        };
        in_lanes(unsent, LANES, work).await;
    }

    /// False where something newer has been said meanwhile, or nobody needs to hear it any more.
    fn takes_back(&self, unsent: &Unsent) -> bool {
        let (mut state, key) = (self.lock(), unsent.seat.key());
        let is_same = state.unsent.get(&key).is_some_and(|now| now.number == unsent.number);
        if is_same {
            state.unsent.remove(&key);
        }
        is_same && now() < unsent.until
    }
}

impl State {
    fn due(&self) -> Option<Timestamp> {
        let again = self.again.filter(|_| !self.unsent.is_empty());
        let returned = self.returned.then(now);
        [self.heartbeats.poll_timeout(), again, returned].into_iter().flatten().min()
    }
}
