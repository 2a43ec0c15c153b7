//! Calls that go out.

mod builder;
mod error;
mod pace;
mod permit;
#[cfg(feature = "redis")]
mod share;
mod state;
mod turn;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tollgate_core::{Admission, Rejection, Submission, Timestamp};

pub use builder::PacerBuilder;
pub use error::PaceError;
pub use pace::Pace;
pub use permit::Permit;
#[cfg(feature = "redis")]
pub use share::{GroupStats, Share, ShareEvent, ShareEvents, Split};

use crate::clock::{Clock, MonotonicClock};
use crate::policy::Policies;
use crate::span::{duration, span};
use state::{Shared, State, Waiting};
use turn::Turn;

/// Lets calls go as soon as limits and a concurrency allow, in order.
///
/// In any span as long as a policy's window, what has started costs at most its limit, exactly: it is counted in a
/// sliding window, whatever the policy's algorithm says. Calls that wait keep their order, by priority and lane
/// ([`Pace`]). A clone is another handle to the same pacer. It works in every async runtime, and without a task of its
/// own. With the feature `redis`, processes may share one quota: see `PacerBuilder::connect`.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(async {
/// use tollgate::{Pacer, Policy};
/// let pacer = Pacer::builder([Policy::per_minute(500).named("requests"), Policy::per_minute(30_000).named("tokens")])
///     .concurrency(20)
///     .build()?;
/// let mut permit = pacer.acquire([1, 1_200]).await?;
/// let used = 900; // What the call really took.
/// permit.settle([1, used]);
/// drop(permit);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).expect("a call that fits");
/// ```
pub struct Pacer<C: Clock = MonotonicClock> {
    shared: Arc<Shared<C>>,
}

/// How a pacer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PacerStats {
    /// Calls that wait.
    pub waiting: u64,
    /// Calls that run.
    pub running: u64,
    /// The cost that has started in the first policy's present window; 0 without policies.
    pub started_in_window: u64,
    /// How long nothing starts; `None` without a pause, [`Duration::MAX`] for one without an end.
    pub paused_for: Option<Duration>,
    /// How it stands in its group; `None` for one that shares its quota with nobody.
    #[cfg(feature = "redis")]
    pub group: Option<GroupStats>,
}

impl Pacer {
    /// A pacer to be, with these policies; `Policies::new([])` where only the concurrency is bounded.
    #[must_use]
    pub fn builder(policies: impl Into<Policies>) -> PacerBuilder {
        PacerBuilder::new(policies.into())
    }
}

impl<C: Clock> Pacer<C> {
    fn over(pacer: tollgate_core::Pacer, max_delay: Option<Duration>, clock: C) -> Self {
        Self { shared: Arc::new(Shared::new(pacer, max_delay, clock)) }
    }

    /// Waits for the turn of a call, which runs until the permit is dropped. Give a cost, or a [`Pace`].
    ///
    /// Nothing is taken if the future is dropped before it is ready.
    ///
    /// # Errors
    /// [`PaceError`] says why it may not go.
    pub async fn acquire(&self, pace: impl Into<Pace>) -> Result<Permit<C>, PaceError> {
        let pace = pace.into();
        match self.shared.at_now(|state, now| self.submit(state, &pace, now))? {
            Admission::Started(ticket) => Ok(Permit::new(Arc::clone(&self.shared), ticket)),
            Admission::Waiting(ticket) => Turn::new(Arc::clone(&self.shared), ticket).await,
        }
    }

    /// A permit for a call that may go now; `None` where it may not, or others wait.
    pub fn try_acquire(&self, pace: impl Into<Pace>) -> Option<Permit<C>> {
        let pace = pace.into();
        let ticket = self.shared.at_now(|state, now| match self.submit(state, &pace, now) {
            Ok(Admission::Started(ticket)) => Some(ticket),
            Ok(Admission::Waiting(ticket)) => {
                state.forget(ticket);
                state.pacer.cancel(ticket, now);
                None
            }
            Err(_) => None,
        })?;
        Some(Permit::new(Arc::clone(&self.shared), ticket))
    }

    /// Runs a future when its turn comes, at a cost of 1.
    ///
    /// # Errors
    /// [`PaceError`] says why it was not run.
    pub async fn run<F: Future>(&self, call: F) -> Result<F::Output, PaceError> {
        let _permit = self.acquire(1).await?;
        Ok(call.await)
    }

    /// Starts nothing for this long; [`Duration::MAX`] until [`Pacer::resume`]. A longer pause that is on stays.
    pub fn pause(&self, time: Duration) {
        self.shared.at_now(|state, now| state.pacer.pause(span(time), now));
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.shared.at_now(|state, now| state.pacer.resume(now));
    }

    /// How it stands.
    #[must_use]
    pub fn stats(&self) -> PacerStats {
        self.shared.at_now(|state, now| PacerStats {
            waiting: state.pacer.waiting(),
            running: state.pacer.running(),
            started_in_window: state.pacer.used(0),
            paused_for: state.pacer.paused_until().map(|until| match until {
                Timestamp::MAX => Duration::MAX,
                until => duration(until.saturating_since(now)),
            }),
            #[cfg(feature = "redis")]
            group: state.group_stats(now),
        })
    }

    /// What happens in the group that shares the quota, from now on; over at once where there is none.
    #[cfg(feature = "redis")]
    pub fn events(&self) -> ShareEvents {
        self.shared.at_now(|state, _| state.share_events())
    }

    /// Refuses all calls that wait or come with [`PaceError::Closed`], and waits until those that run have ended. Then it
    /// leaves its group, if it is in one, and gives its share back, for which it waits 2 s at most.
    pub async fn close(self) {
        self.shared.at_now(|state, _| state.refuse_all());
        self.ended().await;
    }

    /// Refuses calls that come, and waits until those that wait and run have ended. Then it leaves its group, if it is in
    /// one, and gives its share back, for which it waits 2 s at most.
    pub async fn drain(self) {
        self.shared.at_now(|state, _| state.closed = true);
        self.ended().await;
    }

    async fn ended(&self) {
        self.idle().await;
        #[cfg(feature = "redis")]
        share::leave(&self.shared).await;
    }

    /// Waits until nothing waits or runs.
    pub async fn idle(&self) {
        std::future::poll_fn(|cx| {
            self.shared.at_now(|state, _| {
                if state.is_idle() {
                    return Poll::Ready(());
                }
                state.idlers.retain(|waker| !waker.will_wake(cx.waker()));
                state.idlers.push(cx.waker().clone());
                Poll::Pending
            })
        })
        .await;
    }

    fn submit(&self, state: &mut State, pace: &Pace, now: Timestamp) -> Result<Admission, PaceError> {
        if state.closed {
            return Err(PaceError::Closed);
        }
        let max_delay = pace.max_delay.or(self.shared.max_delay);
        let submission = Submission {
            cost: pace.cost.to_core(),
            priority: pace.priority,
            lane: pace.lane,
            deadline: max_delay.map(|delay| now.saturating_add(span(delay))),
        };
        let admission = state.pacer.submit(submission, now).map_err(refused)?;
        if let Admission::Waiting(ticket) = admission {
            state.waiting.insert(ticket, Waiting::default());
        }
        Ok(admission)
    }
}

fn refused(rejection: Rejection) -> PaceError {
    match rejection {
        Rejection::TooLarge { cost, limit, .. } => PaceError::TooLarge { cost, limit },
        _ => PaceError::QueueFull,
    }
}

impl<C: Clock> Clone for Pacer<C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<C: Clock> fmt::Debug for Pacer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pacer").field("stats", &self.stats()).finish()
    }
}
