//! The members of this process.

mod rounds;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};
use tollgate_core::roster::{CheckedPresence, Heartbeats, Identity, Lost, Owned, PresenceConfig, Session};
use tollgate_core::store::presence::{PresenceStore, Standing};
use tollgate_core::{Span, Timestamp};

pub(super) use rounds::Round;

use super::scripts::{Scripts, in_lanes, number};
use super::turns::{Key, Turn, Turns};
use crate::clock::{Clock, MonotonicClock};
use crate::config_error::ConfigError;
use crate::redis::StoreError;
use crate::span::timestamp;

/// Calls about members that are out at a time.
const LANES: usize = 64;

/// A member under one session.
#[derive(Clone, Debug)]
pub(in super::super) struct Seat {
    pub(in super::super) room: Arc<str>,
    pub(in super::super) id: Arc<str>,
    pub(in super::super) session: Session,
}

/// The members of this process, and what the store has not heard of them: that is said again with each round of heartbeats.
/// What fails loses nobody: a member that could not be registered joins with a later heartbeat.
pub(super) struct OwnMembers {
    scripts: Arc<Scripts>,
    config: CheckedPresence,
    state: Mutex<State>,
    turns: Arc<Turns>,
    /// A round may be due earlier than was thought.
    sooner: Notify,
}

struct State {
    heartbeats: Heartbeats,
    unsent: BTreeMap<Key, Unsent>,
    /// When to say again what the store has not heard.
    again: Option<Timestamp>,
    /// The store has been away, and may have forgotten everybody.
    returned: bool,
    last: u64,
}

#[derive(Clone)]
struct Unsent {
    seat: Seat,
    says: Says,
    number: u64,
    /// When nobody needs to hear it any more.
    until: Timestamp,
}

/// What is said of a member who is there.
#[derive(Clone)]
enum Says {
    Update(Arc<Identity>),
    Leave,
}

impl OwnMembers {
    pub(super) fn new(scripts: Arc<Scripts>, config: &PresenceConfig) -> Result<Arc<Self>, ConfigError> {
        let heartbeats = Heartbeats::new(config.clone())?;
        let state = State { heartbeats, unsent: BTreeMap::new(), again: None, returned: false, last: 0 };
        let config = config.clone().check()?;
        let (state, turns, sooner) = (Mutex::new(state), Arc::default(), Notify::new());
        Ok(Arc::new(Self { scripts, config, state, turns, sooner }))
    }

    /// The member is this process's from now on. What this returns resolves when it is registered, or could not be; the
    /// call waits for `first`.
    pub(super) fn join(
        self: &Arc<Self>,
        seat: &Seat,
        identity: Identity,
        first: impl Future<Output = ()> + Send + 'static,
    ) -> oneshot::Receiver<()> {
        let identity = Arc::new(identity);
        let turn = {
            let mut state = self.lock();
            state.heartbeats.add(&seat.room, &seat.id, seat.session, Arc::clone(&identity), now());
            state.unsent.remove(&seat.key());
            self.turns.take(seat.key())
        };
        self.sooner.notify_one();
        let (members, seat) = (Arc::clone(self), seat.clone());
        self.in_turn(turn, async move {
            first.await;
            members.register(&seat, &identity).await;
        })
    }

    async fn register(&self, seat: &Seat, identity: &Identity) {
        let Seat { room, id, session } = seat;
        match self.scripts.store().await.map(|store| (store.partition(room), store.join(room, id, *session, identity)))
        {
            Ok((partition, Ok(call))) => {
                if let Some(standing) = self.heard(self.scripts.ask(partition, call).await) {
                    // Another session of the same id: it has the place.
                    let _ = self.settle(seat, standing).await;
                }
            }
            // Its names and data were checked before.
            Ok((_, Err(_))) => {}
            Err(error) => self.failed(&error),
        }
    }

    /// False where the place is lost.
    pub(super) async fn update(self: &Arc<Self>, seat: &Seat, identity: Identity) -> bool {
        let (identity, Seat { room, id, session }) = (Arc::new(identity), seat);
        let turn = {
            let mut state = self.lock();
            if !state.heartbeats.update(room, id, *session, Arc::clone(&identity)) {
                return false;
            }
            self.turns.take(seat.key())
        };
        let (members, seat) = (Arc::clone(self), seat.clone());
        let sent = async move { members.say(&seat, Says::Update(identity), Timestamp::MAX).await.is_ok() };
        self.in_turn(turn, sent).await.unwrap_or(true)
    }

    pub(super) async fn leave(self: &Arc<Self>, seat: &Seat) {
        let turn = {
            let mut state = self.lock();
            if !state.heartbeats.remove(&seat.room, &seat.id, seat.session) {
                return;
            }
            self.turns.take(seat.key())
        };
        let until = now().saturating_add(self.config.ttl());
        let (members, seat) = (Arc::clone(self), seat.clone());
        let sent = async move { members.say(&seat, Says::Leave, until).await.unwrap_or(()) };
        self.in_turn(turn, sent).await.unwrap_or(());
    }

    /// Vouches for it no longer.
    pub(super) fn abandon(&self, seat: &Seat) {
        self.lock().heartbeats.remove(&seat.room, &seat.id, seat.session);
    }

    /// Leaves with all; what is not heard ages out.
    pub(super) async fn leave_all(self: &Arc<Self>) {
        let seats: Vec<_> = {
            let mut state = self.lock();
            state.unsent.clear();
            state.heartbeats.members().map(|owned| Seat::of(&owned)).collect()
        };
        if self.scripts.store().await.is_err() {
            // It never answered, and knows nobody.
            return;
        }
        let members = Arc::clone(self);
        let leave_all = in_lanes(seats, LANES, move |seat| {
            let members = Arc::clone(&members);
            async move { members.leave(&seat).await }
        });
        leave_all.await;
    }

    async fn say(&self, seat: &Seat, says: Says, until: Timestamp) -> Result<(), Lost> {
        let Seat { room, id, session } = seat;
        let answer = match &says {
            Says::Leave => self.scripts.ask_of(room, |store| store.leave(room, id, *session)).await,
            Says::Update(identity) => match self.scripts.store().await {
                Err(error) => Err(error),
                Ok(store) => match store.update(room, id, *session, &identity.data) {
                    Ok(call) => self.scripts.ask(store.partition(room), call).await,
                    // The data was checked before.
                    Err(_) => return Ok(()),
                },
            },
        };
        match (self.heard(answer), says) {
            (None, says) => {
                let mut state = self.lock();
                state.last += 1;
                let number = state.last;
                state.unsent.insert(seat.key(), Unsent { seat: seat.clone(), says, number, until });
                Ok(())
            }
            (Some(_), Says::Leave) => Ok(()),
            (Some(standing), Says::Update(_)) => self.settle(seat, standing).await,
        }
    }

    /// Does what an answer asks for; an error where another session has the place.
    async fn settle(&self, seat: &Seat, standing: Standing) -> Result<(), Lost> {
        let Standing::Lost(why) = standing else { return Ok(()) };
        let owned = self.lost(seat, why).ok_or(why)?;
        let answer = self.scripts.ask_of(&seat.room, |store| store.rejoin(&owned)).await;
        match self.heard(answer) {
            Some(Standing::Lost(why)) => self.lost(seat, why).map(drop).ok_or(why),
            _ => Ok(()),
        }
    }

    fn lost(&self, seat: &Seat, why: Lost) -> Option<Owned> {
        self.lock().heartbeats.handle_lost(&seat.room, &seat.id, seat.session, why)
    }

    fn heard(&self, answer: Result<::redis::Value, StoreError>) -> Option<Standing> {
        let standing = answer
            .and_then(|answer| number(&answer))
            .and_then(|number| PresenceStore::read_standing(number).map_err(|_| StoreError::Protocol));
        standing.inspect_err(|error| self.failed(error)).ok()
    }

    /// The next round comes sooner.
    pub(super) fn failed(&self, error: &StoreError) {
        self.scripts.failed(error);
        let mut state = self.lock();
        let soon = now().saturating_add(Span::from_micros(self.config.heartbeat().as_micros() / 4));
        state.heartbeats.handle_failure(now());
        state.again.get_or_insert(soon);
        drop(state);
        self.sooner.notify_one();
    }

    /// Runs to its end, also where nobody waits for it. Tells nothing where the runtime has ended.
    fn in_turn<R: Send + 'static>(
        &self,
        mut turn: Turn,
        work: impl Future<Output = R> + Send + 'static,
    ) -> oneshot::Receiver<R> {
        let (done, told) = oneshot::channel();
        drop(self.scripts.runtime.spawn(async move {
            turn.comes().await;
            let done_with = work.await;
            drop(turn);
            drop(done.send(done_with));
        }));
        told
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn of(Owned { room, cid, session, .. }: &Owned) -> Self {
        Self { room: Arc::clone(room), id: Arc::clone(cid), session: *session }
    }

    fn key(&self) -> Key {
        (Arc::clone(&self.room), Arc::clone(&self.id))
    }
}

fn now() -> Timestamp {
    timestamp(MonotonicClock.now())
}
