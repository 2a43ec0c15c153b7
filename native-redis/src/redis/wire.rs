//! A connection to one server or to a cluster.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::cluster::ClusterClientBuilder;
use redis::cluster_async::ClusterConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisResult, Value};

use super::error::StoreError;

/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How often the cluster's client may follow a call to another node, or ask again after an error.
const CLUSTER_RETRIES: u32 = 2;

/// A connection that any number of calls share.
#[derive(Clone)]
pub(super) enum Wire {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Wire {
    /// Connects, and finds out whom to. An answer later than `patience` is not waited for.
    pub(super) async fn open(client: &Client, patience: Duration) -> Result<Self, StoreError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_response_timeout(Some(patience));
        let mut one = client.get_multiplexed_async_connection_with_config(&config).await?;
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut one).await?;
        let told = |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
        if let Some(version) = told("redis_version").filter(|version| major(version) < OLDEST) {
            return Err(StoreError::Version(version.to_owned()));
        }
        if told("redis_mode") != Some("cluster") {
            return Ok(Self::One(one));
        }
        let cluster = ClusterClientBuilder::new([client.get_connection_info().clone()])
            .retries(CLUSTER_RETRIES)
            .connection_timeout(CONNECT_WITHIN)
            .response_timeout(patience)
            .build()?;
        Ok(Self::Cluster(cluster.get_async_connection().await?))
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    pub(super) async fn query(&mut self, command: &Cmd) -> RedisResult<Value> {
        match self {
            Self::One(wire) => command.query_async(wire).await,
            Self::Cluster(wire) => command.query_async(wire).await,
        }
    }
}

/// The oldest major version that knows what our scripts use.
const OLDEST: u32 = 7;

/// The first number of a version; what is none counts as new enough.
fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(OLDEST)
}
