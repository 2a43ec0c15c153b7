//! Redis is down, slow, restarting, or not there at boot.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tollgate::{OnStoreError, Policy, RedisRateLimiter, RedisRateLimiterBuilder, Source, StoreError};

use crate::server::{Server, until};

const POLICY: Policy = Policy::per_hour(5).named("api");

fn builder() -> RedisRateLimiterBuilder {
    // Slow machines are not failing stores.
    RedisRateLimiter::builder(POLICY).store_timeout(Duration::from_secs(3))
}

async fn allowed_by_store(limiter: &RedisRateLimiter, key: &str) -> usize {
    let mut allowed = 0;
    for _ in 0..20 {
        let decision = limiter.check(key).await;
        assert!(matches!(decision.source, Source::Store | Source::Cache), "{:?}", decision.source);
        allowed += usize::from(decision.allowed);
    }
    allowed
}

#[tokio::test]
async fn a_server_that_is_killed_and_restarted_fails_open_and_limits_again() {
    let mut server = Server::start().await;
    let limiter = builder().connect(&server.url()).await.expect("valid");
    assert_eq!(allowed_by_store(&limiter, "ann").await, 5);
    server.kill();
    for i in 0..50 {
        let decision = limiter.check(("stranger", i)).await;
        assert_eq!((decision.allowed, decision.source), (true, Source::Open));
    }
    assert!(matches!(limiter.reset("ann").await, Err(StoreError::Unavailable | StoreError::Connection(_))));
    server.run().await;
    let _ = until(Source::Store, &limiter, "probe").await;
    assert_eq!(allowed_by_store(&limiter, "ann").await, 5);
}

#[tokio::test]
async fn a_server_that_is_killed_in_mid_load_admits_nothing_more_in_its_name() {
    let mut server = Server::start().await;
    let limiter = builder().denial_cache(Duration::ZERO).connect(&server.url()).await.expect("valid");
    let load = |limiter: RedisRateLimiter| async move {
        let mut allowed = 0;
        for _ in 0..400 {
            let decision = limiter.check("ann").await;
            allowed += usize::from(decision.allowed && decision.source == Source::Store);
        }
        allowed
    };
    let running: Vec<_> = (0..8).map(|_| tokio::spawn(load(limiter.clone()))).collect();
    let _ = until(Source::Store, &limiter, "bob").await;
    server.kill();
    let mut allowed = 0;
    for one in running {
        allowed += one.await.expect("no panic");
    }
    assert!(allowed <= 5, "{allowed} by the store");
}

#[tokio::test]
async fn a_server_that_stands_still_is_not_waited_for_and_is_used_again_when_it_goes_on() {
    let server = Server::start().await;
    let patient = builder().connect(&server.url()).await.expect("valid");
    let limiter = builder().store_timeout(Duration::from_millis(200)).connect(&server.url()).await.expect("valid");
    let _ = until(Source::Store, &limiter, "bob").await;
    server.signal("-STOP");
    for _ in 0..20 {
        assert_eq!(limiter.check("ann").await.source, Source::Open);
    }
    server.signal("-CONT");
    let _ = until(Source::Store, &limiter, "bob").await;
    assert_eq!(allowed_by_store(&patient, "cy").await, 5);
}

#[tokio::test]
async fn a_server_that_is_not_there_at_boot_is_used_when_it_is() {
    let mut server = Server::reserved(&[]);
    let limiter = builder().connect(&server.url()).await.expect("valid");
    assert_eq!(limiter.check("ann").await.source, Source::Open);
    server.run().await;
    let _ = until(Source::Store, &limiter, "probe").await;
    assert_eq!(allowed_by_store(&limiter, "ann").await, 5);
}

#[tokio::test]
async fn without_a_store_a_limiter_may_refuse() {
    let server = Server::reserved(&[]);
    let limiter = builder().on_store_error(OnStoreError::Closed).connect(&server.url()).await.expect("valid");
    let decision = limiter.check("ann").await;
    assert_eq!((decision.allowed, decision.source), (false, Source::Closed));
    let denied = decision.into_result().expect_err("refused");
    assert!(denied.to_string().contains("could not be checked"), "{denied}");
    assert_eq!(limiter.peek("ann").await.source, Source::Closed);
}

#[cfg(feature = "tower")]
#[tokio::test]
async fn what_could_not_be_checked_is_answered_503() {
    let server = Server::reserved(&[]);
    let limiter = builder().on_store_error(OnStoreError::Closed).connect(&server.url()).await.expect("valid");
    let denied = limiter.check("ann").await.into_result().expect_err("refused");
    let response: http::Response<String> = denied.response(tollgate::Dialect::Draft11);
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"1".parse().expect("ASCII")));
    assert_eq!(response.headers().get("ratelimit"), None);
    assert!(response.body().contains("temporary-reduced-capacity"));
}

#[tokio::test]
async fn without_a_store_a_limiter_may_decide_by_itself() {
    let server = Server::reserved(&[]);
    let local = OnStoreError::Local { share: 0.5 };
    let limiter = builder().on_store_error(local).connect(&server.url()).await.expect("valid");
    let mut decisions = Vec::new();
    for _ in 0..4 {
        decisions.push(limiter.check("ann").await);
    }
    assert_eq!(decisions.iter().map(|decision| decision.allowed).collect::<Vec<_>>(), [true, true, false, false]);
    assert!(decisions.iter().all(|decision| decision.source == Source::Local && decision.limit == 2));
    limiter.refund("ann", decisions.remove(0)).await.expect("nobody to be told");
    assert_eq!(limiter.peek("ann").await.remaining, 1);
}

#[tokio::test]
async fn a_password_that_is_refused_later_is_an_outage() {
    let server = Server::start().await;
    let limiter = builder().connect(&server.url()).await.expect("valid");
    let _ = until(Source::Store, &limiter, "ann").await;
    let mut admin = server.connection();
    let () = redis::cmd("CONFIG").arg(&["SET", "requirepass", "secret"]).query(&mut admin).expect("done");
    let _: i64 =
        redis::cmd("CLIENT").arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"]).query(&mut admin).expect("done");
    let _ = until(Source::Open, &limiter, "ann").await;
    let () = redis::cmd("CONFIG").arg(&["SET", "requirepass", ""]).query(&mut admin).expect("done");
    let _ = until(Source::Store, &limiter, "ann").await;
}

#[tokio::test]
async fn a_value_that_is_not_ours_fails_one_key_alone() {
    let server = Server::start().await;
    let limiter = builder().connect(&server.url()).await.expect("valid");
    let _ = limiter.check("ann").await;
    let keys: Vec<String> = server.ask(&["KEYS", "*ann"]);
    let _: () = server.ask(&["DEL", &keys[0]]);
    let _: i64 = server.ask(&["LPUSH", &keys[0], "not ours"]);
    let (ann, bob) = tokio::join!(limiter.check("ann"), limiter.check("bob"));
    assert_eq!((ann.source, bob.source), (Source::Open, Source::Store));
}

#[test]
fn a_limiter_outlives_the_runtime_it_was_made_in() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (server, limiter) = runtime().block_on(async {
        let server = Server::start().await;
        let limiter = builder().connect(&server.url()).await.expect("valid");
        let _ = until(Source::Store, &limiter, "ann").await;
        (server, limiter)
    });
    {
        let mut outside = pin!(limiter.check("ann"));
        let Poll::Ready(decision) = outside.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("waits for a runtime that is not there")
        };
        assert_eq!(decision.source, Source::Open);
    }
    let _ = runtime().block_on(until(Source::Store, &limiter, "ann"));
    drop(server);
}
