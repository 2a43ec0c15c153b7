//! One quota for many processes: the core's peer table, over pub/sub of Redis.

mod attendant;
mod events;
mod membership;
mod settings;
mod unique;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tollgate_core::Timestamp;
use tollgate_core::share::Clocks;

pub use events::{ShareEvent, ShareEvents};
pub use membership::GroupStats;
pub use settings::{Share, Split};

pub(super) use membership::Membership;
pub(super) use settings::{Group, guarded};

use super::state::{Shared, State};
use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::redis::{Channels, Place, Publisher};
use attendant::{Attendant, PacerRef};
use membership::{Line, clocks};

/// How long Redis may take to take a message.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long a member that leaves waits until that is told. The runtime of its task may stand still.
const LONGEST_FAREWELL: Duration = Duration::from_secs(2);

/// Lets a pacer join a group over the Redis at `url`. From here on it may use its share alone.
pub(super) async fn join<C: Clock>(pacer: &Arc<Shared<C>>, group: Group, url: &str) -> Result<(), ConfigError> {
    let (client, link) = Place { timeout: TIMEOUT, ..Place::default() }.connect(url).await?;
    let (outgoing, to_publish) = mpsc::unbounded_channel();
    let (due, looks_at) = watch::channel(None);
    let (serving, served) = watch::channel(());
    let membership = Membership::new(&group, Line { outgoing, due }, served)?;
    let pacer_ref = PacerRef(Arc::downgrade(pacer));
    let (ear, main) = (pacer_ref.clone(), group.channel.clone());
    let no_runtime = |error| ConfigError::new("CONFIG_RUNTIME", "runtime", error, "a tokio runtime with I/O and time");
    let channels = Channels::open(client, move |heard| ear.hear(&main, heard)).map_err(no_runtime)?;
    pacer.at_now(|state, now| {
        state.membership = Some(membership);
        state.with_membership(now, Membership::begin)
    });
    let attendant = Attendant {
        pacer: pacer_ref,
        clock: pacer.clock.clone(),
        channel: group.channel,
        channels,
        publisher: Publisher::new(link),
        outgoing: to_publish,
        due: looks_at,
        sending: JoinSet::new(),
        _serving: serving,
    };
    drop(Handle::current().spawn(attendant.run()));
    Ok(())
}

impl State {
    /// Lets the membership do something, and follows what comes of it; `None` where there is none.
    fn with_membership<T>(&mut self, now: Timestamp, act: impl FnOnce(&mut Membership, Clocks) -> T) -> Option<T> {
        let has_waiting = self.pacer.waiting() > 0;
        let membership = self.membership.as_mut()?;
        let now = clocks(now);
        let done = act(membership, now);
        membership.advance(now, has_waiting);
        self.woken.append(&mut membership.take_woken());
        Some(done)
    }

    /// Holds the pacer to the share that is in force now. A deadline may have passed without a timer.
    pub(super) fn hold_to_share(&mut self, now: Timestamp) {
        let Some(membership) = &mut self.membership else { return };
        if let Some((shares, concurrency)) = membership.newly_held(clocks(now)) {
            self.pacer.set_share(&shares, concurrency, now);
        }
        self.woken.append(&mut membership.take_woken());
    }

    pub(super) fn group_stats(&self, now: Timestamp) -> Option<GroupStats> {
        self.membership.as_ref().map(|membership| membership.stats(clocks(now)))
    }

    pub(super) fn share_events(&mut self) -> ShareEvents {
        self.membership.as_mut().map_or_else(ShareEvents::ended, Membership::events)
    }
}

/// Leaves the group, if there is one, and waits a while until that is told.
pub(super) async fn leave<C: Clock>(pacer: &Shared<C>) {
    let left = pacer.at_now(|state, now| state.with_membership(now, |membership, _| membership.leave()));
    let Some(mut served) = left else { return };
    tokio::select! {
        () = async { while served.changed().await.is_ok() {} } => {}
        () = pacer.clock.sleep(LONGEST_FAREWELL) => {}
    }
}
