//! Whose request it is.

use std::net::{IpAddr, SocketAddr};

use http::header::HeaderName;
use http::request::Parts;

use crate::key::Key;

/// Says whose request it is, by its head. Functions do: `Fn(&Parts) -> Option<String>`.
///
/// `None` and an empty text are nobody: see [`MissingKey`].
pub trait KeyFrom: Clone + Send + Sync + 'static {
    /// The caller's key.
    fn key(&self, head: &Parts) -> Option<String>;

    /// What an operator can do where there is none.
    fn advice(&self) -> &'static str {
        "Return a key for each request, or choose on_missing_key"
    }
}

impl<F: Fn(&Parts) -> Option<String> + Clone + Send + Sync + 'static> KeyFrom for F {
    fn key(&self, head: &Parts) -> Option<String> {
        self(head)
    }
}

/// What becomes of a request of nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// All of them share one limit: strangers are limited, together.
    #[default]
    Shared,
    /// They go, and are not counted.
    Open,
    /// They are refused.
    Closed,
}

impl MissingKey {
    const fn consequence(self) -> &'static str {
        match self {
            Self::Shared => "such requests share one bucket",
            Self::Open => "such requests pass without being counted",
            Self::Closed => "such requests are refused",
        }
    }
}

/// The bucket of the nameless. Keys of callers never begin with one NUL alone: see [`stored_key`].
pub(super) const SHARED_KEY: &str = "\0nameless";

/// A caller's key as the limiter gets it: the same, but that no caller can reach [`SHARED_KEY`].
pub(super) fn stored_key(key: String) -> String {
    if key.starts_with('\0') { format!("\0{key}") } else { key }
}

/// Tells operators that callers cannot be told apart.
pub(super) fn tell_missing(advice: &str, missing: MissingKey) {
    tracing::error!("whose request it is, is unknown: {}. {advice}", missing.consequence());
}

/// The address that the connection comes from: what axum's `ConnectInfo<SocketAddr>` says (feature `axum`), else an
/// extension of type `SocketAddr`.
///
/// IPv6 counts by its network, as [`Key`] says. Behind a proxy this is the proxy: use [`ForwardedIp`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PeerIp;

impl KeyFrom for PeerIp {
    fn key(&self, head: &Parts) -> Option<String> {
        peer(head).map(|address| text(address.ip()))
    }

    fn advice(&self) -> &'static str {
        "Serve axum with `app.into_make_service_with_connect_info::<SocketAddr>()`, or give RateLimitLayer::key"
    }
}

#[cfg(feature = "axum")]
fn peer(head: &Parts) -> Option<SocketAddr> {
    use axum::extract::connect_info::{ConnectInfo, MockConnectInfo};
    let real = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let mock = || head.extensions.get::<MockConnectInfo<SocketAddr>>().map(|info| info.0);
    real.or_else(mock).or_else(|| head.extensions.get().copied())
}

#[cfg(not(feature = "axum"))]
fn peer(head: &Parts) -> Option<SocketAddr> {
    head.extensions.get().copied()
}

fn text(address: IpAddr) -> String {
    String::from_utf8_lossy(&address.bytes()).into_owned()
}

/// The address that the outermost of our own proxies saw, from `X-Forwarded-For`.
///
/// Each proxy adds the address that it was called from at the end, so with `hops` proxies of ours in a row the one that
/// counts stands `hops` places from the end; what stands before it, anybody could have written. With 0 this is
/// [`PeerIp`]. A request with fewer addresses has not come through all proxies, and is of nobody.
#[derive(Clone, Copy, Debug)]
pub struct ForwardedIp {
    /// How many proxies of ours a request comes through.
    pub hops: u8,
}

impl KeyFrom for ForwardedIp {
    fn key(&self, head: &Parts) -> Option<String> {
        let Some(before) = usize::from(self.hops).checked_sub(1) else { return PeerIp.key(head) };
        let lines = head.headers.get_all("x-forwarded-for").into_iter();
        // Fields of one name are one list (RFC 9110, section 5.3).
        let all: Vec<&[u8]> = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b',')).collect();
        let written = std::str::from_utf8(all.iter().rev().nth(before)?).ok()?;
        address(written.trim()).map(text)
    }

    fn advice(&self) -> &'static str {
        "Does each proxy add to X-Forwarded-For, and is ForwardedIp::hops their number?"
    }
}

/// An address as proxies write it: bare, with a port, in brackets.
fn address(written: &str) -> Option<IpAddr> {
    let bracketed = || written.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || written.parse::<SocketAddr>().ok().map(|address| address.ip());
    written.parse().ok().or_else(with_port).or_else(bracketed)
}

/// The value of a header field, such as an API key. A request without it is of nobody.
#[derive(Clone, Debug)]
pub struct Header(pub HeaderName);

impl KeyFrom for Header {
    fn key(&self, head: &Parts) -> Option<String> {
        head.headers.get(&self.0).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    fn advice(&self) -> &'static str {
        "Requests without the header that RateLimitLayer::key names are meant; on_missing_key says what becomes of them"
    }
}
