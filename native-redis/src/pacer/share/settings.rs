//! How processes share the quota of a pacer.

use std::time::Duration;

use tollgate_core::share::{PeerRules, PeersConfig, Quota};
use tollgate_core::{PacerConfig, Span};

use crate::config_error::ConfigError;
use crate::span::span;

/// Longest name of a group, in UTF-16 code units as on the Node.js side.
const MAX_NAME: usize = 256;
const LONGEST_WINDOW: Span = Span::from_secs(60);

/// How the quota is divided among the processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Split {
    /// The shares add up to the quota, and where it is too small for everybody, those who wait take turns.
    #[default]
    Even,
    /// What p-ratelimit does: each has the same, and the remainder is lost.
    Floor,
}

/// How processes share the quota of a pacer. All processes of a group give the same.
///
/// ```
/// use std::time::Duration;
/// use tollgate::Share;
/// let share = Share::peers().heartbeat(Duration::from_secs(10));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Share {
    fast_start: bool,
    strict_start: bool,
    rate_lower_bound: Option<u64>,
    split: Split,
    heartbeat: Duration,
}

impl Share {
    /// What [`Share::heartbeat`] is where nothing is said: that of p-ratelimit.
    pub const DEFAULT_HEARTBEAT: Duration = Duration::from_secs(30);

    /// Each process finds the others over pub/sub, and takes its part: nothing is kept in Redis. The channel is that of
    /// p-ratelimit 1.0.1, whose processes may be in the group.
    pub const fn peers() -> Self {
        Self {
            fast_start: false,
            strict_start: false,
            rate_lower_bound: None,
            split: Split::Even,
            heartbeat: Self::DEFAULT_HEARTBEAT,
        }
    }

    /// Whether to begin with the whole quota instead of none: after a join, up to processes × quota for a moment.
    pub const fn fast_start(self, fast_start: bool) -> Self {
        Self { fast_start, ..self }
    }

    /// Whether to begin later: a heartbeat, a window and some seconds after the join, when a process that cannot be heard
    /// has given up its share. Without it, one that is cut off while another joins counts twice until then. Not with
    /// [`Share::fast_start`].
    pub const fn strict_start(self, strict_start: bool) -> Self {
        Self { strict_start, ..self }
    }

    /// At least one process has a share of so many, 1 to the limit: the largest cost in use. Of one policy; replaces
    /// [`Share::split`].
    pub const fn rate_lower_bound(self, least: u64) -> Self {
        Self { rate_lower_bound: Some(least), ..self }
    }

    /// How the quota is divided: [`Split::Even`] where nothing is said.
    pub const fn split(self, split: Split) -> Self {
        Self { split, ..self }
    }

    /// A process not heard of for three of these is dropped, and one that has not heard itself for one starts nothing:
    /// 100 ms to 1 h, 30 s where nothing is said. Redis has to carry a message within an eighth of it, and within 1 s.
    pub const fn heartbeat(self, heartbeat: Duration) -> Self {
        Self { heartbeat, ..self }
    }
}

impl Default for Share {
    fn default() -> Self {
        Self::peers()
    }
}

/// A group to join.
#[derive(Clone, Debug)]
pub(in crate::pacer) struct Group {
    /// The channel of the group; a second one has `:x` after it.
    pub(super) channel: String,
    pub(super) peers: PeersConfig,
    /// The limit of each policy: the least is the quota, and the others are divided as it is.
    pub(super) limits: Vec<u64>,
}

impl Group {
    /// The group of a name for a pacer whose configuration is valid.
    pub(in crate::pacer) fn of(name: Option<&str>, share: Share, pacer: &PacerConfig) -> Result<Self, ConfigError> {
        let limits: Vec<_> = pacer.policies.iter().map(|policy| policy.limit).collect();
        if limits.is_empty() && pacer.concurrency.is_none() {
            return Err(ConfigError::new("CONFIG_POLICIES", "policies", "none", "a policy or a concurrency to share"));
        }
        let interval = pacer.policies.iter().map(|policy| policy.window).max().unwrap_or(Span::ZERO);
        if interval > LONGEST_WINDOW {
            let value = format!("{} ms", interval.as_micros() / 1_000);
            return Err(ConfigError::new("CONFIG_INTERVAL", "window", value, "at most 60 s for a shared quota"));
        }
        let rate = limits.iter().min().map(|&least| (least, interval));
        let peers = PeersConfig {
            quota: Quota { rate, concurrency: pacer.concurrency },
            split: split(share, &limits)?,
            fast_start: share.fast_start,
            strict_start: share.strict_start,
            heartbeat: span(share.heartbeat),
            longest_job: None,
            rules: PeerRules::ALL,
        };
        Ok(Self { channel: format!("ratelimit-{}", checked_name(name)?), peers, limits })
    }
}

fn checked_name(name: Option<&str>) -> Result<&str, ConfigError> {
    let name = name.unwrap_or_default();
    let units = name.encode_utf16().take(MAX_NAME + 1).count();
    if (1..=MAX_NAME).contains(&units) {
        return Ok(name);
    }
    let value = if name.is_empty() { "\"\"".to_owned() } else { format!("a text of {} bytes", name.len()) };
    let allowed = "a text of 1 to 256 characters: all who share use the same";
    Err(ConfigError::new("CONFIG_NAME", "name", value, allowed))
}

fn split(share: Share, limits: &[u64]) -> Result<tollgate_core::share::Split, ConfigError> {
    let refused = |least, allowed| Err(ConfigError::new("CONFIG_RATE_LOWER_BOUND", "rate_lower_bound", least, allowed));
    match (share.rate_lower_bound, limits) {
        (None, _) => Ok(match share.split {
            Split::Even => tollgate_core::share::Split::Even,
            Split::Floor => tollgate_core::share::Split::Floor,
        }),
        (Some(least), [limit]) if (1..=*limit).contains(&least) => Ok(tollgate_core::share::Split::Bound(least)),
        (Some(least), [limit]) => refused(least, format!("a whole number from 1 to the limit, {limit}")),
        (Some(least), _) => refused(least, "nothing, unless there is exactly one policy".to_owned()),
    }
}

/// A pacer counts its own starts in windows that are longer by what its clock may be fast.
pub(in crate::pacer) fn guarded(pacer: PacerConfig) -> PacerConfig {
    let mut policies = pacer.policies;
    for policy in &mut policies {
        policy.window = PeersConfig::guarded_interval(policy.window);
    }
    PacerConfig { policies, ..pacer }
}
