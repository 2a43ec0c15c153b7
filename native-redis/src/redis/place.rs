//! Where something other than limits is in Redis.

use std::sync::Arc;
use std::time::Duration;

use redis::Client;

use super::builder::{check_timeout, open_client, refused_url};
use super::link::Link;
use crate::config_error::ConfigError;

/// How long the longest name is, and the longest prefix.
const MAX_NAME: usize = 64;

/// A name and a prefix, and how long a call may take.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) timeout: Duration,
}

impl Default for Place {
    fn default() -> Self {
        let timeout = super::RedisRateLimiterBuilder::DEFAULT_STORE_TIMEOUT;
        Self { name: "default".to_owned(), prefix: "tollgate".to_owned(), timeout }
    }
}

impl Place {
    /// Checks all but the name, and connects; a Redis that is not there is no error.
    pub(crate) async fn connect(&self, url: &str) -> Result<(Client, Arc<Link>), ConfigError> {
        check_text("CONFIG_PREFIX", "prefix", &self.prefix)?;
        check_timeout(self.timeout)?;
        let client = open_client(url)?;
        let link = Arc::new(Link::new(client.clone(), self.timeout));
        match link.connect().await {
            Err(error) if error.is_misconfiguration() => Err(refused_url(url, error)),
            _ => Ok((client, link)),
        }
    }
}

/// Names of presence and prefixes are part of keys, also of their Cluster slots.
pub(crate) fn check_text(code: &'static str, field: &str, text: &str) -> Result<(), ConfigError> {
    let is_printable = |byte: u8| byte.is_ascii_graphic() && byte != b'{' && byte != b'}';
    if (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(is_printable) {
        return Ok(());
    }
    let allowed = "1 to 64 printable ASCII characters without spaces and braces";
    Err(ConfigError::new(code, field, format!("{text:?}"), allowed))
}
