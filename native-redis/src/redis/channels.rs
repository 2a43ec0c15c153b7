//! What others publish: classic pub/sub on a connection of its own, made anew when it breaks.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, Msg, RedisError, RedisResult};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::error::StoreError;

/// How long a connection may take to be made, and a subscription to be in force.
const PATIENCE: Duration = Duration::from_secs(5);
/// After how long a connection that could not be made is tried again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A connection that only listens would not notice that the other end is gone.
const PROBE_EVERY: Duration = Duration::from_secs(10);

/// What is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    Channel(String),
    /// As Redis reads it.
    Pattern(String),
}

/// What is told of the subscriptions, in order.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Something was published.
    Message { topic: Topic, channel: String, text: String },
    /// All subscriptions are in force again after a loss.
    Up,
    /// The connection was lost, or could not be made.
    Down(StoreError),
}

type Hear = Box<dyn FnMut(Heard) + Send>;
type InForce = oneshot::Sender<()>;

enum Wish {
    Add(Topic, InForce),
    Remove(Topic),
}

/// Subscriptions, renewed by themselves. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Channels {
    wishes: UnboundedSender<Wish>,
}

impl Channels {
    /// Opens no connection before the first subscription. `hear` is called by one task, and must not block.
    pub(crate) fn open(client: Client, hear: impl FnMut(Heard) + Send + 'static) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| StoreError::NoRuntime)?;
        let (wishes, granted) = unbounded_channel();
        let listening = Listening { client, wishes: granted, wanted: BTreeMap::new(), hear: Box::new(hear) };
        drop(runtime.spawn(listening.run()));
        Ok(Self { wishes })
    }

    /// Wants a subscription until it is removed; what this returns resolves when it is in force, and fails where the
    /// runtime has ended.
    pub(crate) fn add(&self, topic: Topic) -> oneshot::Receiver<()> {
        let (in_force, told) = oneshot::channel();
        drop(self.wishes.send(Wish::Add(topic, in_force)));
        told
    }

    pub(crate) fn remove(&self, topic: Topic) {
        drop(self.wishes.send(Wish::Remove(topic)));
    }
}

/// The task that listens.
struct Listening {
    client: Client,
    wishes: UnboundedReceiver<Wish>,
    /// And who waits for it to be in force.
    wanted: BTreeMap<Topic, Vec<InForce>>,
    hear: Hear,
}

/// Why a connection is used no longer.
enum End {
    /// Nobody wants anything any more.
    Over,
    Lost(StoreError),
}

impl Listening {
    async fn run(mut self) {
        let (mut pause, mut was_lost) = (FIRST_PAUSE, false);
        loop {
            if !self.has_something_to_do().await {
                return;
            }
            let lost = match self.connect().await {
                Ok((sink, stream)) => {
                    if std::mem::replace(&mut was_lost, false) {
                        (self.hear)(Heard::Up);
                    }
                    pause = FIRST_PAUSE;
                    match self.listen(sink, stream).await {
                        End::Over => return,
                        End::Lost(error) => error,
                    }
                }
                Err(error) => error,
            };
            was_lost = true;
            (self.hear)(Heard::Down(lost));
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits until anything is wanted; false where that will never be.
    async fn has_something_to_do(&mut self) -> bool {
        loop {
            let wish = match self.wishes.try_recv() {
                Err(TryRecvError::Empty) if !self.wanted.is_empty() => return true,
                Err(TryRecvError::Empty) => self.wishes.recv().await,
                known => known.ok(),
            };
            let Some(wish) = wish else { return false };
            self.note(wish);
        }
    }

    /// A connection with all subscriptions that are wanted by then.
    async fn connect(&mut self) -> Result<(PubSubSink, PubSubStream), StoreError> {
        let opened = timeout(PATIENCE, self.client.get_async_pubsub()).await;
        let (mut sink, stream) = opened.map_err(|_| StoreError::Timeout(PATIENCE))??.split();
        while let Ok(wish) = self.wishes.try_recv() {
            self.note(wish);
        }
        for (topic, waiting) in &mut self.wanted {
            subscribe(&mut sink, topic).await?;
            tell_all(waiting);
        }
        Ok((sink, stream))
    }

    async fn listen(&mut self, mut sink: PubSubSink, mut stream: PubSubStream) -> End {
        loop {
            let next = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx));
            let outcome = tokio::select! {
                message = next => match message {
                    Some(message) => {
                        self.tell(&message);
                        Ok(())
                    }
                    None => return End::Lost(RedisError::from(io::Error::from(io::ErrorKind::ConnectionReset)).into()),
                },
                wish = self.wishes.recv() => match wish {
                    Some(wish) => self.grant(&mut sink, wish).await,
                    None => return End::Over,
                },
                () = tokio::time::sleep(PROBE_EVERY) => probe(&mut sink).await,
            };
            if let Err(error) = outcome {
                return End::Lost(error);
            }
        }
    }

    /// What is none of our texts is passed over.
    fn tell(&mut self, message: &Msg) {
        let pattern = if message.from_pattern() { message.get_pattern::<String>().ok() } else { None };
        let (Ok(channel), Ok(text)) = (message.get_channel::<String>(), message.get_payload::<String>()) else {
            return;
        };
        let topic = pattern.map_or_else(|| Topic::Channel(channel.clone()), Topic::Pattern);
        (self.hear)(Heard::Message { topic, channel, text });
    }

    async fn grant(&mut self, sink: &mut PubSubSink, wish: Wish) -> Result<(), StoreError> {
        match wish {
            Wish::Add(topic, in_force) => {
                // Noted first: a new connection makes up for it.
                let waiting = self.wanted.entry(topic.clone()).or_default();
                waiting.push(in_force);
                subscribe(sink, &topic).await?;
                tell_all(self.wanted.entry(topic).or_default());
                Ok(())
            }
            Wish::Remove(topic) => {
                self.wanted.remove(&topic);
                unsubscribe(sink, &topic).await
            }
        }
    }

    fn note(&mut self, wish: Wish) {
        match wish {
            Wish::Add(topic, in_force) => self.wanted.entry(topic).or_default().push(in_force),
            Wish::Remove(topic) => drop(self.wanted.remove(&topic)),
        }
    }
}

fn tell_all(waiting: &mut Vec<InForce>) {
    for in_force in waiting.drain(..) {
        // Whoever does not wait any more need not know.
        let _ = in_force.send(());
    }
}

async fn subscribe(sink: &mut PubSubSink, topic: &Topic) -> Result<(), StoreError> {
    in_time(async {
        match topic {
            Topic::Channel(name) => sink.subscribe(name).await,
            Topic::Pattern(name) => sink.psubscribe(name).await,
        }
    })
    .await
}

async fn unsubscribe(sink: &mut PubSubSink, topic: &Topic) -> Result<(), StoreError> {
    in_time(async {
        match topic {
            Topic::Channel(name) => sink.unsubscribe(name).await,
            Topic::Pattern(name) => sink.punsubscribe(name).await,
        }
    })
    .await
}

async fn probe(sink: &mut PubSubSink) -> Result<(), StoreError> {
    in_time(async { sink.ping::<redis::Value>().await.map(drop) }).await
}

async fn in_time(asked: impl Future<Output = RedisResult<()>>) -> Result<(), StoreError> {
    timeout(PATIENCE, asked).await.map_err(|_| StoreError::Timeout(PATIENCE))?.map_err(StoreError::from)
}
