//! A cluster of three nodes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tollgate::{Algorithm, Policy, RedisRateLimiter, Source};

use crate::server::{Server, until};

const LAST_SLOT: u32 = 16_383;

/// Three nodes that know each other and have all slots among them.
pub(crate) async fn cluster() -> Vec<Server> {
    static NODES: AtomicUsize = AtomicUsize::new(0);
    let mut nodes = Vec::new();
    for _ in 0..3 {
        let file = format!("nodes-{}-{}.conf", std::process::id(), NODES.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().display().to_string();
        let settings = ["--cluster-enabled", "yes", "--cluster-config-file", &file, "--dir", &directory];
        nodes.push(Server::start_with(&settings).await);
        let _ = std::fs::remove_file(std::env::temp_dir().join(file));
    }
    for (i, node) in (0..).zip(&nodes) {
        let slots = [LAST_SLOT * i / 3 + u32::from(i > 0), LAST_SLOT * (i + 1) / 3].map(|slot| slot.to_string());
        let _: () = node.ask(&["CLUSTER", "ADDSLOTSRANGE", &slots[0], &slots[1]]);
        let _: () = node.ask(&["CLUSTER", "MEET", "127.0.0.1", &nodes[0].port().to_string()]);
    }
    for node in &nodes {
        for _ in 0..1_000 {
            let info: String = node.ask(&["CLUSTER", "INFO"]);
            if info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    nodes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_limits_every_key_and_a_node_that_fails_fails_its_own() {
    let mut nodes = cluster().await;
    let policy = Policy::per_hour(3).algorithm(Algorithm::TokenBucket).named("api");
    let builder = RedisRateLimiter::builder(policy).store_timeout(Duration::from_secs(5));
    let limiter = builder.clone().connect(&nodes[0].url()).await.expect("valid");
    let _ = until(Source::Store, &limiter, "probe").await;
    let check = |i: u64| {
        let limiter = limiter.clone();
        tokio::spawn(async move { limiter.check(i % 200).await })
    };
    let running: Vec<_> = (0..1_000).map(check).collect();
    let mut allowed = 0;
    for one in running {
        let decision = one.await.expect("no panic");
        assert!(matches!(decision.source, Source::Store | Source::Cache), "{:?}", decision.source);
        allowed += u32::from(decision.allowed);
    }
    assert_eq!(allowed, 600);
    assert!(nodes.iter().all(|node| node.ask::<i64>(&["DBSIZE"]) > 10));

    let builder = builder.store_timeout(Duration::from_millis(300));
    let limiter = builder.connect(&nodes[0].url()).await.expect("valid");
    let _ = until(Source::Store, &limiter, "probe").await;
    let _: () = nodes[0].ask(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    let _: () = nodes[1].ask(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    nodes[2].kill();
    let mut sources = Vec::new();
    for i in 0..60_u64 {
        sources.push(limiter.check(("after", i)).await.source);
    }
    assert!(sources.contains(&Source::Open) && sources.contains(&Source::Store), "{sources:?}");
}
