//! Settings that cannot work.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
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

/// A way to a server on which its version reads as an older one, as long as the true one.
async fn with_version(server: &Server, older: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("redis://{}/", listener.local_addr().expect("an address"));
    let port = server.port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", port)).await.expect("the server");
            tokio::spawn(carry(client, server, older));
        }
    });
    url
}

async fn carry(client: TcpStream, server: TcpStream, older: &'static str) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut piece = vec![0; 65_536];
    while let Ok(length @ 1..) = from_server.read(&mut piece).await {
        let field = b"redis_version:";
        if let Some(at) = piece[..length].windows(field.len()).position(|bytes| bytes == field) {
            let from = at + field.len();
            piece[from..from + older.len()].copy_from_slice(older.as_bytes());
        }
        if to_client.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_server_that_is_too_old_is_an_error_that_says_so() {
    let server = Server::start().await;
    let version: String = server.ask(&["INFO", "server"]);
    let length = version.split_once("redis_version:").expect("a version").1.lines().next().expect("a line").len();
    let older = &"6.2.14-0000000000"[..length];
    let url = with_version(&server, older).await;
    let patient = builder().store_timeout(Duration::from_secs(20));
    let error = patient.connect(&url).await.expect_err("refused");
    assert_eq!((error.code(), error.field()), ("CONFIG_REDIS", "url"));
    assert!(error.to_string().contains(older) && error.to_string().contains("7.0"), "{error}");
}
