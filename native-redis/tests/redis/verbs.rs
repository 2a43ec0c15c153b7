//! What a limiter over Redis can be asked.

use std::time::Duration;

use tollgate::{AnyRateLimiter, Cost, Policies, Policy, RedisRateLimiter, RedisRateLimiterBuilder, RetryAfter, Source};

use crate::server::{Server, until};

fn builder(policies: impl Into<Policies>) -> RedisRateLimiterBuilder {
    RedisRateLimiter::builder(policies).name("api").store_timeout(Duration::from_secs(20))
}

#[tokio::test]
async fn a_decision_tells_what_redis_counted() {
    let server = Server::start().await;
    let policies = [Policy::per_hour(2).named("hour"), Policy::per_day(10).named("day")];
    let limiter = builder(policies).connect(&server.url()).await.expect("valid");
    let decision = limiter.check("ann").await;
    assert_eq!((decision.limit, decision.remaining, decision.policy_name()), (2, 1, "hour"));
    assert_eq!(decision.policies().map(|state| state.remaining).collect::<Vec<_>>(), [1, 9]);
    assert_eq!(
        limiter.check_n("ann", [0, 8]).await.policies().map(|state| state.remaining).collect::<Vec<_>>(),
        [1, 1]
    );
    let denied = limiter.check_n("ann", [1, 2]).await;
    assert_eq!(denied.violated().collect::<Vec<_>>(), ["day"]);
    assert_eq!(limiter.check_n("ann", [3, 0]).await.retry_after, RetryAfter::Never);
}

#[tokio::test]
async fn costs_are_settled_to_what_they_were() {
    let server = Server::start().await;
    let policies = [Policy::per_hour(10).named("calls"), Policy::per_hour(1_000).burst(1_000).named("tokens")];
    let limiter = builder(policies).connect(&server.url()).await.expect("valid");
    let estimate = limiter.check_n("ann", [1, 400]).await;
    limiter.settle("ann", estimate, [1, 150]).await.expect("told");
    let left: Vec<u64> = limiter.peek("ann").await.policies().map(|state| state.remaining).collect();
    assert_eq!(left[0], 9);
    assert!((850..900).contains(&left[1]), "{left:?}");
}

#[tokio::test]
async fn a_refusal_is_remembered_until_the_key_is_reset() {
    let server = Server::start().await;
    let limiter = builder(Policy::per_hour(1)).denial_cache(Duration::from_secs(60)).connect(&server.url()).await;
    let limiter = limiter.expect("valid");
    assert!(limiter.check("ann").await.allowed);
    assert_eq!(limiter.check("ann").await.source, Source::Store);
    let calls = server.calls_of("evalsha") + server.calls_of("eval");
    for _ in 0..10 {
        let decision = limiter.check("ann").await;
        assert_eq!((decision.allowed, decision.source), (false, Source::Cache));
    }
    assert_eq!(server.calls_of("evalsha") + server.calls_of("eval"), calls);
    assert_eq!(limiter.check_n("ann", Cost::ONE.limits([5])).await.source, Source::Store);
    limiter.reset("ann").await.expect("told");
    let decision = limiter.check("ann").await;
    assert_eq!((decision.allowed, decision.source), (true, Source::Store));
}

#[tokio::test]
async fn a_refund_makes_room_and_refusals_are_no_longer_remembered() {
    let server = Server::start().await;
    let limiter = builder(Policy::per_hour(1)).connect(&server.url()).await.expect("valid");
    let decision = limiter.check("ann").await;
    assert!(!limiter.check("ann").await.allowed);
    limiter.refund("ann", decision).await.expect("told");
    assert!(limiter.check("ann").await.allowed);
    assert_eq!(limiter.check("ann").await.source, Source::Store);
    assert_eq!(limiter.check("ann").await.source, Source::Store);
}

#[tokio::test]
async fn a_block_holds_in_every_process() {
    let server = Server::start().await;
    let here = builder(Policy::per_hour(9)).connect(&server.url()).await.expect("valid");
    let there = builder(Policy::per_hour(9)).connect(&server.url()).await.expect("valid");
    here.block("ann", Duration::from_secs(3_600)).await.expect("told");
    let decision = there.check("ann").await;
    assert!(decision.blocked() && !decision.allowed);
    assert!(there.check("bob").await.allowed);
}

#[tokio::test]
async fn any_key_is_a_key_of_its_own() {
    let server = Server::start().await;
    let limiter = builder(Policy::per_hour(1)).connect(&server.url()).await.expect("valid");
    let long = "x".repeat(5_000);
    let keys: [&[u8]; 9] =
        [b"", b"\0", b"{a}", b"a", b"%7Ba%7D", b"\xff", b"%FF", "é\u{1f980}".as_bytes(), long.as_bytes()];
    for key in keys {
        assert!(limiter.check(key).await.allowed, "{}", key.escape_ascii());
    }
    for key in keys {
        assert!(!limiter.check(key).await.allowed, "{}", key.escape_ascii());
    }
}

#[tokio::test]
async fn waiting_ends_when_there_is_room() {
    let server = Server::start().await;
    let limiter =
        builder("3 per 100ms".parse::<Policy>().expect("a rate")).connect(&server.url()).await.expect("valid");
    for _ in 0..10 {
        assert!(limiter.until_ready("ann").await.allowed);
    }
    assert_eq!(limiter.until_ready_n("ann", 4).await.retry_after, RetryAfter::Never);
}

#[tokio::test]
async fn what_is_given_up_before_it_is_sent_is_not_counted() {
    let server = Server::start().await;
    let limiter = builder(Policy::per_hour(9)).connect(&server.url()).await.expect("valid");
    let _ = until(Source::Store, &limiter, "bob").await;
    for _ in 0..5 {
        let given_up = limiter.check("ann");
        // Polled once: asked, and not yet sent.
        tokio::select! {
            biased;
            _ = given_up => panic!("answered at once"),
            () = std::future::ready(()) => {}
        }
    }
    assert_eq!(limiter.peek("ann").await.remaining, 9);
}

#[tokio::test]
async fn any_limiter_shares_where_there_is_a_store() {
    let memory = AnyRateLimiter::from_env("TOLLGATE_NO_SUCH_VARIABLE", Policy::per_hour(1)).await.expect("valid");
    assert_eq!(memory.check("ann").await.source, Source::Memory);
    let server = Server::start().await;
    let limiter = builder(Policy::per_hour(1)).connect(&server.url()).await.expect("valid");
    assert_eq!(AnyRateLimiter::from(limiter).check("ann").await.source, Source::Store);
    // A variable that holds no URL.
    let error = AnyRateLimiter::from_env("CARGO_PKG_NAME", Policy::per_hour(1)).await.expect_err("no URL");
    assert_eq!((error.code(), error.field()), ("CONFIG_REDIS", "url"));
}
