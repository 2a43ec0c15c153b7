//! The calls of a member of a shared quota. Every call brings both clocks, in microseconds; what has come of it is
//! handed out by [`PeersCalls::drain`], as JSON.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_core::share::{Channel, Clocks, PeerRules, Peers, PeersConfig, PeersEvent, Quota, Share, Split, Transmit};
use tollgate_core::{Span, Timestamp};

use crate::config::EngineError;
use crate::json::{write_list, write_string};

/// What every id of ours begins with. It sorts before the ids of p-ratelimit, and tells that a member gives its place
/// to those who wait.
const OURS: char = '!';
/// Places in a turn that a member who waits lets pass before it takes one.
const PATIENCE: u64 = 6;

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
    split: Split,
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
        let (quota, split) = (config.quota, config.split);
        Ok(Self { peers: Peers::new(config, id_of(unique))?, quota, split, limits, told: Share::default() })
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
        self.peers.rename(id_of(unique), at(now, wall));
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

    /// How long a member without a share is to wait before it takes a place of the others, in microseconds; −1 where
    /// it is not to: there is enough for everybody, or some would not give way. `random` is from 0 to 1.
    #[must_use]
    pub fn patience(&self, random: f64) -> f64 {
        let members = self.peers.others().count() as u64 + 1;
        let places = self.places(members);
        let gives_way = |id: &str| id.starts_with(OURS);
        if self.split == Split::Floor || places == 0 || places >= members || !self.peers.others().all(gives_way) {
            return -1.0;
        }
        let turns = PATIENCE as f64 * (members - places) as f64 / places as f64;
        (turns * self.peers.turnover().as_micros() as f64 * (1.0 + random)) as u64 as f64
    }

    /// How many of `members` have a share.
    fn places(&self, members: u64) -> u64 {
        let of_rate = self.quota.rate.map_or(members, |(rate, _)| self.split.with_share(rate, members));
        of_rate.min(self.quota.concurrency.unwrap_or(members))
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
        let strangers = self.peers.others().filter(|id| !id.starts_with(OURS)).count();
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

fn id_of(unique: &str) -> String {
    format!("{OURS}{unique}")
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
