//! The part of a bus that reaches other processes.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Waker;

use tokio::sync::oneshot;

use super::envelope::{ChannelNames, Envelope, draw_origin, opened, sealed};
use super::{Bus, Message, Shared};
use crate::config_error::ConfigError;
use crate::redis::{self, Channels, Link, Publisher, Sending, StoreError, Topic};

/// Publishers that one subscription remembers at most; beyond, it forgets all of them and begins anew.
const MAX_ORIGINS: usize = 1_024;

/// Sends messages to other processes, and hears theirs.
pub(super) struct OtherProcesses {
    publisher: Arc<Publisher>,
    link: Arc<Link>,
    names: ChannelNames,
    origin: String,
    sent: AtomicU64,
    channels: Channels,
    heard: Arc<Mutex<AllHeard>>,
}

type AllHeard = BTreeMap<Topic, Subscribed>;

/// What is heard by subscriptions here.
#[derive(Default)]
struct Subscribed {
    /// How they call it.
    pattern: String,
    subscriptions: usize,
    /// What has come from each publisher. What may be sent again may come twice, or after a later one.
    seen: HashMap<String, u64>,
}

impl OtherProcesses {
    pub(super) fn new(
        client: redis::Client,
        link: Arc<Link>,
        names: ChannelNames,
        shared: &Arc<Shared>,
    ) -> Result<Arc<Self>, ConfigError> {
        let origin = draw_origin();
        let heard = Arc::default();
        let ear = Ear {
            shared: Arc::downgrade(shared),
            names: names.clone(),
            origin: origin.clone(),
            heard: Arc::clone(&heard),
        };
        let channels = Channels::open(client, move |heard| ear.hear(heard)).map_err(|error| {
            ConfigError::new("CONFIG_RUNTIME", "runtime", error, "a tokio runtime with I/O and time")
        })?;
        let publisher = Publisher::new(Arc::clone(&link));
        Ok(Arc::new(Self { publisher, link, names, origin, sent: AtomicU64::new(0), channels, heard }))
    }

    pub(super) fn send(&self, message: &Message) -> Sending {
        self.publisher.publish(|| {
            let number = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
            let text = sealed(&Envelope { origin: &self.origin, number, json: &message.json });
            (self.names.channel(&message.topic), text)
        })
    }

    /// Waits until messages of a topic, or of a pattern, are heard.
    pub(super) async fn hear(self: &Arc<Self>, pattern: &str) -> Result<Heard, StoreError> {
        let (heard, in_force) = self.begin(pattern);
        match tokio::time::timeout(self.link.timeout(), in_force).await {
            Ok(Ok(())) => Ok(heard),
            Ok(Err(_)) => Err(StoreError::Unavailable),
            Err(_) => Err(StoreError::Timeout(self.link.timeout())),
        }
    }

    /// What this gives ends the subscription when it is dropped, also by whoever gives up waiting.
    fn begin(self: &Arc<Self>, pattern: &str) -> (Heard, oneshot::Receiver<()>) {
        let topic = self.topic(pattern);
        let mut heard = lock(&self.heard);
        let subscribed = heard.entry(topic.clone()).or_default();
        pattern.clone_into(&mut subscribed.pattern);
        subscribed.subscriptions += 1;
        // Under the lock: whoever is the last to leave removes it before this, or not at all.
        let in_force = self.channels.add(topic.clone());
        (Heard { others: Arc::clone(self), topic }, in_force)
    }

    fn topic(&self, pattern: &str) -> Topic {
        if pattern.contains('*') {
            Topic::Pattern(self.names.pattern(pattern))
        } else {
            Topic::Channel(self.names.channel(pattern))
        }
    }
}

/// A topic or pattern that is heard until this is dropped.
pub(super) struct Heard {
    others: Arc<OtherProcesses>,
    topic: Topic,
}

impl Drop for Heard {
    fn drop(&mut self) {
        let mut heard = lock(&self.others.heard);
        let Some(subscribed) = heard.get_mut(&self.topic) else { return };
        subscribed.subscriptions -= 1;
        if subscribed.subscriptions == 0 {
            heard.remove(&self.topic);
            self.others.channels.remove(self.topic.clone());
        }
    }
}

fn lock(heard: &Mutex<AllHeard>) -> MutexGuard<'_, AllHeard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What listens to other processes.
struct Ear {
    shared: Weak<Shared>,
    names: ChannelNames,
    origin: String,
    heard: Arc<Mutex<AllHeard>>,
}

impl Ear {
    fn hear(&self, heard: redis::Heard) {
        let Some(shared) = self.shared.upgrade() else { return };
        match heard {
            redis::Heard::Message { topic, channel, text } => self.receive(&shared, &topic, &channel, &text),
            redis::Heard::Up => {
                tracing::info!("a bus hears other processes again");
                shared.tell_reconnected();
            }
            redis::Heard::Down(error) => tracing::warn!(code = error.code(), "a bus does not hear others: {error}"),
        }
    }

    fn receive(&self, shared: &Shared, topic: &Topic, channel: &str, text: &str) {
        let envelope = opened(text).filter(|envelope| is_short(envelope.json));
        let (Some(envelope), Some(to)) = (envelope, self.names.topic(channel)) else { return shared.count_broken() };
        if envelope.origin == self.origin {
            return;
        }
        let Some(pattern) = self.new_for(topic, &envelope) else { return };
        let message = Arc::new(Message { topic: to.to_owned(), json: envelope.json.to_owned() });
        shared.deliver_to(&message, &pattern);
    }

    /// Whose message it is, unless it has come before.
    fn new_for(&self, topic: &Topic, envelope: &Envelope<'_>) -> Option<String> {
        let mut heard = lock(&self.heard);
        let subscribed = heard.get_mut(topic)?;
        subscribed.is_new(envelope).then(|| subscribed.pattern.clone())
    }
}

impl Subscribed {
    fn is_new(&mut self, envelope: &Envelope<'_>) -> bool {
        if let Some(last) = self.seen.get_mut(envelope.origin) {
            let is_new = envelope.number > *last;
            *last = envelope.number.max(*last);
            return is_new;
        }
        if self.seen.len() >= MAX_ORIGINS {
            self.seen.clear();
        }
        self.seen.insert(envelope.origin.to_owned(), envelope.number);
        true
    }
}

/// As many characters as Node.js counts.
fn is_short(json: &str) -> bool {
    json.len() <= Bus::MAX_DATA || json.encode_utf16().nth(Bus::MAX_DATA).is_none()
}

impl Shared {
    fn deliver_to(&self, message: &Arc<Message>, pattern: &str) {
        let wakers = self.lock().deliver(message, |subscribed| subscribed == pattern);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn tell_reconnected(&self) {
        let wakers: Vec<_> = {
            let mut state = self.lock();
            let subscribers = state.subscribers.values_mut();
            subscribers
                .filter_map(|subscriber| {
                    subscriber.reconnected = true;
                    subscriber.waker.take()
                })
                .collect()
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for OtherProcesses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtherProcesses").field("names", &self.names).finish_non_exhaustive()
    }
}
