//! A layer that asks a limiter before each request.

mod caller;
mod service;
mod settings;

use std::sync::Arc;

use http::request::Parts;
use tower_layer::Layer;

pub use caller::{ForwardedIp, Header, KeyFrom, MissingKey, PeerIp};
pub use service::{RateLimitFuture, RateLimitService};
use settings::Settings;

use crate::cost::Request;
use crate::headers::Dialect;
use crate::limit::Limit;

/// Asks a limiter before each request, and answers those that may not go.
///
/// - A request that may go gets the [`Decision`](crate::Decision) as an extension, and its response the `RateLimit`
///   fields; of several layers, each adds its policies.
/// - One that may not is answered with status 429, `Retry-After`, the same fields and a body of problem details
///   (RFC 9457). Where nobody could decide and the limiter refuses then, the status is 503.
///
/// Errors are those of the service inside: nothing has to handle an error of this layer. Its responses need a body that
/// can be made from a `String`, such as axum's or `http_body_util::Full`.
///
/// Whose request it is says `K`: [`PeerIp`] where nothing is said. Any function of the request's head will do:
///
/// ```
/// use axum::{Router, routing::get};
/// use tollgate::{Policy, RateLimitLayer, RateLimiter};
/// let limiter = RateLimiter::new(Policy::per_minute(100).named("api"))?;
/// let by_user = |head: &http::request::Parts| Some(head.headers.get("x-user")?.to_str().ok()?.to_owned());
/// let app: Router = Router::new().route("/", get(|| async { "hello" })).layer(RateLimitLayer::new(limiter).key(by_user));
/// # Ok::<(), tollgate::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct RateLimitLayer<L: Limit, K = PeerIp> {
    limiter: L,
    settings: Arc<Settings<K>>,
}

impl<L: Limit> RateLimitLayer<L> {
    /// A layer that tells callers apart by [`PeerIp`].
    pub fn new(limiter: L) -> Self {
        Self { limiter, settings: Arc::new(Settings::new(PeerIp)) }
    }
}

impl<L: Limit, K: KeyFrom> RateLimitLayer<L, K> {
    /// Whose request it is.
    #[must_use]
    pub fn key<J: KeyFrom>(self, key: J) -> RateLimitLayer<L, J> {
        let settings = Arc::unwrap_or_clone(self.settings).with_key(key);
        RateLimitLayer { limiter: self.limiter, settings: Arc::new(settings) }
    }

    /// What becomes of requests of nobody: [`MissingKey::Shared`] where nothing is said.
    #[must_use]
    pub fn on_missing_key(self, missing: MissingKey) -> Self {
        self.with(|settings| settings.missing = missing)
    }

    /// What a request costs, or what it asks under limits of the caller's own: 1 where nothing is said.
    #[must_use]
    pub fn cost<R: Into<Request>>(self, cost: impl Fn(&Parts) -> R + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.cost = Some(Arc::new(move |head| cost(head).into())))
    }

    /// Requests that are neither counted nor refused.
    #[must_use]
    pub fn skip(self, skip: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.skip = Some(Arc::new(skip)))
    }

    /// Which header fields tell a client about its limits: [`Dialect::Draft11`] where nothing is said. With `None`,
    /// only refusals say anything: `Retry-After`.
    #[must_use]
    pub fn headers(self, dialect: impl Into<Option<Dialect>>) -> Self {
        self.with(|settings| settings.dialect = dialect.into())
    }

    /// Decides and counts, but refuses nobody and tells nobody: for a rule that is to be tried first. What would have
    /// been refused is told by the extension, and by a message of level `info`.
    #[must_use]
    pub fn dry_run(self, on: bool) -> Self {
        self.with(|settings| settings.dry_run = on)
    }

    fn with(self, change: impl FnOnce(&mut Settings<K>)) -> Self
    where
        K: Clone,
    {
        let mut settings = Arc::unwrap_or_clone(self.settings);
        change(&mut settings);
        Self { limiter: self.limiter, settings: Arc::new(settings) }
    }
}

impl<S, L: Limit, K> Layer<S> for RateLimitLayer<L, K> {
    type Service = RateLimitService<S, L, K>;

    fn layer(&self, inner: S) -> Self::Service {
        RateLimitService::new(inner, self.limiter.clone(), Arc::clone(&self.settings))
    }
}
