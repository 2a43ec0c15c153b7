//! What a process does for the roster by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tollgate_core::store::presence::PresenceStore;

use super::audience::Audience;
use super::own_members::{OwnMembers, Round};
use super::scripts::{Scripts, in_lanes, numbers, texts};
use crate::redis::StoreError;

/// Calls that are out at a time: others of Redis have their turn between two of them.
const LANES: usize = 4;

/// It vouches for its members, and sweeps those of others.
#[derive(Clone)]
pub(super) struct Rounds {
    pub(super) scripts: Arc<Scripts>,
    pub(super) members: Arc<OwnMembers>,
    pub(super) audience: Arc<Audience>,
    pub(super) pace: Duration,
}

impl Rounds {
    /// Never ends by itself.
    pub(super) async fn run(self) {
        tokio::join!(self.beat_always(), self.sweep_always());
    }

    async fn beat_always(&self) {
        loop {
            self.members.round_is_due().await;
            let Round { beats, returned } = self.members.start_round();
            if !beats.is_empty() {
                self.beat(beats).await;
            }
            self.members.say_again().await;
            // Own members are registered first, so that snapshots have them.
            if returned {
                self.audience.renew();
            }
        }
    }

    async fn beat(&self, beats: Vec<tollgate_core::roster::Beat>) {
        let store = match self.scripts.store().await {
            Ok(store) => store,
            Err(error) => return self.members.failed(&error),
        };
        let calls: Vec<_> = beats.into_iter().flat_map(|beat| store.heartbeats(beat)).collect();
        let forgotten = Arc::new(Mutex::new(Vec::new()));
        let work = |(call, beat): (_, tollgate_core::roster::Beat)| {
            let partition = beat.members.first().map_or(0, |owned| store.partition(&owned.room));
            let (members, forgotten) = (Arc::clone(&self.members), Arc::clone(&forgotten));
            async move {
                let again = members.vouch(partition, call, &beat).await;
                forgotten.lock().unwrap_or_else(PoisonError::into_inner).extend(again);
            }
        };
        in_lanes(calls, LANES, work).await;
        let forgotten = std::mem::take(&mut *forgotten.lock().unwrap_or_else(PoisonError::into_inner));
        self.members.join_again(forgotten).await;
    }

    async fn sweep_always(&self) {
        let mut next = Instant::now() + self.pace;
        loop {
            tokio::time::sleep_until(next).await;
            next = Instant::now() + self.pace;
            match self.scripts.store().await {
                Ok(store) => in_lanes(0..store.partitions(), LANES, |partition| self.clone().sweep(partition)).await,
                Err(error) => self.scripts.failed(&error),
            }
        }
    }

    async fn sweep(self, partition: u32) {
        if let Err(error) = self.sweep_partition(partition).await {
            self.scripts.failed(&error);
        }
    }

    /// Each call takes out so many at most; others have their turn in between.
    async fn sweep_partition(&self, partition: u32) -> Result<(), StoreError> {
        let store = self.scripts.store().await?;
        loop {
            let due = self.scripts.ask(partition, store.due(partition)).await?;
            let rooms = texts(&due)?;
            if rooms.is_empty() {
                return Ok(());
            }
            let swept = self.scripts.ask(partition, store.sweep(partition, &rooms)).await?;
            PresenceStore::read_swept(&numbers(&swept)?).map_err(|_| StoreError::Protocol)?;
        }
    }
}
