//! What batching stands beside: the same script over the same kind of connection, one call for each decision.

use std::error::Error;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use redis::{Client, Value};
use tollgate_core::store::{Op, Script, StoreConfig, StoredLimiter, escape_bytes};
use tollgate_core::{Cost, LimiterConfig, Policy, Request};

/// A limiter that sends every decision by itself.
#[derive(Clone)]
pub(crate) struct Plain {
    connection: MultiplexedConnection,
    terms: Arc<Terms>,
}

struct Terms {
    limiter: StoredLimiter,
    script: Script,
    sha1: String,
    head: Vec<String>,
}

impl Plain {
    pub(crate) async fn connect(url: &str, policy: Policy) -> Result<Self, Box<dyn Error>> {
        let config = LimiterConfig { policies: vec![policy], ..LimiterConfig::default() };
        let limiter =
            StoredLimiter::new(StoreConfig { limiter: config, name: "plain".into(), prefix: "bench".into() })?;
        let mut connection = Client::open(url)?.get_multiplexed_async_connection().await?;
        let script = limiter.usual_script();
        let sha1: String = redis::cmd("SCRIPT").arg("LOAD").arg(script.source()).query_async(&mut connection).await?;
        let head = limiter.head(script);
        Ok(Self { connection, terms: Arc::new(Terms { limiter, script, sha1, head }) })
    }

    /// Whether a call may go.
    pub(crate) async fn check(&self, key: &str) -> Result<bool, Box<dyn Error>> {
        let Terms { limiter, script, sha1, head } = &*self.terms;
        let request = Request::from(Cost::All(1));
        let part = limiter.part(Op::Consume, &escape_bytes(key.as_bytes()), request);
        let mut command = redis::cmd("EVALSHA");
        command.arg(sha1).arg(part.keys.len()).arg(&part.keys).arg(head).arg(&part.arg);
        let reply: Vec<i64> = match command.query_async(&mut self.connection.clone()).await? {
            Value::Array(values) => values.iter().map(redis::from_redis_value_ref).collect::<Result<_, _>>()?,
            other => return Err(format!("{other:?} is no reply of the script").into()),
        };
        let (at, words) = reply.split_first().ok_or("an empty reply")?;
        let decision = limiter.decision(*script, Op::Consume, request, *at, words);
        Ok(decision.map_err(|_| "no decision")?.allowed)
    }
}
