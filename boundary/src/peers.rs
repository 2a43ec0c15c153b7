//! The calls of a member of a shared quota. Every call brings both clocks, in microseconds; what has come of it is
//! handed out by [`PeersCalls::drain`], as JSON.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_core::share::{Channel, Clocks, PeerRules, Peers, PeersConfig, PeersEvent, Quota, Share, Split, Transmit};
use tollgate_core::{Span, Timestamp};

use crate::config::EngineError;
use crate::json::{write_list, write_string};

/// What a member is made from. The numbers have been checked to be whole.
#[derive(Clone, Debug)]
pub struct EnginePeersConfig {
    /// The limit of each policy: the least of them is the rate of [`Quota`], and each is divided as that is.
    pub limits: Vec<f64>,
    /// The longest of their windows, in microseconds.
    pub interval_micros: f64,
    /// See [`Quota::concurrency`].
    pub concurrency: Option<f64>,
    /// `"even"`, `"floor"` or `"bound"`; see [`Split`].
    pub split: String,
    /// The least share, of `"bound"`.
    pub least: f64,
    /// See [`PeersConfig::fast_start`].
    pub fast_start: bool,
    /// See [`PeersConfig::strict_start`].
    pub strict_start: bool,
    /// See [`PeersConfig::heartbeat`], in microseconds.
    pub heartbeat_micros: f64,
}

impl TryFrom<EnginePeersConfig> for PeersConfig {
    type Error = EngineError;

    fn try_from(given: EnginePeersConfig) -> Result<Self, EngineError> {
        let split = match given.split.as_str() {
            "even" => Split::Even,
            "floor" => Split::Floor,
            "bound" => Split::Bound(given.least as u64),
            other => {
                return Err(EngineError { code: "CONFIG_SPLIT", message: format!("split: {other:?} is not known") });
            }
        };
        Ok(Self {
            quota: Quota {
                rate: least(&given.limits).map(|rate| (rate, span(given.interval_micros))),
                concurrency: given.concurrency.map(|most| most as u64),
            },
            split,
            fast_start: given.fast_start,
            strict_start: given.strict_start,
            heartbeat: span(given.heartbeat_micros),
            longest_job: None,
            rules: PeerRules::ALL,
        })
    }
}

/// The window in which a member counts its own starts, in microseconds. See [`PeersConfig::guarded_interval`].
#[must_use]
pub fn guarded_interval(micros: f64) -> f64 {
    PeersConfig::guarded_interval(span(micros)).as_micros() as f64
}

/// A member of a shared quota.
#[derive(Debug)]
pub struct PeersCalls {
    peers: Peers,
    quota: Quota,
    limits: Vec<f64>,
    /// What `drain` handed out last.
    told: Share,
}

impl PeersCalls {
    /// A member that has yet to join. `unique` tells it from all others; see [`PeersCalls::rename`].
    ///
    /// # Errors
    /// The configuration is out of bounds.
    pub fn new(config: EnginePeersConfig, unique: &str) -> Result<Self, EngineError> {
        let limits = config.limits.clone();
        let config = PeersConfig::try_from(config)?;
        let quota = config.quota;
        Ok(Self { peers: Peers::new(config, Peers::id_of(unique))?, quota, limits, told: Share::default() })
    }

    /// See [`Peers::begin`].
    pub fn begin(&mut self, now: f64, wall: f64) {
        self.peers.begin(at(now, wall));
    }

    /// See [`Peers::subscribed`].
    pub fn subscribed(&mut self, now: f64, wall: f64) {
        self.peers.subscribed(at(now, wall));
    }

    /// See [`Peers::published`].
    pub fn published(&mut self, receivers: f64, now: f64, wall: f64) {
        self.peers.published(receivers as u64, at(now, wall));
    }

    /// Takes a message of the main channel, or of the other one. See [`Peers::handle_message`].
    pub fn message(&mut self, is_main: bool, message: &str, now: f64, wall: f64) {
        let channel = if is_main { Channel::Main } else { Channel::Extension };
        self.peers.handle_message(channel, message, at(now, wall));
    }

    /// Joins anew with an id that comes before those of all who have joined earlier: `unique` begins with what falls
    /// as time goes on.
    pub fn rename(&mut self, unique: &str, now: f64, wall: f64) {
        self.peers.rename(Peers::id_of(unique), at(now, wall));
    }

    /// See [`Peers::close`].
    pub fn close(&mut self) {
        self.peers.close();
    }

    /// Whether what was handed out last may still be used: to be asked before each use.
    #[must_use]
    pub fn stands(&self, now: f64, wall: f64) -> bool {
        let Share { rate, concurrency } = self.peers.share(at(now, wall));
        self.told.rate <= rate && self.told.concurrency <= concurrency
    }

    /// See [`Peers::patience`], in microseconds; −1 for none.
    #[must_use]
    pub fn patience(&self, random: f64) -> f64 {
        let thousandths = (random.clamp(0.0, 1.0) * 1_000.0) as u64;
        self.peers.patience(thousandths).map_or(-1.0, |span| span.as_micros() as f64)
    }

    /// What may be used of each policy: the part of it that the share is of the rate. Rounded down, so that the parts
    /// of all members are never more than the limit.
    fn shares(&self) -> impl Iterator<Item = u64> + '_ {
        let whole = self.quota.rate.map_or(1, |(rate, _)| u128::from(rate.max(1)));
        let part = u128::from(self.told.rate);
        self.limits.iter().map(move |&limit| (limit as u64 as u128 * part / whole) as u64)
    }

    /// Lets time pass and hands out how things stand and what has happened:
    /// `{"next":…,"id":…,"ready":…,"shares":[…],"concurrency":…,"members":…,"strangers":…,"ignored":…,"send":[[main,text],…],
    /// "events":[…]}`. `next` is when to call again, −1 for never; `strangers` counts members that give nobody their place:
    /// those of p-ratelimit; events are `{"fenced":…}` and `{"ours":…,"theirs":…}`.
    pub fn drain(&mut self, now: f64, wall: f64) -> String {
        let now = at(now, wall);
        self.peers.handle_timeout(now);
        let events: Vec<_> = core::iter::from_fn(|| self.peers.poll_event()).filter(is_handed_out).collect();
        let transmits: Vec<_> = core::iter::from_fn(|| self.peers.poll_transmit()).collect();
        self.told = self.peers.share(now);
        let next = self.peers.poll_timeout(now).map_or(-1.0, |at| at.as_micros() as f64);
        let members = self.peers.others().count() + 1;
        let strangers = self.peers.strangers();
        let mut out = format!("{{\"next\":{next},\"ready\":{},\"shares\":", self.peers.is_ready(now));
        write_list(&mut out, self.shares(), |out, share| out.push_str(&format!("{share}")));
        out.push_str(&format!(",\"concurrency\":{}", self.told.concurrency));
        out.push_str(&format!(",\"members\":{members},\"strangers\":{strangers}"));
        out.push_str(&format!(",\"ignored\":{},\"id\":", self.peers.ignored()));
        write_string(&mut out, self.peers.id());
        out.push_str(",\"send\":");
        write_list(&mut out, &transmits, write_transmit);
        out.push_str(",\"events\":");
        write_list(&mut out, &events, |out, event| self.write_event(out, event));
        out.push('}');
        out
    }

    fn write_event(&self, out: &mut String, event: &PeersEvent) {
        match event {
            PeersEvent::Conflict { theirs } => {
                out.push_str("{\"ours\":");
                write_string(out, &self.peers.quota_text());
                out.push_str(",\"theirs\":");
                write_string(out, theirs);
                out.push('}');
            }
            PeersEvent::Fenced(fenced) => out.push_str(&format!("{{\"fenced\":{fenced}}}")),
            PeersEvent::Share(_) | PeersEvent::Members(_) => out.push_str("{}"),
        }
    }
}

fn least(limits: &[f64]) -> Option<u64> {
    limits.iter().map(|&limit| limit as u64).min()
}

/// How things stand is told with every answer.
fn is_handed_out(event: &PeersEvent) -> bool {
    matches!(event, PeersEvent::Fenced(_) | PeersEvent::Conflict { .. })
}

fn write_transmit(out: &mut String, Transmit { channel, message }: &Transmit) {
    out.push_str(if *channel == Channel::Main { "[true," } else { "[false," });
    write_string(out, message);
    out.push(']');
}

fn at(now: f64, wall: f64) -> Clocks {
    Clocks { monotonic: Timestamp::from_micros(now as u64), wall: Timestamp::from_micros(wall as u64) }
}

fn span(micros: f64) -> Span {
    Span::from_micros(micros as u64)
}
