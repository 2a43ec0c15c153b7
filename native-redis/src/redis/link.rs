//! The way to a store: its connection, made anew when it breaks, and what has been learnt about it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use redis::{Client, RedisError, Value};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tollgate_core::store::{PARTITIONS, Script};
use tollgate_core::{Ask, Breaker, BreakerConfig};

use super::error::StoreError;
use super::wire::Wire;
use crate::clock::{Clock, MonotonicClock};
use crate::seed::random_number;
use crate::span::timestamp;

/// How long after its deadline an answer is still of interest, as a sign of life.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that is being made, or was; or why it could not.
type Slot = Arc<OnceCell<Result<Wire, StoreError>>>;

/// What all calls to one store share.
pub(crate) struct Link {
    client: Client,
    slot: Mutex<Slot>,
    /// One for a single server; for a cluster, of which nodes fail by themselves, one for each partition.
    breakers: Vec<Mutex<Breaker>>,
    timeout: Duration,
}

/// A call of a script.
#[derive(Clone, Debug)]
pub(crate) struct ScriptCall {
    pub(super) source: &'static str,
    /// What Redis calls it.
    pub(super) digest: &'static str,
    pub(super) keys: Vec<String>,
    pub(super) args: Vec<String>,
}

impl Link {
    pub(super) fn new(client: Client, timeout: Duration) -> Self {
        let breakers = (0..PARTITIONS).map(|_| Mutex::new(new_breaker())).collect();
        Self { client, slot: Mutex::default(), breakers, timeout }
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The partition that calls of this one belong to: in a cluster itself, else the first. While nobody knows what the
    /// store is, it is taken for a cluster.
    pub(super) fn group(&self, partition: u32) -> u32 {
        if self.is_one_server() { 0 } else { partition }
    }

    /// Whether the store is known to be a single server.
    pub(super) fn is_one_server(&self) -> bool {
        matches!(self.lock_slot().get(), Some(Ok(wire)) if !wire.is_cluster())
    }

    /// Whether the store is a cluster; `None` while nobody knows.
    #[cfg(feature = "presence")]
    pub(crate) fn is_cluster(&self) -> Option<bool> {
        self.lock_slot().get().and_then(|opened| opened.as_ref().ok().map(Wire::is_cluster))
    }

    /// Begins to connect, where nobody has, and waits for it at most for the store's timeout.
    pub(crate) async fn connect(self: &Arc<Self>) -> Result<(), StoreError> {
        let _runtime = Handle::try_current().map_err(|_| StoreError::NoRuntime)?;
        match tokio::time::timeout(self.timeout, self.wire()).await {
            Ok(opened) => opened.map(drop),
            Err(_) => Err(StoreError::Timeout(self.timeout)),
        }
    }

    /// Whether it is no use to ask: the store failed, and no probe is due.
    pub(super) fn is_closed_off(&self, group: u32) -> bool {
        let breaker = self.breaker(group);
        breaker.is_open() && breaker.poll_timeout().is_none_or(|probe| now() < probe)
    }

    /// Calls a script, unless the store is to be left alone. What `done` is told, it is told within the store's timeout
    /// from when the call was asked for; it is told exactly once, unless the runtime ends.
    pub(super) async fn call(
        self: &Arc<Self>,
        group: u32,
        call: ScriptCall,
        deadline: tokio::time::Instant,
        done: impl FnOnce(Result<Value, StoreError>),
    ) {
        let Some(mut asked) = Asked::new(self, group) else { return done(Err(StoreError::Unavailable)) };
        let mut answer = std::pin::pin!(self.round_trip(&call));
        if let Ok(answer) = tokio::time::timeout_at(deadline, answer.as_mut()).await {
            asked.ended(&answer);
            return done(answer);
        }
        if asked.timed_out() {
            self.abandon_made();
        }
        done(Err(StoreError::Timeout(self.timeout)));
        if let Ok(Ok(_)) = tokio::time::timeout(PATIENCE, answer).await {
            self.breaker(group).answered_late(now());
        }
    }

    async fn round_trip(self: &Arc<Self>, call: &ScriptCall) -> Result<Value, StoreError> {
        let (slot, mut wire) = self.wire().await?;
        let by_digest = call.command("EVALSHA", call.digest);
        let mut answer = wire.query(&by_digest).await;
        if answer.as_ref().is_err_and(|error| error.code() == Some("NOSCRIPT")) {
            answer = wire.query(&call.command("EVAL", call.source)).await;
        }
        if answer.as_ref().is_err_and(breaks_connection) {
            self.abandon(&slot);
        }
        Ok(answer?)
    }

    /// The connection, made by a task of its own: whoever waits for it may give up, and others find it.
    async fn wire(self: &Arc<Self>) -> Result<(Slot, Wire), StoreError> {
        let slot = Arc::clone(&self.lock_slot());
        if slot.get().is_none() {
            let (client, filled) = (self.client.clone(), Arc::clone(&slot));
            let patience = self.timeout + PATIENCE;
            let opening = async move { filled.get_or_init(|| open(&client, patience)).await.is_ok() };
            drop(Handle::try_current().map_err(|_| StoreError::NoRuntime)?.spawn(opening));
        }
        let patience = self.timeout + PATIENCE;
        let opened = slot.get_or_init(|| open(&self.client, patience)).await.clone();
        if opened.is_err() {
            self.abandon(&slot);
        }
        opened.map(|wire| (slot, wire))
    }

    /// The next call makes a new connection, if this is still the one in use.
    fn abandon(&self, slot: &Slot) {
        let mut current = self.lock_slot();
        if Arc::ptr_eq(&current, slot) {
            *current = Slot::default();
        }
    }

    /// [`Link::abandon`] for a connection that was made; one that is being made may take longer than a call.
    fn abandon_made(&self) {
        let mut current = self.lock_slot();
        if current.initialized() {
            *current = Slot::default();
        }
    }

    fn lock_slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::indexing_slicing, reason = "a group is a partition, and there is one for each")]
    fn breaker(&self, group: u32) -> MutexGuard<'_, Breaker> {
        self.breakers[(group % PARTITIONS) as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What Redis calls a script of limits; computed once.
fn digest(script: Script) -> &'static str {
    static DIGESTS: OnceLock<Vec<(Script, String)>> = OnceLock::new();
    let digests = DIGESTS.get_or_init(|| Script::ALL.map(|script| (script, script.sha1())).into());
    digests.iter().find(|(known, _)| *known == script).map_or("", |(_, digest)| digest)
}

async fn open(client: &Client, patience: Duration) -> Result<Wire, StoreError> {
    Wire::open(client, patience).await
}

/// Whether a new connection may help: the old one is gone, or leads to a server that has become a replica.
fn breaks_connection(error: &RedisError) -> bool {
    error.is_unrecoverable_error() || error.is_io_error() || error.code() == Some("READONLY")
}

#[expect(clippy::expect_used, reason = "the default is valid")]
fn new_breaker() -> Breaker {
    Breaker::new(BreakerConfig { seed: random_number(), ..BreakerConfig::default() }).expect("valid")
}

fn now() -> tollgate_core::Timestamp {
    timestamp(MonotonicClock.now())
}

impl ScriptCall {
    /// A call of a script of limits.
    pub(super) fn of(script: Script, keys: Vec<String>, args: Vec<String>) -> Self {
        Self { source: script.source(), digest: digest(script), keys, args }
    }

    fn command(&self, name: &str, script: &str) -> redis::Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.args);
        command
    }
}

/// A call that a breaker let through. Its end is reported once, also when nobody waits for it any more.
struct Asked<'a> {
    link: &'a Link,
    group: u32,
    ask: Option<Ask>,
}

impl<'a> Asked<'a> {
    fn new(link: &'a Link, group: u32) -> Option<Self> {
        let ask = link.breaker(group).may_ask(now());
        (ask != Ask::No).then_some(Self { link, group, ask: Some(ask) })
    }

    fn ended(&mut self, answer: &Result<Value, StoreError>) {
        let Some(ask) = self.ask.take() else { return };
        let mut breaker = self.link.breaker(self.group);
        if answer.is_ok() { breaker.succeeded(ask, now()) } else { breaker.failed(ask, now()) }
    }

    /// Whether the store is to be left alone from now on.
    fn timed_out(&mut self) -> bool {
        let Some(ask) = self.ask.take() else { return false };
        let mut breaker = self.link.breaker(self.group);
        breaker.failed(ask, now());
        breaker.is_open()
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.timed_out();
    }
}
