//! Messages as a stream.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use serde::de::DeserializeOwned;

#[cfg(feature = "redis")]
use super::others::Heard;
use super::{Item, Shared};

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
    /// The connection was lost, and all subscriptions are in force again: messages of other processes may be missing, and
    /// what is read anew from now on misses nothing that follows.
    Reconnected,
}

/// Messages of the topics that fit, in the order in which they were published. Ends the subscription when dropped.
#[must_use = "a subscription that is dropped is over"]
pub struct Subscription<M> {
    shared: Arc<Shared>,
    number: u64,
    /// Keeps it in force where other processes publish.
    #[cfg(feature = "redis")]
    heard: Option<Heard>,
    data: PhantomData<fn() -> M>,
}

impl<M> Subscription<M> {
    pub(super) fn new(shared: Arc<Shared>, number: u64) -> Self {
        Self {
            shared,
            number,
            #[cfg(feature = "redis")]
            heard: None,
            data: PhantomData,
        }
    }

    #[cfg(feature = "redis")]
    pub(super) fn hear(&mut self, heard: Heard) {
        self.heard = Some(heard);
    }
}

impl<M: DeserializeOwned> Stream for Subscription<M> {
    type Item = Delivery<M>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.shared.next(self.number, cx.waker()) {
                None => return Poll::Pending,
                Some(Err(missed)) => return Poll::Ready(Some(Delivery::Resync { missed })),
                Some(Ok(Item::Reconnected)) => return Poll::Ready(Some(Delivery::Reconnected)),
                Some(Ok(Item::Message(message))) => match serde_json::from_str(&message.json) {
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
