//! What a member of a shared quota is made from, and the times that follow from it.

use super::Clocks;
use crate::policy::ConfigError;
use crate::share::Split;
use crate::time::{Span, Timestamp};

/// What all members share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How much may start in any interval, and the interval (at most 60 s); `None` for no such limit.
    pub rate: Option<(u64, Span)>,
    /// How many may be in flight at once; `None` for no such limit.
    pub concurrency: Option<u64>,
}

/// What a member is made from.
#[derive(Clone, Debug)]
pub struct PeersConfig {
    /// The quota of all members together. All have to name the same.
    pub quota: Quota,
    /// How it is divided.
    pub split: Split,
    /// Begin with the whole quota instead of none: up to members × quota right after joins.
    pub fast_start: bool,
    /// A newcomer waits until any member that it cannot hear has given up its share, and what that one started has left
    /// the window: a heartbeat, the interval and some seconds. Without it, a member that is cut off while another joins
    /// is counted twice until then.
    pub strict_start: bool,
    /// The heartbeat of the fleet, the same in all members: a member not heard of for three is dropped.
    pub heartbeat: Span,
    /// The longest that a job takes, if it is known: then a share of concurrency grows only once jobs that were started
    /// under an older one have ended.
    pub longest_job: Option<Span>,
    /// Which of the rules hold.
    pub rules: PeerRules,
}

/// The rules beyond those of p-ratelimit 1.0.1, each by itself, so that a simulation can show what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerRules {
    /// A member that does not hear itself gives up its share before the others take it.
    pub fence: bool,
    /// A member whose fence ends joins anew, without its old share.
    pub rejoin: bool,
    /// A share grows only once what was started under the old holder's has left the window.
    pub hold_growth: bool,
    /// Deadlines follow the clock that says more.
    pub two_clocks: bool,
    /// Joins and leaves are told on a channel of their own.
    pub tell: bool,
    /// The first share is in force as soon as all receivers of the first ping have answered.
    pub settle_early: bool,
    /// A newcomer takes a share only when a ping from after its settling has come back, and begins anew when it, or
    /// somebody who has a share, had lost the subscription meanwhile.
    pub confirm: bool,
    /// Answers that are owed to several newcomers are one ping.
    pub gather_answers: bool,
}

impl PeerRules {
    /// All rules.
    pub const ALL: Self = Self {
        fence: true,
        rejoin: true,
        hold_growth: true,
        two_clocks: true,
        tell: true,
        settle_early: true,
        confirm: true,
        gather_answers: true,
    };
    /// None of them: the behaviour of p-ratelimit 1.0.1.
    pub const PLAIN: Self = Self {
        fence: false,
        rejoin: false,
        hold_growth: false,
        two_clocks: false,
        tell: false,
        settle_early: false,
        confirm: false,
        gather_answers: false,
    };
}

/// How long a new member waits for others before it takes a share.
const SETTLE: Span = Span::from_secs(3);
/// A ping that has not come back is sent again after this, beyond its time.
const AGAIN: Span = Span::from_secs(2);
/// What is added where somebody else's deadline has to be over.
const MARGIN: Span = Span::from_secs(1);
const LONGEST_INTERVAL: Span = Span::from_secs(60);
const LONGEST_DELAY: Span = Span::from_secs(1);

/// The times that the rules speak of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Time between two pings.
    pub(crate) ping: Span,
    /// A ping that is older than this when nothing newer has come back is followed by more.
    pub(crate) missing: Span,
    pub(crate) again: Span,
    /// How long an answer waits for others that it can be as well.
    pub(crate) answer: Span,
    /// Age of the newest ping that came back, above which a member has no share.
    pub(crate) fence: Span,
    /// Silence after which another member is dropped.
    pub(crate) evict: Span,
    pub(crate) settle: Span,
    /// How long a smaller share of the rate holds on.
    pub(crate) hold_rate: Span,
    /// How long a smaller share of concurrency holds on.
    pub(crate) hold_concurrency: Span,
    /// How long after a join somebody may go on whom this member cannot hear.
    pub(crate) unseen: Span,
}

impl PeersConfig {
    /// The window in which a member counts its own starts: longer than the interval by what its clock may be fast.
    #[must_use]
    pub fn guarded_interval(interval: Span) -> Span {
        with_drift(interval).saturating_add(Span::from_millis(1))
    }

    pub(crate) fn check(&self) -> Result<Times, ConfigError> {
        let heartbeat = self.heartbeat;
        if heartbeat < Span::from_millis(100) || heartbeat > Span::from_secs(3_600) {
            let given = alloc::format!("{} ms", heartbeat.as_micros() / 1_000);
            return Err(ConfigError::new("CONFIG_HEARTBEAT", "heartbeat", given, "from 100 ms to 1 h"));
        }
        if self.fast_start && self.strict_start {
            let allowed = "false with fastStart: a member begins at once, or late";
            return Err(ConfigError::new("CONFIG_STRICT_START", "strictStart", true, allowed));
        }
        if let Some((rate, interval)) = self.quota.rate {
            self.check_rate(rate, interval)?;
        }
        Ok(self.times())
    }

    fn check_rate(&self, rate: u64, interval: Span) -> Result<(), ConfigError> {
        if interval < Span::from_millis(1) || interval > LONGEST_INTERVAL {
            let given = alloc::format!("{} ms", interval.as_micros() / 1_000);
            return Err(ConfigError::new("CONFIG_INTERVAL", "interval", given, "from 1 ms to 60 s for a shared quota"));
        }
        match self.split {
            Split::Bound(least) if least == 0 || least > rate => {
                let allowed = alloc::format!("a whole number from 1 to the rate, {rate}");
                Err(ConfigError::new("CONFIG_RATE_LOWER_BOUND", "rateLowerBound", least, allowed))
            }
            _ => Ok(()),
        }
    }

    fn times(&self) -> Times {
        let heartbeat = self.heartbeat;
        // Any message is taken to arrive within this time, what Redis itself is late included.
        let delay = heartbeat.divided_by(8).min(LONGEST_DELAY);
        let plain = self.rules == PeerRules::PLAIN;
        let ping = if plain { heartbeat } else { heartbeat.divided_by(3) };
        let interval = self.quota.rate.map_or(Span::ZERO, |(_, interval)| Self::guarded_interval(interval));
        Times {
            ping,
            missing: ping.saturating_add(AGAIN.min(heartbeat.divided_by(4))),
            again: AGAIN.min(heartbeat.divided_by(4)),
            answer: delay.divided_by(8),
            fence: heartbeat,
            evict: heartbeat.times(3),
            settle: if self.strict_start { heartbeat.saturating_add(delay).saturating_add(MARGIN) } else { SETTLE },
            hold_rate: delay.saturating_add(interval),
            hold_concurrency: delay.saturating_add(self.longest_job.map_or(Span::ZERO, with_drift)),
            unseen: if self.strict_start { with_drift(heartbeat) } else { Span::ZERO },
        }
    }
}

/// A span as a clock that is fast by two in a thousand shows it.
fn with_drift(span: Span) -> Span {
    span.saturating_add(span.divided_by(500))
}

impl PeerRules {
    /// How old `then` is, by the clocks that this member trusts.
    pub(crate) fn age(self, now: Clocks, then: Clocks) -> Span {
        if self.two_clocks { now.age_of(then) } else { now.monotonic.saturating_since(then.monotonic) }
    }
}

/// A moment that never comes.
pub(crate) const NEVER: Timestamp = Timestamp::from_micros(crate::time::MAX_SAFE_INTEGER);
