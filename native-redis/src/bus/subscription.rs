//! Messages as a stream.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use serde::de::DeserializeOwned;

use super::Shared;

/// What a subscription hands out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery<M> {
    /// A message.
    #[non_exhaustive]
    Message {
        /// Its topic.
        topic: String,
        /// What was published.
        data: M,
    },
    /// This reader was too slow, and so many messages are missing at this point: what was put together from them should
    /// be read anew.
    #[non_exhaustive]
    Resync {
        /// How many messages.
        missed: u64,
    },
}

/// Messages of the topics that fit, in the order in which they were published. Ends the subscription when dropped.
#[must_use = "a subscription that is dropped is over"]
pub struct Subscription<M> {
    shared: Arc<Shared>,
    number: u64,
    data: PhantomData<fn() -> M>,
}

impl<M> Subscription<M> {
    pub(super) fn new(shared: Arc<Shared>, number: u64) -> Self {
        Self { shared, number, data: PhantomData }
    }
}

impl<M: DeserializeOwned> Stream for Subscription<M> {
    type Item = Delivery<M>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.shared.next(self.number, cx.waker()) {
                None => return Poll::Pending,
                Some(Err(missed)) => return Poll::Ready(Some(Delivery::Resync { missed })),
                Some(Ok(message)) => match serde_json::from_str(&message.json) {
                    Ok(data) => return Poll::Ready(Some(Delivery::Message { topic: message.topic.clone(), data })),
                    Err(_) => self.shared.count_broken(),
                },
            }
        }
    }
}

impl<M> Drop for Subscription<M> {
    fn drop(&mut self) {
        self.shared.end(self.number);
    }
}

impl<M> fmt::Debug for Subscription<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}
