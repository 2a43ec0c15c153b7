//! Waiting for one's turn.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tollgate_core::{Cost, TicketId, Timestamp};

use super::error::PaceError;
use super::permit::Permit;
use super::state::{Outcome, Shared, State, Waiting};
use crate::clock::Clock;
use crate::span::duration;

/// A call that waits. Dropped before it is ready, it frees its place; what it had been given goes back.
///
/// There is no timer task: of all that wait, one keeps the time for the others, and hands that on when it is gone.
pub(super) struct Turn<C: Clock> {
    shared: Arc<Shared<C>>,
    ticket: TicketId,
    sleep: Option<(Timestamp, Sleep)>,
    is_over: bool,
}

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What a look at the state has shown.
enum Look {
    Ended(Outcome),
    /// It keeps the time for all until then.
    KeepsTime(Timestamp, Timestamp),
    Waits,
}

impl<C: Clock> Turn<C> {
    pub(super) fn new(shared: Arc<Shared<C>>, ticket: TicketId) -> Self {
        Self { shared, ticket, sleep: None, is_over: false }
    }

    fn look(&self, cx: &Context<'_>) -> Look {
        let ticket = self.ticket;
        self.shared.at_now(|state, now| {
            if state.waiting.get(&ticket).is_none_or(|waiting| waiting.outcome.is_some()) {
                return Look::Ended(state.forget(ticket).unwrap_or(Outcome::Closed));
            }
            state.waiting.insert(ticket, Waiting { waker: Some(cx.waker().clone()), outcome: None });
            keep_time(state, ticket, now)
        })
    }
}

fn keep_time(state: &mut State, ticket: TicketId, now: Timestamp) -> Look {
    if state.timekeeper.is_some_and(|keeper| keeper != ticket) {
        return Look::Waits;
    }
    state.looks_at = state.pacer.poll_timeout();
    state.timekeeper = state.looks_at.map(|_| ticket);
    state.looks_at.map_or(Look::Waits, |at| Look::KeepsTime(at, now))
}

impl<C: Clock> Future for Turn<C> {
    type Output = Result<Permit<C>, PaceError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.look(cx) {
                Look::Ended(outcome) => {
                    self.is_over = true;
                    return Poll::Ready(match outcome {
                        Outcome::Started => Ok(Permit::new(Arc::clone(&self.shared), self.ticket)),
                        Outcome::Expired => Err(PaceError::Timeout),
                        Outcome::Closed => Err(PaceError::Closed),
                    });
                }
                Look::Waits => {
                    self.sleep = None;
                    return Poll::Pending;
                }
                Look::KeepsTime(at, now) => {
                    if self.sleep.as_ref().is_none_or(|(until, _)| *until != at) {
                        let clock = self.shared.clock.clone();
                        let span = duration(at.saturating_since(now));
                        self.sleep = Some((at, Box::pin(async move { clock.sleep(span).await })));
                    }
                    let Some((_, sleep)) = &mut self.sleep else { return Poll::Pending };
                    if sleep.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    self.sleep = None;
                }
            }
        }
    }
}

impl<C: Clock> Drop for Turn<C> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let ticket = self.ticket;
        self.shared.at_now(|state, now| {
            if state.forget(ticket) == Some(Outcome::Started) {
                // It has never begun.
                state.pacer.settle(ticket, Cost::All(0), now);
                state.pacer.finish(ticket, now);
            } else {
                state.pacer.cancel(ticket, now);
            }
        });
    }
}
