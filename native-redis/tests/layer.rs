//! The layer, as an axum server uses it.

#![cfg(feature = "axum")]
#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::extract::Extension;
use axum::extract::connect_info::MockConnectInfo;
use axum::routing::get;
use axum::{Router, serve};
use http::{HeaderName, Request, Response, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tollgate::{
    Decision, Dialect, ForwardedIp, Header, KeyFrom, ManualClock, MissingKey, Policies, Policy, RateLimitLayer,
    RateLimiter,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tracing_subscriber::layer::{Context, SubscriberExt};

fn limiter(policies: impl Into<Policies>) -> RateLimiter<ManualClock> {
    RateLimiter::with_clock(policies, ManualClock::new()).expect("valid policies")
}

fn layer(limit: u64) -> RateLimitLayer<RateLimiter<ManualClock>> {
    RateLimitLayer::new(limiter(Policy::per_minute(limit)))
}

fn app<K: KeyFrom>(layer: RateLimitLayer<RateLimiter<ManualClock>, K>) -> Router {
    let left = async |decision: Option<Extension<Decision>>| {
        decision.map_or("uncounted".to_owned(), |Extension(decision)| decision.remaining.to_string())
    };
    Router::new().route("/", get(left)).layer(layer)
}

fn at(app: Router, peer: &str) -> Router {
    let peer: SocketAddr = peer.parse().expect("an address");
    app.layer(MockConnectInfo(peer))
}

async fn ask(app: &Router, headers: &[(&str, &str)]) -> Response<Body> {
    let request = headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
    app.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible")
}

async fn status(app: &Router, headers: &[(&str, &str)]) -> u16 {
    ask(app, headers).await.status().as_u16()
}

fn field<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("ASCII"))
}

async fn body(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 10_000).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[tokio::test]
async fn what_goes_is_told_and_what_does_not_is_answered() {
    let app = at(app(layer(1)), "192.0.2.1:1");
    let first = ask(&app, &[]).await;
    assert_eq!(field(&first, "ratelimit"), r#""default";r=0;t=60"#);
    assert_eq!(field(&first, "ratelimit-policy"), r#""default";q=1;w=60"#);
    assert_eq!(field(&first, "retry-after"), "");
    assert_eq!((first.status(), body(first).await.as_str()), (StatusCode::OK, "0"));
    let second = ask(&app, &[]).await;
    assert_eq!(second.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(field(&second, "retry-after"), "60");
    assert_eq!(field(&second, "ratelimit"), r#""default";r=0;t=60"#);
    assert_eq!(field(&second, "content-type"), "application/problem+json");
    let problem: Value = serde_json::from_str(&body(second).await).expect("JSON");
    assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
    assert_eq!(problem["violated-policies"], serde_json::json!(["default"]));
}

#[tokio::test]
async fn callers_are_told_apart_by_their_network() {
    let limited = layer(1);
    let as_peer = |peer: &str| at(app(limited.clone()), peer);
    assert_eq!(status(&as_peer("[2001:db8:0:100::1]:1"), &[]).await, 200);
    assert_eq!(status(&as_peer("[2001:db8:0:1ff::2]:2"), &[]).await, 429);
    assert_eq!(status(&as_peer("[2001:db8:0:200::1]:1"), &[]).await, 200);
    assert_eq!(status(&as_peer("192.0.2.1:1"), &[]).await, 200);
    assert_eq!(status(&as_peer("[::ffff:192.0.2.1]:1"), &[]).await, 429);
}

/// Messages that were logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        struct Message(String);
        impl tracing::field::Visit for Message {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        self.0.lock().expect("no panic").push(message.0);
    }
}

#[tokio::test]
async fn without_connect_info_strangers_share_a_bucket_and_the_log_says_why() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()));
    let app = app(layer(2));
    let statuses = [status(&app, &[]).await, status(&app, &[]).await, status(&app, &[]).await];
    assert_eq!(statuses, [200, 200, 429]);
    let messages = log.0.lock().expect("no panic").clone();
    let ours: Vec<_> = messages.iter().filter(|message| message.contains("is unknown")).collect();
    assert_eq!(ours.len(), 1, "{messages:?}");
    assert!(ours.iter().all(|message| message.contains("into_make_service_with_connect_info")), "{ours:?}");
}

#[tokio::test]
async fn requests_of_nobody_may_go_or_be_refused() {
    let open = app(layer(1).on_missing_key(MissingKey::Open));
    assert_eq!(body(ask(&open, &[]).await).await, "uncounted");
    let closed = app(layer(1).on_missing_key(MissingKey::Closed));
    let refused = ask(&closed, &[]).await;
    assert_eq!((refused.status().as_u16(), field(&refused, "content-type")), (429, "application/problem+json"));
    assert_eq!(
        body(ask(&app(layer(1).on_missing_key(MissingKey::Closed).dry_run(true)), &[]).await).await,
        "uncounted"
    );
}

#[tokio::test]
async fn addresses_that_proxies_tell_count_from_the_end() {
    let app = app(layer(1).key(ForwardedIp { hops: 2 }).on_missing_key(MissingKey::Closed));
    let name = "x-forwarded-for";
    assert_eq!(status(&app, &[(name, "198.51.100.9, 192.0.2.1, 10.0.0.1")]).await, 200);
    assert_eq!(status(&app, &[(name, "203.0.113.5, 192.0.2.1:80, 10.0.0.2")]).await, 429, "the first is anybody's");
    assert_eq!(status(&app, &[(name, "192.0.2.1"), (name, "10.0.0.1")]).await, 429, "two lines are one list");
    assert_eq!(status(&app, &[(name, "192.0.2.2, 10.0.0.1")]).await, 200);
    assert_eq!(status(&app, &[(name, "[2001:db8::1]:443,10.0.0.1")]).await, 200);
    assert_eq!(status(&app, &[(name, "[2001:db8::2],10.0.0.1")]).await, 429);
    for nobody in ["192.0.2.9", "unknown, 10.0.0.1", ",", ""] {
        assert_eq!(status(&app, &[(name, nobody)]).await, 429, "{nobody}");
    }
    assert_eq!(status(&at(crate::app(layer(1).key(ForwardedIp { hops: 0 })), "192.0.2.1:1"), &[]).await, 200);
}

#[tokio::test]
async fn a_header_or_a_function_says_whose_request_it_is() {
    let by_header = app(layer(1).key(Header(HeaderName::from_static("x-api-key"))));
    let by_function = app(layer(1).key(|head: &http::request::Parts| {
        head.headers.get("x-api-key").and_then(|key| key.to_str().ok()).map(str::to_owned)
    }));
    for app in [by_header, by_function] {
        assert_eq!(status(&app, &[("x-api-key", "a")]).await, 200);
        assert_eq!(status(&app, &[("x-api-key", "b")]).await, 200);
        assert_eq!(status(&app, &[("x-api-key", "a")]).await, 429);
    }
}

#[tokio::test]
async fn nobody_reaches_the_bucket_of_the_nameless() {
    let app = app(layer(1).key(|head: &http::request::Parts| match head.headers.contains_key("x-named") {
        true => Some("\0nameless".to_owned()),
        false => None,
    }));
    assert_eq!(status(&app, &[("x-named", "")]).await, 200);
    assert_eq!(status(&app, &[]).await, 200);
    assert_eq!(status(&app, &[("x-named", "")]).await, 429);
}

#[tokio::test]
async fn a_dry_run_counts_and_refuses_nobody() {
    let app = at(app(layer(1).dry_run(true)), "192.0.2.1:1");
    for _ in 0..3 {
        let response = ask(&app, &[]).await;
        assert_eq!((response.status().as_u16(), field(&response, "ratelimit")), (200, ""));
        assert_eq!(body(response).await, "0");
    }
}

#[tokio::test]
async fn requests_may_be_skipped_or_cost_more() {
    let layer = layer(10).skip(|head| head.uri.path() == "/health").cost(|head| match head.headers.get("x-heavy") {
        Some(_) => 5,
        None => 1,
    });
    let app = at(app(layer).route("/health", get(|| async { "well" })), "192.0.2.1:1");
    assert_eq!(body(ask(&app, &[("x-heavy", "")]).await).await, "5");
    assert_eq!(body(ask(&app, &[]).await).await, "4");
    assert_eq!(status(&app, &[("x-heavy", "")]).await, 429);
    let skipped = Request::get("/health").body(Body::empty()).expect("a request");
    assert_eq!(app.oneshot(skipped).await.expect("infallible").headers().get("ratelimit"), None);
}

#[tokio::test]
async fn two_layers_tell_about_both() {
    let burst = RateLimitLayer::new(limiter(Policy::per_second(1).named("burst")));
    let daily = RateLimitLayer::new(limiter(Policy::per_day(9).named("daily")));
    let app = at(app(burst.clone()).layer(daily.clone()), "192.0.2.1:1");
    assert_eq!(field(&ask(&app, &[]).await, "ratelimit"), r#""burst";r=0;t=1, "daily";r=8;t=86400"#);
    let refused = ask(&app, &[]).await;
    assert_eq!(refused.status().as_u16(), 429);
    assert_eq!(field(&refused, "ratelimit"), r#""burst";r=0;t=1, "daily";r=7;t=86400"#);
}

#[tokio::test]
async fn a_dialect_with_room_for_one_tells_about_the_tightest() {
    let old = |limit, name| RateLimitLayer::new(limiter(Policy::per_day(limit).named(name))).headers(Dialect::Draft7);
    for (inner, outer) in [(3, 9), (9, 3)] {
        let app = at(app(old(inner, "inner")).layer(old(outer, "outer")), "192.0.2.1:1");
        assert_eq!(field(&ask(&app, &[]).await, "ratelimit"), "limit=3, remaining=2, reset=86400");
    }
    let silent = at(app(layer(1).headers(None)), "192.0.2.1:1");
    assert_eq!(ask(&silent, &[]).await.headers().get("ratelimit"), None);
    let refused = ask(&silent, &[]).await;
    assert_eq!((field(&refused, "ratelimit"), field(&refused, "retry-after")), ("", "60"));
}

#[tokio::test]
async fn an_error_of_the_service_is_passed_on_and_readiness_is_kept() {
    let failing = service_fn(async |_: Request<()>| Err::<Response<String>, _>("no luck"));
    let one_at_a_time = ServiceBuilder::new().concurrency_limit(1).service(failing);
    let mut service = layer(9).layer(one_at_a_time);
    for _ in 0..2 {
        let ready = service.ready().await.expect("ready");
        assert_eq!(ready.call(Request::new(())).await.expect_err("fails"), "no luck");
    }
}

#[tokio::test]
async fn a_body_may_be_any_that_can_be_made_from_text() {
    let fine = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    let service = layer(1).layer(fine);
    let statuses = async || service.clone().oneshot(Request::new(())).await.expect("infallible").status().as_u16();
    assert_eq!([statuses().await, statuses().await], [200, 429]);
}

#[tokio::test]
async fn a_server_with_connect_info_limits_its_peers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let limited = limiter(Policy::per_minute(1));
    let app = app(RateLimitLayer::new(limited.clone()));
    let server =
        tokio::spawn(async move { serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await });
    let mut statuses = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        statuses.push(answer.lines().next().unwrap_or_default().to_owned());
    }
    server.abort();
    assert_eq!(statuses, ["HTTP/1.1 200 OK", "HTTP/1.1 429 Too Many Requests"]);
    assert_eq!(limited.peek("127.0.0.1").remaining, 0);
}
