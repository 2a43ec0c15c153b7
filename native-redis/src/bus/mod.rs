//! Messages by topic.

mod error;
mod pattern;
mod subscription;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::BusError;
pub use subscription::{Delivery, Subscription};

use crate::config_error::ConfigError;
use crate::lossy_queue::LossyQueue;

/// Longest topic or pattern, in UTF-16 code units as on the Node.js side.
const MAX_TOPIC: usize = 512;

/// Messages by topic, to all who have subscribed within this process: in the order in which they were published, at most
/// once. A clone is another handle to the same.
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
    /// Messages that a subscriber could not read as what it has asked for: dropped.
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
    waker: Option<Waker>,
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

    /// Sends a message to who has subscribed by now. Each gets a copy, read from JSON.
    ///
    /// # Errors
    /// The topic is empty, longer than 512 characters or a pattern; or the data is not to be said in JSON, or too long.
    pub async fn publish<M: Serialize + ?Sized>(&self, topic: &str, data: &M) -> Result<(), BusError> {
        check_topic(topic)?;
        if topic.contains('*') {
            let allowed = "one topic to publish to: * is for patterns of subscribers";
            return Err(ConfigError::new("CONFIG_TOPIC", "topic", format!("{topic:?}"), allowed).into());
        }
        let message = Message { topic: topic.to_owned(), json: written(data)? };
        self.shared.deliver(&Arc::new(message));
        Ok(())
    }

    /// Subscribes to a topic, or to all that fit a pattern, in which `*` stands for any text. Messages wait until the
    /// stream is asked, [`MAX_WAITING`](Self::MAX_WAITING) of them at most.
    ///
    /// # Errors
    /// The topic is empty or longer than 512 characters.
    pub async fn subscribe<M: DeserializeOwned>(&self, pattern: &str) -> Result<Subscription<M>, BusError> {
        check_topic(pattern)?;
        Ok(Subscription::new(Arc::clone(&self.shared), self.shared.add(pattern)))
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
    fn deliver(&self, message: &Arc<Message>) {
        // Woken once the lock is free: a waker may run what asks for it.
        self.lock().deliver(message).into_iter().for_each(Waker::wake);
    }

    fn add(&self, pattern: &str) -> u64 {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        let queue = LossyQueue::new(Bus::MAX_WAITING);
        state.subscribers.insert(number, Subscriber { pattern: pattern.to_owned(), queue, waker: None });
        number
    }

    /// The next message, or how many are missing. Where there is none, the waker is told of one.
    fn next(&self, number: u64, waker: &Waker) -> Option<Result<Arc<Message>, u64>> {
        let mut state = self.lock();
        let subscriber = state.subscribers.get_mut(&number)?;
        let next = subscriber.queue.pop();
        if next.is_none() {
            subscriber.waker = Some(waker.clone());
        }
        next
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
    fn deliver(&mut self, message: &Arc<Message>) -> Vec<Waker> {
        self.counts.published += 1;
        let mut wakers = Vec::new();
        for subscriber in self.subscribers.values_mut() {
            if !pattern::matches(&subscriber.pattern, &message.topic) {
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
