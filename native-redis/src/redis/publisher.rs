//! Messages on their way to Redis, in their order.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::error::StoreError;
use super::link::{Link, ScriptCall};

/// Messages of one call at most, and how many bytes end one.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 262_144;

/// One call publishes all that wait: their order is kept, and they cost few calls.
const SOURCE: &str = "local reached = {} \
    for i = 1, #ARGV, 2 do reached[#reached + 1] = redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end return reached";
/// SHA-1 of `SOURCE`, as Redis computes it.
const DIGEST: &str = "e1da13b012c9810e1c7753d6e874bef0c0ca0063";

/// Publishes in the order of calls.
pub(crate) struct Publisher {
    link: Arc<Link>,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Outgoing>,
    /// Whether there is a task that sends.
    sending: bool,
}

struct Outgoing {
    channel: String,
    text: String,
    sent: oneshot::Sender<Reached>,
}

/// How many subscribers a message has reached; `None` where that is not known.
type Reached = Result<Option<u64>, StoreError>;

impl Publisher {
    pub(crate) fn new(link: Arc<Link>) -> Arc<Self> {
        Arc::new(Self { link, queue: Mutex::default() })
    }

    /// Puts a message behind those before it. `write` gives its channel and text, and is called under the queue's lock:
    /// what it counts is in the order of the messages.
    pub(crate) fn publish(self: &Arc<Self>, write: impl FnOnce() -> (String, String)) -> Sending {
        let timeout = self.link.timeout();
        let deadline = Instant::now() + timeout;
        let (sent, told) = oneshot::channel();
        let Ok(runtime) = Handle::try_current() else {
            drop(sent.send(Err(StoreError::NoRuntime)));
            return Sending { told, timeout, deadline };
        };
        let mut queue = self.lock();
        let (channel, text) = write();
        queue.waiting.push_back(Outgoing { channel, text, sent });
        if !std::mem::replace(&mut queue.sending, true) {
            let turn = Turn { publisher: Arc::clone(self) };
            drop(runtime.spawn(turn.send()));
        }
        Sending { told, timeout, deadline }
    }

    /// The next messages that anybody still waits for; where there are none, nobody sends any more.
    fn take(&self) -> Vec<Outgoing> {
        let mut queue = self.lock();
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH && bytes < BATCH_BYTES {
            let Some(next) = queue.waiting.pop_front() else { break };
            if !next.sent.is_closed() {
                bytes += next.text.len();
                batch.push(next);
            }
        }
        queue.sending = !batch.is_empty();
        batch
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message on its way.
pub(crate) struct Sending {
    told: oneshot::Receiver<Reached>,
    timeout: Duration,
    deadline: Instant,
}

impl Sending {
    /// Whether Redis has taken it, within the store's timeout. What is not waited for is not sent, if it is not out yet.
    #[cfg(feature = "presence")]
    pub(crate) async fn arrived(self) -> Result<(), StoreError> {
        self.reached().await.map(drop)
    }

    /// [`Sending::arrived`], and how many subscribers it has reached. (A cluster counts those of one node only: then
    /// `None`.)
    pub(crate) async fn reached(self) -> Reached {
        match tokio::time::timeout_at(self.deadline, self.told).await {
            Ok(Ok(answer)) => answer,
            // The task that sends has ended with its runtime.
            Ok(Err(_)) => Err(StoreError::Unavailable),
            Err(_) => Err(StoreError::Timeout(self.timeout)),
        }
    }
}

/// The task that sends, until nothing waits.
struct Turn {
    publisher: Arc<Publisher>,
}

impl Turn {
    async fn send(self) {
        loop {
            let batch = self.publisher.take();
            if batch.is_empty() {
                return;
            }
            let link = &self.publisher.link;
            let (args, sent): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|one| ([one.channel, one.text], one.sent)).unzip();
            let args = args.into_iter().flatten().collect();
            let call = ScriptCall { source: SOURCE, digest: DIGEST, keys: Vec::new(), args };
            let (told, answered) = oneshot::channel();
            let tell = |answer: Result<Value, StoreError>| drop(told.send(answer));
            link.call(0, call, Instant::now() + link.timeout(), tell).await;
            let answer = answered.await.unwrap_or(Err(StoreError::Unavailable));
            let counts = answer.map(|value| if link.is_one_server() { counts(&value) } else { Vec::new() });
            for (i, sent) in sent.into_iter().enumerate() {
                drop(sent.send(counts.as_ref().map(|counts| counts.get(i).copied()).map_err(StoreError::clone)));
            }
        }
    }
}

/// How many each message has reached, in their order.
fn counts(answer: &Value) -> Vec<u64> {
    let Value::Array(counts) = answer else { return Vec::new() };
    let count = |count: &Value| if let Value::Int(count) = count { u64::try_from(*count).ok() } else { None };
    counts.iter().map_while(count).collect()
}

impl Drop for Turn {
    /// Its runtime may have ended while something waits: that is not sent, and the next message starts another task.
    fn drop(&mut self) {
        let left = {
            let mut queue = self.publisher.lock();
            queue.sending = false;
            std::mem::take(&mut queue.waiting)
        };
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_script() {
        assert_eq!(redis::Script::new(SOURCE).get_hash(), DIGEST);
    }
}
