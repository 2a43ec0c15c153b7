//! Scripts of presence on their way to Redis.

use std::sync::{Arc, OnceLock};

use redis::Value;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tollgate_core::store::presence::{Call, PresenceScript};

use super::error::StoreError;
use super::link::{Link, ScriptCall};

impl Link {
    /// Runs a script, and answers within the store's timeout. A task of its own runs it: whoever asks may give up, which
    /// is no failure of the store.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        runtime: &Handle,
        partition: u32,
        call: Call,
    ) -> Result<Value, StoreError> {
        let deadline = Instant::now() + self.timeout();
        let (told, answered) = oneshot::channel();
        let (link, group) = (Arc::clone(self), self.group(partition));
        let Call { script, keys, args } = call;
        let call = ScriptCall { source: script.source, digest: digest(script), keys, args };
        let tell = |answer| drop(told.send(answer));
        drop(runtime.spawn(async move { link.call(group, call, deadline, tell).await }));
        // The runtime may have ended.
        answered.await.unwrap_or(Err(StoreError::Unavailable))
    }
}

/// What Redis calls a script; computed once.
fn digest(script: &PresenceScript) -> &'static str {
    static DIGESTS: OnceLock<Vec<(&str, String)>> = OnceLock::new();
    let digests = DIGESTS.get_or_init(|| PresenceScript::all().map(|script| (script.name, script.sha1())).into());
    digests.iter().find(|(known, _)| *known == script.name).map_or("", |(_, digest)| digest)
}
