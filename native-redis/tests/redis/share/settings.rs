//! What a shared pacer is made from.

use std::time::Duration;

use tollgate::{ConfigError, Pacer, PacerBuilder, Policies, Policy, Share};

use super::next;

/// Nobody listens there.
const NOWHERE: &str = "redis://127.0.0.1:1/";

async fn refused(builder: PacerBuilder) -> ConfigError {
    builder.connect(NOWHERE).await.expect_err("refused")
}

#[tokio::test]
async fn settings_that_cannot_be_are_named() {
    let named = || Pacer::builder(Policy::per_second(10)).name("group");
    let share = Share::peers;
    let two = || Pacer::builder([Policy::per_second(10), Policy::per_minute(20)]).name("group");
    let cases = [
        (Pacer::builder(Policy::per_second(10)), "CONFIG_NAME", "name", "\"\""),
        (named().name("x".repeat(257)), "CONFIG_NAME", "name", "a text of 257 bytes"),
        (named().share(share().heartbeat(Duration::from_millis(99))), "CONFIG_HEARTBEAT", "heartbeat", "99 ms"),
        (named().share(share().heartbeat(Duration::from_secs(3_601))), "CONFIG_HEARTBEAT", "heartbeat", "3601000 ms"),
        (named().share(share().fast_start(true).strict_start(true)), "CONFIG_STRICT_START", "strict_start", "true"),
        (named().share(share().rate_lower_bound(0)), "CONFIG_RATE_LOWER_BOUND", "rate_lower_bound", "0"),
        (named().share(share().rate_lower_bound(11)), "CONFIG_RATE_LOWER_BOUND", "rate_lower_bound", "11"),
        (two().share(share().rate_lower_bound(5)), "CONFIG_RATE_LOWER_BOUND", "rate_lower_bound", "5"),
        (Pacer::builder(Policy::per_hour(10)).name("group"), "CONFIG_INTERVAL", "window", "3600000 ms"),
        (Pacer::builder(Policies::new([])).name("group"), "CONFIG_POLICIES", "policies", "none"),
        (Pacer::builder(Policy::per_second(0)).name("group"), "CONFIG_LIMIT", "limit", "0"),
        (named().concurrency(0), "CONFIG_CONCURRENCY", "concurrency", "0"),
    ];
    for (builder, code, field, value) in cases {
        let error = refused(builder).await;
        assert_eq!((error.code(), error.field(), error.value()), (code, field, value));
    }
    assert_eq!(named().connect("ftp://nowhere").await.expect_err("refused").code(), "CONFIG_REDIS");
}

#[tokio::test]
async fn who_shares_says_where_the_others_are() {
    let error = Pacer::builder(Policy::per_second(1)).share(Share::peers()).build().expect_err("refused");
    assert_eq!((error.code(), error.field()), ("CONFIG_SHARE", "share"));
    // A name alone is no harm.
    let alone = Pacer::builder(Policy::per_second(1)).name("group").build().expect("valid");
    assert_eq!(alone.stats().group, None);
    assert_eq!(next(&mut alone.events()).await, None);
}

#[test]
fn without_a_runtime_there_is_no_group() {
    let connecting = std::pin::pin!(Pacer::builder(Policy::per_second(1)).name("group").connect(NOWHERE));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(made) = connecting.poll(&mut cx) else { panic!("waits for a runtime") };
    assert_eq!(made.expect_err("refused").code(), "CONFIG_RUNTIME");
}
