//! Decisions as header fields and bodies.

use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use tollgate_core::http::{field_values, problem_json, quotas, retry_after};
use tollgate_core::{RetryAfter, Span};

pub use tollgate_core::http::Dialect;

use crate::decision::{Decision, Denied, Source};

/// How soon to come again where nobody could decide.
const SOON: RetryAfter = RetryAfter::After(Span::from_secs(1));

impl Decision {
    /// The header fields that tell a client about this decision: in the newest draft all policies, in the others the
    /// binding one. A refusal adds `Retry-After` in whole seconds, unless the call can never go. Where nobody has
    /// counted ([`Source::Open`], [`Source::Closed`]) there is nothing else to tell.
    ///
    /// ```
    /// use tollgate::{Dialect, Policy, RateLimiter};
    /// let decision = RateLimiter::new(Policy::per_minute(100).named("api"))?.check("ann");
    /// assert_eq!(decision.headers(Dialect::Draft11)["ratelimit"], r#""api";r=99;t=60"#);
    /// # Ok::<(), tollgate::ConfigError>(())
    /// ```
    #[must_use]
    pub fn headers(&self, dialect: Dialect) -> HeaderMap {
        let mut headers = HeaderMap::new();
        self.add_headers(&mut headers, Some(dialect));
        headers
    }

    /// Adds what [`Decision::headers`] says. In the newest draft, which lists policies, to those that are there.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap, dialect: Option<Dialect>) {
        if let Some(dialect) = dialect.filter(|_| self.source.is_counted()) {
            let quotas = quotas(self.terms, &self.core);
            let values = field_values(dialect, &quotas, self.core.binding, wall_secs());
            for (name, value) in names(dialect).into_iter().zip(values) {
                add(headers, dialect, name, value);
            }
        }
        if let Some(seconds) = retry_after(self.told_retry()).and_then(|seconds| seconds.try_into().ok()) {
            headers.insert(RETRY_AFTER, seconds);
        }
    }

    fn told_retry(&self) -> RetryAfter {
        if self.source == Source::Closed { SOON } else { self.core.retry_after }
    }

    fn status(&self) -> StatusCode {
        if self.source == Source::Closed { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::TOO_MANY_REQUESTS }
    }
}

impl Denied {
    /// The answer to a refused request: status 429, or 503 where nobody could decide; `Retry-After`; problem details
    /// (RFC 9457) as the body. With a dialect, also its header fields.
    #[must_use]
    pub fn response<B: From<String>>(&self, dialect: impl Into<Option<Dialect>>) -> Response<B> {
        let (decision, mut headers) = (self.decision(), HeaderMap::new());
        decision.add_headers(&mut headers, dialect.into());
        let status = decision.status();
        let violated = decision.violated().filter(|_| decision.source.is_counted());
        refusal(status, headers, problem_json(status.as_u16(), violated, decision.told_retry()))
    }
}

/// The answer to a request of nobody, where such are refused.
pub(crate) fn nobody_refused<B: From<String>>() -> Response<B> {
    let status = StatusCode::TOO_MANY_REQUESTS;
    refusal(status, HeaderMap::new(), problem_json(status.as_u16(), std::iter::empty(), RetryAfter::Now))
}

fn refusal<B: From<String>>(status: StatusCode, headers: HeaderMap, body: String) -> Response<B> {
    let mut response = Response::new(B::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}

#[cfg(feature = "axum")]
impl axum::response::IntoResponse for Denied {
    fn into_response(self) -> axum::response::Response {
        self.response(Dialect::default())
    }
}

/// Names of the fields, in the order of their values.
fn names(dialect: Dialect) -> Vec<HeaderName> {
    let name = |name: &&str| HeaderName::from_bytes(name.as_bytes()).ok();
    dialect.field_names().iter().filter_map(name).collect()
}

fn add(headers: &mut HeaderMap, dialect: Dialect, name: HeaderName, value: String) {
    let before = headers.get(&name).filter(|_| dialect == Dialect::Draft11).and_then(|value| value.to_str().ok());
    let value = before.map_or(value.clone(), |before| format!("{before}, {value}"));
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// Seconds since 1970, rounded up, so that no client comes early.
fn wall_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() + 1)
}
