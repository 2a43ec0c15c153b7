//! Messages by topic.

#[cfg(feature = "redis")]
mod builder;
#[cfg(feature = "redis")]
mod envelope;
mod error;
#[cfg(feature = "redis")]
mod others;
mod pattern;
mod subscription;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use serde::Serialize;
use serde::de::DeserializeOwned;

#[cfg(feature = "redis")]
pub use builder::BusBuilder;
pub use error::BusError;
pub use subscription::{Delivery, Subscription};

use crate::config_error::ConfigError;
use crate::lossy_queue::LossyQueue;
#[cfg(feature = "redis")]
use others::OtherProcesses;

/// Longest topic or pattern, in UTF-16 code units as on the Node.js side.
const MAX_TOPIC: usize = 512;

/// Messages by topic, to all who have subscribed: in the order in which each bus published them, at most once. A clone is
/// another handle to the same.
///
/// [`Bus::new`] is for this process, in every async runtime. With the feature `redis`, `Bus::connect` is for all processes
/// whose buses have the same name, in whatever language: to subscribers of this bus at once, to those of others over the
/// classic pub/sub of Redis.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(async {
/// use tollgate::Bus;
/// let bus = Bus::new();
/// let chat = bus.subscribe::<String>("chat:*").await?;
/// bus.publish("chat:lobby", "hello").await?;
/// assert_eq!(bus.stats().published, 1);
/// # drop(chat);
/// # Ok::<(), tollgate::BusError>(()) }).expect("valid");
/// ```
#[derive(Clone, Default)]
pub struct Bus {
    shared: Arc<Shared>,
    #[cfg(feature = "redis")]
    others: Option<Arc<OtherProcesses>>,
}

/// Counters of a bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BusStats {
    /// Subscriptions.
    pub subscribers: usize,
    /// Messages published here.
    pub published: u64,
    /// Messages that slow subscribers have missed.
    pub dropped: u64,
    /// Messages published here that Redis has not taken, or has not said so in time.
    pub unsent: u64,
    /// What came from Redis and was no message, and messages that a subscriber could not read as what it has asked for:
    /// dropped.
    pub broken: u64,
}

#[derive(Debug)]
struct Message {
    topic: String,
    json: String,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    subscribers: BTreeMap<u64, Subscriber>,
    last: u64,
    counts: BusStats,
}

struct Subscriber {
    pattern: String,
    queue: LossyQueue<Arc<Message>>,
    /// The connection was lost and is back, and this has not been told.
    reconnected: bool,
    waker: Option<Waker>,
}

/// What waits for a subscriber.
enum Item {
    Message(Arc<Message>),
    Reconnected,
}

impl Bus {
    /// Messages that wait for a subscriber at most.
    pub const MAX_WAITING: usize = 1_000;
    /// Longest message, in bytes of its JSON.
    pub const MAX_DATA: usize = 1_048_576;

    /// A bus that nobody has subscribed to.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A bus for all processes over the Redis at `url`. See [`BusBuilder::connect`].
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    #[cfg(feature = "redis")]
    pub async fn connect(url: &str) -> Result<Self, ConfigError> {
        Self::builder().connect(url).await
    }

    /// For a bus over Redis with settings.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn builder() -> BusBuilder {
        BusBuilder::new()
    }

    /// Sends a message to who has subscribed by now. Each gets a copy, read from JSON; those of this bus before anything
    /// is waited for. Over Redis this waits until Redis has taken the message, at most for the store's timeout.
    ///
    /// # Errors
    /// The topic is empty, longer than 512 characters or a pattern; or the data is not to be said in JSON, or too long.
    /// Over Redis also where that has not taken it in time: subscribers of this bus have it all the same.
    pub async fn publish<M: Serialize + ?Sized>(&self, topic: &str, data: &M) -> Result<(), BusError> {
        check_topic(topic)?;
        if topic.contains('*') {
            let allowed = "one topic to publish to: * is for patterns of subscribers";
            return Err(ConfigError::new("CONFIG_TOPIC", "topic", format!("{topic:?}"), allowed).into());
        }
        let message = Arc::new(Message { topic: topic.to_owned(), json: written(data)? });
        // Before the local subscribers, who may publish answers: others must not get those first.
        #[cfg(feature = "redis")]
        let sending = self.others.as_ref().map(|others| others.send(&message));
        self.shared.deliver(&message);
        #[cfg(feature = "redis")]
        if let Some(sending) = sending {
            let arrived = sending.arrived().await;
            self.shared.lock().counts.unsent += u64::from(arrived.is_err());
            arrived?;
        }
        Ok(())
    }

    /// Subscribes to a topic, or to all that fit a pattern, in which `*` stands for any text. Messages wait until the
    /// stream is asked, [`MAX_WAITING`](Self::MAX_WAITING) of them at most.
    ///
    /// # Errors
    /// The topic is empty or longer than 512 characters. Over Redis also where the subscription is not in force within the
    /// store's timeout: then there is none. Once it is in force it is renewed by itself.
    pub async fn subscribe<M: DeserializeOwned>(&self, pattern: &str) -> Result<Subscription<M>, BusError> {
        check_topic(pattern)?;
        #[cfg_attr(not(feature = "redis"), expect(unused_mut, reason = "nobody else to hear"))]
        let mut subscription = Subscription::new(Arc::clone(&self.shared), self.shared.add(pattern));
        #[cfg(feature = "redis")]
        if let Some(others) = &self.others {
            subscription.hear(others.hear(pattern).await?);
        }
        Ok(subscription)
    }

    /// Counters.
    #[must_use]
    pub fn stats(&self) -> BusStats {
        let state = self.shared.lock();
        BusStats { subscribers: state.subscribers.len(), ..state.counts }
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").field("stats", &self.stats()).finish()
    }
}

impl Shared {
    /// To all whom a message of this bus is for.
    fn deliver(&self, message: &Arc<Message>) {
        // Woken once the lock is free: a waker may run what asks for it.
        let wakers = {
            let mut state = self.lock();
            state.counts.published += 1;
            state.deliver(message, |pattern| pattern::matches(pattern, &message.topic))
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    fn add(&self, pattern: &str) -> u64 {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        let queue = LossyQueue::new(Bus::MAX_WAITING);
        state
            .subscribers
            .insert(number, Subscriber { pattern: pattern.to_owned(), queue, reconnected: false, waker: None });
        number
    }

    /// The next message, or how many are missing. Where there is none, the waker is told of one.
    fn next(&self, number: u64, waker: &Waker) -> Option<Result<Item, u64>> {
        let mut state = self.lock();
        let subscriber = state.subscribers.get_mut(&number)?;
        if std::mem::take(&mut subscriber.reconnected) {
            return Some(Ok(Item::Reconnected));
        }
        let next = subscriber.queue.pop();
        if next.is_none() {
            subscriber.waker = Some(waker.clone());
        }
        next.map(|next| next.map(Item::Message))
    }

    fn count_broken(&self) {
        self.lock().counts.broken += 1;
    }

    fn end(&self, number: u64) {
        let ended = self.lock().subscribers.remove(&number);
        // Its waker may do anything when it is dropped: not under the lock.
        drop(ended);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn deliver(&mut self, message: &Arc<Message>, is_for: impl Fn(&str) -> bool) -> Vec<Waker> {
        let mut wakers = Vec::new();
        for subscriber in self.subscribers.values_mut() {
            if !is_for(&subscriber.pattern) {
                continue;
            }
            self.counts.dropped += u64::from(!subscriber.queue.push(Arc::clone(message)));
            wakers.extend(subscriber.waker.take());
        }
        wakers
    }
}

fn check_topic(topic: &str) -> Result<(), ConfigError> {
    let units = topic.encode_utf16().take(MAX_TOPIC + 1).count();
    if (1..=MAX_TOPIC).contains(&units) {
        return Ok(());
    }
    let value = if topic.is_empty() { "\"\"".to_owned() } else { format!("a text of {} bytes", topic.len()) };
    Err(ConfigError::new("CONFIG_TOPIC", "topic", value, "a text of 1 to 512 characters"))
}

fn written<M: Serialize + ?Sized>(data: &M) -> Result<String, ConfigError> {
    let json = serde_json::to_string(data)
        .map_err(|error| ConfigError::new("CONFIG_DATA", "data", error, "something that JSON can say"))?;
    if json.len() <= Bus::MAX_DATA {
        return Ok(json);
    }
    let value = format!("{} bytes of JSON", json.len());
    Err(ConfigError::new("CONFIG_DATA", "data", value, format!("at most {} bytes of JSON", Bus::MAX_DATA)))
}
