//! Scripts of presence, and what they answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use ::redis::Value;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tollgate_core::roster::PresenceConfig;
use tollgate_core::store::presence::{Call, PresenceStore};

use crate::config_error::ConfigError;
use crate::redis::{Link, Place, StoreError};

/// Into how many slots of a cluster the rooms are spread: as many in all languages.
const CLUSTER_PARTITIONS: u32 = 16;

/// Asks Redis. Which keys a room has depends on whether that is a cluster, which nobody knows before a connection was made.
pub(super) struct Scripts {
    link: Arc<Link>,
    pub(super) runtime: Handle,
    of_one: PresenceStore,
    of_cluster: PresenceStore,
    is_cluster: OnceLock<bool>,
    /// Whether a failure has been told since the last answer.
    failing: AtomicBool,
}

impl Scripts {
    pub(super) fn new(
        link: Arc<Link>,
        runtime: Handle,
        config: &PresenceConfig,
        Place { name, prefix, .. }: &Place,
    ) -> Result<Arc<Self>, ConfigError> {
        let store = |partitions| PresenceStore::new(config.clone(), prefix, name, partitions);
        let (of_one, of_cluster) = (store(1)?, store(CLUSTER_PARTITIONS)?);
        let (is_cluster, failing) = (OnceLock::new(), AtomicBool::new(false));
        Ok(Arc::new(Self { link, runtime, of_one, of_cluster, is_cluster, failing }))
    }

    pub(super) fn timeout(&self) -> std::time::Duration {
        self.link.timeout()
    }

    /// What is the same wherever the rooms are: their channels.
    pub(super) fn channels(&self) -> &PresenceStore {
        &self.of_one
    }

    /// Where the rooms are.
    pub(super) async fn store(&self) -> Result<&PresenceStore, StoreError> {
        if self.is_cluster.get().is_none() {
            if self.link.is_cluster().is_none() {
                self.link.connect().await?;
            }
            let is_cluster = self.link.is_cluster().ok_or(StoreError::Unavailable)?;
            self.is_cluster.get_or_init(|| is_cluster);
        }
        Ok(if self.is_cluster.get() == Some(&true) { &self.of_cluster } else { &self.of_one })
    }

    /// Asks something of a room.
    pub(super) async fn ask_of(
        &self,
        room: &str,
        call: impl FnOnce(&PresenceStore) -> Call,
    ) -> Result<Value, StoreError> {
        let store = self.store().await?;
        self.ask(store.partition(room), call(store)).await
    }

    /// Runs a call in a partition.
    pub(super) async fn ask(&self, partition: u32, call: Call) -> Result<Value, StoreError> {
        let answer = self.link.ask(&self.runtime, partition, call).await;
        if answer.is_ok() {
            self.failing.store(false, Ordering::Relaxed);
        }
        answer
    }

    /// Says once, until Redis answers again, that it did not.
    pub(super) fn failed(&self, error: &StoreError) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::warn!(code = error.code(), "presence is not kept in Redis: {error}");
        }
    }
}

/// An answer that is a number.
pub(super) fn number(answer: &Value) -> Result<i64, StoreError> {
    if let Value::Int(number) = answer { Ok(*number) } else { Err(StoreError::Protocol) }
}

/// An answer that is a list of numbers.
pub(super) fn numbers(answer: &Value) -> Result<Vec<i64>, StoreError> {
    list(answer)?.iter().map(number).collect()
}

/// An answer that is a list of texts.
pub(super) fn texts(answer: &Value) -> Result<Vec<&str>, StoreError> {
    list(answer)?.iter().map(text).collect()
}

fn text(answer: &Value) -> Result<&str, StoreError> {
    let Value::BulkString(bytes) = answer else { return Err(StoreError::Protocol) };
    std::str::from_utf8(bytes).map_err(|_| StoreError::Protocol)
}

fn list(answer: &Value) -> Result<&[Value], StoreError> {
    if let Value::Array(items) = answer { Ok(items) } else { Err(StoreError::Protocol) }
}

/// Does `work` for each item, so many at a time.
pub(super) async fn in_lanes<I, F>(items: impl IntoIterator<Item = I>, lanes: usize, work: impl Fn(I) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut out = JoinSet::new();
    for item in items {
        if out.len() >= lanes {
            drop(out.join_next().await);
        }
        out.spawn(work(item));
    }
    while out.join_next().await.is_some() {}
}
