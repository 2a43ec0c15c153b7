//! Settings that cannot work.

use std::time::Duration;

use tollgate::{ConfigError, OnStoreError, Policy, RedisRateLimiter, RedisRateLimiterBuilder, Source};

use crate::server::Server;

fn builder() -> RedisRateLimiterBuilder {
    RedisRateLimiter::builder(Policy::per_hour(1))
}

async fn error_of(builder: RedisRateLimiterBuilder, url: &str) -> (&'static str, String) {
    let error: ConfigError = builder.connect(url).await.expect_err("cannot work");
    (error.code(), error.field().to_owned())
}

#[tokio::test]
async fn an_error_names_what_is_wrong() {
    let url = &Server::reserved(&[]).url();
    let limited = |code: &'static str, field: &str| (code, field.to_owned());
    for bad in ["", "127.0.0.1", "http://127.0.0.1/", "redis://"] {
        assert_eq!(error_of(builder(), bad).await, limited("CONFIG_REDIS", "url"), "{bad}");
    }
    for bad in [Duration::ZERO, Duration::from_secs(61)] {
        let wanted = limited("CONFIG_STORE_TIMEOUT", "store_timeout");
        assert_eq!(error_of(builder().store_timeout(bad), url).await, wanted);
    }
    let wanted = limited("CONFIG_DENIAL_CACHE", "denial_cache");
    assert_eq!(error_of(builder().denial_cache(Duration::from_secs(61)), url).await, wanted);
    assert_eq!(error_of(builder().prefix("a{b}"), url).await, limited("CONFIG_PREFIX", "prefix"));
    assert_eq!(error_of(builder().name(""), url).await, limited("CONFIG_NAME", "name"));
    for share in [0.0, 1.1, f64::NAN] {
        let local = builder().on_store_error(OnStoreError::Local { share });
        assert_eq!(error_of(local, url).await, limited("CONFIG_LOCAL_SHARE", "on_store_error.share"));
    }
    assert_eq!(error_of(RedisRateLimiter::builder(Policy::per_hour(0)), url).await, limited("CONFIG_LIMIT", "limit"));
}

#[tokio::test]
async fn a_wrong_password_is_an_error_that_does_not_tell_it() {
    let server = Server::start_with(&["--requirepass", "right"]).await;
    let url = server.url().replace("redis://", "redis://:hunter2@");
    let error = builder().connect(&url).await.expect_err("refused");
    assert_eq!(error.code(), "CONFIG_REDIS");
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert!(error.value().contains("WRONGPASS") || error.value().contains("assword"), "{error}");
    let url = server.url().replace("redis://", "redis://:right@");
    let limiter = builder().store_timeout(Duration::from_secs(20)).connect(&url).await.expect("valid");
    assert_eq!(limiter.check("ann").await.source, Source::Store);
}

#[tokio::test]
async fn no_two_limiters_share_their_counts_by_accident() {
    let url = &Server::reserved(&[]).url();
    let unnamed = builder().connect(url).await.expect("the only one");
    assert_eq!(error_of(builder(), url).await, ("CONFIG_NAME", "name".to_owned()));
    drop(unnamed);
    let named = builder().name("api").connect(url).await.expect("free again");
    let same = RedisRateLimiter::connect(url, Policy::per_hour(1)).await.expect("another place");
    let shared = builder().name("api").connect(url).await.expect("the same policies");
    assert_eq!((named.name(), shared.name(), same.name()), ("api", "api", "default"));
    let other = RedisRateLimiter::builder(Policy::per_hour(2)).name("api");
    assert_eq!(error_of(other.clone(), url).await, ("CONFIG_NAME", "name".to_owned()));
    other.prefix("elsewhere").connect(url).await.expect("another prefix");
    let by_policy = RedisRateLimiter::connect(url, Policy::per_hour(1).named("search")).await.expect("another name");
    assert_eq!(by_policy.name(), "search");
}
