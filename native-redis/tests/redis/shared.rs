//! One limit for many.

use std::time::Duration;

use tollgate::{Algorithm, Decision, Policy, RedisRateLimiter, Source};

use crate::server::Server;

async fn limiter(server: &Server, policy: Policy) -> RedisRateLimiter {
    // Slow machines are not failing stores.
    let builder = RedisRateLimiter::builder(policy).store_timeout(Duration::from_secs(20));
    builder.connect(&server.url()).await.expect("valid")
}

/// What `tasks` tasks, each on one of `limiters`, are told in `calls` calls each.
async fn hammer(limiters: &[RedisRateLimiter], tasks: usize, calls: usize) -> Vec<Decision> {
    let task = |i: usize| {
        let limiter = limiters[i % limiters.len()].clone();
        tokio::spawn(async move {
            let mut decisions = Vec::new();
            for _ in 0..calls {
                decisions.push(limiter.check("ann").await);
            }
            decisions
        })
    };
    let running: Vec<_> = (0..tasks).map(task).collect();
    let mut all = Vec::new();
    for one in running {
        all.extend(one.await.expect("no panic"));
    }
    all
}

fn allowed(decisions: &[Decision]) -> usize {
    decisions.iter().filter(|decision| decision.allowed).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_limiters_admit_exactly_one_limit() {
    for algorithm in Algorithm::ALL {
        let server = Server::start().await;
        let policy = Policy::per_hour(500).algorithm(algorithm).named("api");
        let limiters = [limiter(&server, policy).await, limiter(&server, policy).await];
        let decisions = hammer(&limiters, 8, 200).await;
        assert_eq!(allowed(&decisions), 500, "{algorithm:?}");
        assert!(decisions.iter().all(|decision| matches!(decision.source, Source::Store | Source::Cache)));
    }
}

#[tokio::test]
async fn decisions_travel_together() {
    let server = Server::start().await;
    for policy in [Policy::per_hour(9_000), Policy::per_hour(9_000).algorithm(Algorithm::TokenBucket)] {
        let limiter = limiter(&server, policy.named(policy_name(policy))).await;
        let _ = limiter.check("bob").await;
        let _: () = server.ask(&["CONFIG", "RESETSTAT"]);
        let decisions = hammer(std::slice::from_ref(&limiter), 500, 4).await;
        assert_eq!(allowed(&decisions), 2_000);
        let calls = server.calls_of("evalsha");
        assert!(calls > 0 && calls < 400, "{calls} calls for 2,000 decisions");
    }
}

fn policy_name(policy: Policy) -> &'static str {
    if policy == Policy::per_hour(9_000) { "windows" } else { "buckets" }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_that_vanish_in_mid_load_are_sent_again() {
    let server = Server::start().await;
    let limiter = limiter(&server, Policy::per_hour(300).named("api")).await;
    let load = tokio::spawn(async move { hammer(&[limiter], 8, 100).await });
    while !load.is_finished() {
        let _: () = server.ask(&["SCRIPT", "FLUSH"]);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let decisions = load.await.expect("no panic");
    assert_eq!(allowed(&decisions), 300);
    assert!(decisions.iter().all(|decision| decision.source.is_counted()));
}

#[tokio::test]
async fn every_key_in_redis_expires() {
    let server = Server::start().await;
    for (name, algorithm) in
        [("a", Algorithm::FixedWindow), ("b", Algorithm::SlidingWindow), ("c", Algorithm::TokenBucket)]
    {
        let limiter = limiter(&server, Policy::per_minute(2).algorithm(algorithm).named(name)).await;
        let decision = limiter.check("ann {1} é").await;
        let _ = limiter.check("ann {1} é").await;
        let _ = limiter.check("ann {1} é").await;
        limiter.refund("ann {1} é", decision).await.expect("told");
        limiter.block("bob", Duration::from_secs(5)).await.expect("told");
        limiter.reset("cy").await.expect("told");
    }
    let keys: Vec<String> = server.ask(&["KEYS", "*"]);
    assert!(keys.len() >= 6, "{keys:?}");
    for key in keys {
        assert!(key.starts_with("{tollgate:"), "{key}");
        assert!(server.ask::<i64>(&["PTTL", &key]) > 0, "{key}");
    }
}
