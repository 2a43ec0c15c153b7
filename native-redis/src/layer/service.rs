//! The service that a layer makes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use tower_service::Service;

use super::caller::{KeyFrom, MissingKey, SHARED_KEY, stored_key};
use super::settings::Settings;
use crate::decision::Decision;
use crate::headers::{Dialect, nobody_refused};
use crate::limit::Limit;

/// Asks a limiter before it hands a request to the service inside. See [`RateLimitLayer`](super::RateLimitLayer).
#[derive(Clone)]
pub struct RateLimitService<S, L, K> {
    inner: S,
    limiter: L,
    settings: Arc<Settings<K>>,
}

/// What [`RateLimitService`] answers with.
pub type RateLimitFuture<R, E> = Pin<Box<dyn Future<Output = Result<R, E>> + Send>>;

impl<S, L, K> RateLimitService<S, L, K> {
    pub(super) fn new(inner: S, limiter: L, settings: Arc<Settings<K>>) -> Self {
        Self { inner, limiter, settings }
    }
}

impl<S, L, K, B, R> Service<Request<B>> for RateLimitService<S, L, K>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<String>,
    L: Limit,
    K: KeyFrom,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = RateLimitFuture<Response<R>, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready, not its clone, which may not be.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let (limiter, settings) = (self.limiter.clone(), Arc::clone(&self.settings));
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let verdict = decide(&limiter, &settings, &head).await;
            let told = match verdict {
                Verdict::Uncounted => None,
                Verdict::Nobody => return Ok(nobody_refused()),
                Verdict::Decided(decision) => match settings.passage(decision) {
                    Passage::Refused(response) => return Ok(response),
                    Passage::Goes(decision) => {
                        head.extensions.insert(decision.clone());
                        Some(decision).filter(|_| !settings.dry_run)
                    }
                },
            };
            let mut response = inner.call(Request::from_parts(head, body)).await?;
            if let Some(decision) = told {
                settings.tell(decision, &mut response);
            }
            Ok(response)
        })
    }
}

/// What is found about a request.
enum Verdict {
    /// It goes, and is not counted.
    Uncounted,
    /// It is of nobody, and such are refused.
    Nobody,
    Decided(Decision),
}

enum Passage<R> {
    Goes(Decision),
    Refused(Response<R>),
}

/// In a response: the decision that header fields with room for one tell about.
#[derive(Clone)]
struct Shown(Decision);

async fn decide<L: Limit, K: KeyFrom>(limiter: &L, settings: &Settings<K>, head: &Parts) -> Verdict {
    if settings.skips(head) {
        return Verdict::Uncounted;
    }
    let key = match settings.key.key(head).filter(|key| !key.is_empty()) {
        Some(key) => stored_key(key),
        None => {
            settings.tell_missing();
            match settings.missing {
                MissingKey::Shared => SHARED_KEY.to_owned(),
                MissingKey::Closed if !settings.dry_run => return Verdict::Nobody,
                MissingKey::Open | MissingKey::Closed => return Verdict::Uncounted,
            }
        }
    };
    Verdict::Decided(limiter.check_n(&key, settings.request(head)).await)
}

impl<K> Settings<K> {
    fn passage<R: From<String>>(&self, decision: Decision) -> Passage<R> {
        if self.dry_run {
            if !decision.allowed {
                let name = decision.policy_name();
                tracing::info!(policy = name, "a request would have been refused");
            }
            return Passage::Goes(decision);
        }
        match decision.into_result() {
            Ok(decision) => Passage::Goes(decision),
            Err(denied) => {
                let mut response = denied.response(self.dialect);
                response.extensions_mut().insert(Shown(denied.decision().clone()));
                Passage::Refused(response)
            }
        }
    }

    /// Adds what a decision has to tell to a response, which may tell about that of a layer inside. Fields of the newest
    /// draft are lists; those of the others have room for one: a refusal, or else the tightest.
    fn tell<R>(&self, decision: Decision, response: &mut Response<R>) {
        let is_list = self.dialect == Some(Dialect::Draft11);
        let shown = response.extensions().get::<Shown>();
        let is_tightest = shown.is_none_or(|Shown(shown)| shown.allowed && decision.remaining < shown.remaining);
        if is_list || is_tightest {
            decision.add_headers(response.headers_mut(), self.dialect);
        }
        if is_tightest {
            response.extensions_mut().insert(Shown(decision));
        }
    }
}
