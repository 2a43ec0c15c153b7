//! The task that serves a membership: its two channels and its timer.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tollgate_core::Timestamp;
use tollgate_core::share::{Channel, Clocks, Transmit};

use super::membership::Membership;
use crate::clock::Clock;
use crate::pacer::state::Shared;
use crate::redis::{Channels, Heard, Publisher, StoreError, Topic};
use crate::span::{duration, timestamp};

/// It does not look twice within this.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// Serves a membership until that has left and all is published. It does not keep the pacer alive.
pub(super) struct Attendant<C: Clock> {
    pub(super) pacer: PacerRef<C>,
    pub(super) clock: C,
    pub(super) channel: String,
    pub(super) channels: Channels,
    pub(super) publisher: Arc<Publisher>,
    pub(super) outgoing: UnboundedReceiver<Transmit>,
    pub(super) due: watch::Receiver<Option<Timestamp>>,
    pub(super) sending: JoinSet<()>,
    /// Closed when this has ended.
    pub(super) _serving: watch::Sender<()>,
}

/// The pacer of a membership, as long as there is one.
pub(super) struct PacerRef<C>(pub(super) Weak<Shared<C>>);

impl<C> Clone for PacerRef<C> {
    fn clone(&self) -> Self {
        Self(Weak::clone(&self.0))
    }
}

impl<C: Clock> PacerRef<C> {
    /// Lets the membership do something now.
    pub(super) fn tell<T>(&self, act: impl FnOnce(&mut Membership, Clocks) -> T) -> Option<T> {
        let pacer = self.0.upgrade()?;
        pacer.at_now(|state, now| state.with_membership(now, act))
    }

    /// What came from the subscriptions.
    pub(super) fn hear(&self, main: &str, heard: Heard) {
        match heard {
            Heard::Message { channel, text, .. } => {
                let channel = if channel == main { Channel::Main } else { Channel::Extension };
                self.tell(|membership, now| membership.heard(channel, &text, now));
            }
            Heard::Up => {
                tracing::info!("a shared quota hears other processes again");
                self.tell(Membership::resubscribed);
            }
            Heard::Down(error) => self.failed(error),
        }
    }

    fn failed(&self, error: StoreError) {
        let (code, text) = (error.code(), error.to_string());
        if self.tell(|membership, _| membership.failed(error)) == Some(true) {
            tracing::warn!(code, "a shared quota cannot reach other processes: {text}");
        }
    }
}

impl<C: Clock> Attendant<C> {
    pub(super) async fn run(mut self) {
        let [main, extension] =
            [&self.channel, &extension(&self.channel)].map(|name| self.channels.add(Topic::Channel(name.clone())));
        let mut joining = pin!(async { main.await.is_ok() && extension.await.is_ok() });
        let (mut is_joining, mut has_timer) = (true, true);
        loop {
            let due = *self.due.borrow_and_update();
            let wait = self.until(due);
            tokio::select! {
                transmit = self.outgoing.recv() => match transmit {
                    Some(transmit) => self.publish(transmit),
                    None => break,
                },
                in_force = &mut joining, if is_joining => {
                    is_joining = false;
                    if in_force {
                        self.pacer.tell(Membership::subscribed);
                    }
                }
                is_other = self.due.changed(), if has_timer => has_timer = is_other.is_ok(),
                () = tokio::time::sleep(wait), if due.is_some() => {
                    self.pacer.tell(|_, _| ());
                }
                Some(_) = self.sending.join_next() => {}
            }
        }
        while self.sending.join_next().await.is_some() {}
    }

    fn until(&self, due: Option<Timestamp>) -> Duration {
        let now = timestamp(self.clock.now());
        due.map_or(Duration::ZERO, |due| duration(due.saturating_since(now))).max(SHORTEST_WAIT)
    }

    /// Sends a message behind those before it.
    fn publish(&mut self, Transmit { channel, message }: Transmit) {
        let name = if channel == Channel::Main { self.channel.clone() } else { extension(&self.channel) };
        let sending = self.publisher.publish(|| (name, message));
        let pacer = self.pacer.clone();
        self.sending.spawn(async move {
            match sending.reached().await {
                Ok(reached) => drop(pacer.tell(|membership, now| membership.published(channel, reached, now))),
                Err(error) => pacer.failed(error),
            }
        });
    }
}

impl<C: Clock> Drop for Attendant<C> {
    /// Its runtime may have ended before the membership has.
    fn drop(&mut self) {
        self.pacer.failed(StoreError::NoRuntime);
    }
}

/// The channel of joins and leaves, which p-ratelimit does not hear.
fn extension(channel: &str) -> String {
    format!("{channel}:x")
}
