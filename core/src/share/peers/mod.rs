//! The peer table and its ping protocol: members that share a quota find each other on a pub/sub channel, and each
//! takes its part. Nothing is kept anywhere but in the members.
//!
//! It speaks the channel of p-ratelimit 1.0.1 (a ping is a member's id, answered where it was unknown) and, on a second
//! channel that those members never see, tells of joins and leaves. What it adds bounds what the members use together
//! under faults; each rule can be switched off by itself ([`PeerRules`]).

mod allotment;
mod clocks;
mod config;
mod growth;
mod protocol;
mod table;
mod turns;
mod wire;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

pub use clocks::Clocks;
use config::{NEVER, Times};
pub use config::{PeerRules, PeersConfig, Quota};
use growth::Growth;
use table::PeerTable;

use super::Split;
use crate::policy::ConfigError;
use crate::time::{Span, Timestamp};

/// Names that this member has had and may still hear.
const MOST_FORMER_IDS: usize = 16;

/// What a member may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// How much may start in an interval; 2^53 − 1 where the quota names no rate.
    pub rate: u64,
    /// How many may be in flight; 2^53 − 1 where the quota names no concurrency.
    pub concurrency: u64,
}

/// On which channel a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The one that p-ratelimit listens to as well.
    Main,
    /// The one for joins and leaves.
    Extension,
}

/// A message to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where.
    pub channel: Channel,
    /// What.
    pub message: String,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeersEvent {
    /// The share in force.
    Share(Share),
    /// How many members there are, this one included.
    Members(u64),
    /// Whether this member is cut off, and has given up its share.
    Fenced(bool),
    /// Another member takes something else to be the quota.
    Conflict {
        /// What it says.
        theirs: String,
    },
}

/// One member of a shared quota.
///
/// The host subscribes both channels, calls [`Peers::subscribed`], hands in what arrives, calls
/// [`Peers::handle_timeout`] when [`Peers::poll_timeout`] says so, and publishes what [`Peers::poll_transmit`] gives.
/// Before each start it asks [`Peers::share`]: a deadline counts when the share is used, not when a timer fires.
#[derive(Debug)]
pub struct Peers {
    config: PeersConfig,
    times: Times,
    id: String,
    former: VecDeque<String>,
    table: PeerTable,
    /// When each ping that has not come back was sent.
    pings_out: VecDeque<Clocks>,
    /// When the newest ping that came back was sent.
    fresh: Option<Clocks>,
    phase: Phase,
    /// When the host began to join, where that was told.
    began: Option<Clocks>,
    settled: bool,
    /// When the time of others to answer is over.
    settle_at: Timestamp,
    /// Whether it is over as soon as all receivers of a ping have answered.
    may_be_early: bool,
    /// Since when the others count this member in: it has nothing earlier than a hold after that.
    joined_at: Timestamp,
    next_ping: Timestamp,
    /// When somebody is to be answered. Who is owed an answer had subscribed before it asked: it hears any later ping.
    answer_at: Option<Timestamp>,
    rate: Growth,
    concurrency: Growth,
    told_share: Share,
    told_members: u64,
    told_fenced: bool,
    ignored: u64,
    transmits: VecDeque<Transmit>,
    events: VecDeque<PeersEvent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not subscribed yet.
    New,
    Joined,
    Left,
}

impl Peers {
    /// A member that has yet to join. `id` is unique among all members of all time.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn new(config: PeersConfig, id: String) -> Result<Self, ConfigError> {
        let times = config.check()?;
        if id.is_empty() || id.len() > 128 {
            return Err(ConfigError::new("CONFIG_PEER_ID", "id", id, "1 to 128 bytes"));
        }
        Ok(Self {
            rate: Growth::new(times.hold_rate),
            concurrency: Growth::new(times.hold_concurrency),
            config,
            times,
            id,
            former: VecDeque::new(),
            table: PeerTable::default(),
            pings_out: VecDeque::new(),
            fresh: None,
            phase: Phase::New,
            began: None,
            settled: false,
            settle_at: NEVER,
            may_be_early: false,
            joined_at: NEVER,
            next_ping: NEVER,
            answer_at: None,
            told_share: Share::default(),
            told_members: 1,
            told_fenced: false,
            ignored: 0,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
        })
    }

    /// This member's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The ids of the other members, in their order.
    pub fn others(&self) -> impl Iterator<Item = &str> {
        self.table.ids()
    }

    /// How much longer than a message takes it is until all members use what a join or a leave gives them: the settling
    /// of a newcomer, and what holds the growth of a share.
    #[must_use]
    pub fn turnover(&self) -> Span {
        self.times.settle.saturating_add(self.times.hold_rate.max(self.times.hold_concurrency))
    }

    /// Whether its share is in force, whatever that is.
    #[must_use]
    pub fn is_ready(&self, now: Clocks) -> bool {
        let hold = self.times.hold_rate.max(self.times.hold_concurrency);
        let is_held = self.config.rules.hold_growth && now.monotonic < self.first_growth(hold);
        let in_force = self.config.fast_start || (self.settled && !is_held);
        self.is_starting_fast(now) || (self.phase == Phase::Joined && in_force && !self.is_fenced(now))
    }

    /// Messages that were none of ours.
    #[must_use]
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// The host begins to subscribe: from here on a member with [`PeersConfig::fast_start`] has the whole quota, though
    /// not for longer than it may go without hearing itself. Without this call it begins with the first ping that comes
    /// back.
    pub fn begin(&mut self, now: Clocks) {
        self.began = Some(now);
    }

    /// Both channels are subscribed: for the first time, or again after the connection was lost.
    pub fn subscribed(&mut self, now: Clocks) {
        match self.phase {
            Phase::Left => return,
            Phase::New => self.join(now),
            Phase::Joined => self.hear_again(now),
        }
        self.ping(now);
        self.say_hello();
        self.recompute(now);
    }

    /// A publication of ours on the main channel reached so many subscribers, in all nodes. (A Redis Cluster counts
    /// those of one node only: do not tell that.)
    pub fn published(&mut self, receivers: u64, now: Clocks) {
        let (members, _) = self.table.count_and_rank(&self.id);
        if self.may_be_early && !self.settled && receivers >= 2 && members >= receivers {
            // Provided that it is one of them: its own ping has to come back as well.
            let sent = self.pings_out.back().or(self.fresh.as_ref());
            self.settle_at = sent.map_or(self.settle_at, |sent| self.settle_at.min(sent.monotonic));
            self.settle(now);
        }
        self.handle_timeout(now);
    }

    /// Takes a message. What is none of ours is counted and ignored.
    pub fn handle_message(&mut self, channel: Channel, message: &str, now: Clocks) {
        if self.phase != Phase::Joined {
            return;
        }
        let known = match channel {
            Channel::Main => wire::read_ping(message).map(|id| self.pinged(&id, now)),
            Channel::Extension => wire::read_told(message).map(|told| self.told(told, now)),
        };
        if known.is_none() {
            self.ignored = self.ignored.saturating_add(1);
        }
        self.recompute(now);
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Clocks) {
        if self.phase != Phase::Joined {
            return;
        }
        self.settle(now);
        if now.monotonic >= self.next_ping || self.answer_at.is_some_and(|at| now.monotonic >= at) {
            self.ping(now);
        }
        self.table.evict(self.times.evict, now.monotonic);
        self.recompute(now);
    }

    /// What this member may use at this moment: ask it at each use.
    #[must_use]
    pub fn share(&self, now: Clocks) -> Share {
        if self.is_starting_fast(now) {
            return self.target();
        }
        if self.phase != Phase::Joined || self.is_fenced(now) {
            return Share::default();
        }
        if self.config.fast_start && !self.settled {
            return self.target();
        }
        Share {
            rate: self.grown(&self.rate, self.times.hold_rate, now),
            concurrency: self.grown(&self.concurrency, self.times.hold_concurrency, now),
        }
    }

    /// Leaves: the share is 0 from now on, and the others are told.
    pub fn close(&mut self) {
        if self.phase == Phase::Joined && self.config.rules.tell {
            self.transmit(Channel::Extension, wire::bye(&self.id));
        }
        self.phase = Phase::Left;
        self.next_ping = NEVER;
        self.tell_share(Share::default());
    }

    /// Joins anew under another id, for a member that sorts too late to have a share. The old id is taken back.
    pub fn rename(&mut self, id: String, now: Clocks) {
        if self.phase != Phase::Joined {
            return;
        }
        self.transmit(Channel::Extension, wire::bye(&self.id));
        self.former.push_back(core::mem::replace(&mut self.id, id));
        if self.former.len() > MOST_FORMER_IDS {
            self.former.pop_front();
        }
        self.join(now);
        self.ping(now);
        self.say_hello();
        self.recompute(now);
    }

    /// The next message to be published.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next thing that has changed.
    pub fn poll_event(&mut self) -> Option<PeersEvent> {
        self.events.pop_front()
    }

    /// When [`Peers::handle_timeout`] is to be called, on the monotonic clock; `None` for not before something else
    /// happens.
    #[must_use]
    pub fn poll_timeout(&self, now: Clocks) -> Option<Timestamp> {
        let starts_until = self.began.map(|began| began.monotonic.saturating_add(self.times.fence));
        let starts_until =
            starts_until.filter(|&at| self.config.fast_start && self.fresh.is_none() && at >= now.monotonic);
        let starts_until = starts_until.map(|at| at.saturating_add(Span::from_micros(1)));
        if self.phase != Phase::Joined {
            return starts_until.filter(|_| self.phase == Phase::New);
        }
        let settle = (!self.settled && !self.is_confirming()).then_some(self.settle_at);
        let fence = self.fresh.filter(|_| self.config.rules.fence && !self.told_fenced);
        let fence = fence.map(|sent| sent.monotonic.saturating_add(self.times.fence));
        let hold = [self.times.hold_rate, self.times.hold_concurrency].map(|hold| self.first_growth(hold));
        let held = hold.into_iter().filter(|&at| self.config.rules.hold_growth && at > now.monotonic).min();
        [
            Some(self.next_ping),
            self.answer_at,
            settle,
            fence,
            held,
            starts_until,
            self.table.next_eviction(self.times.evict),
            self.rate.next_growth(now.monotonic),
            self.concurrency.next_growth(now.monotonic),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The quota, as members compare it.
    #[must_use]
    pub fn quota_text(&self) -> String {
        let Quota { rate, concurrency } = self.config.quota;
        let rate = rate.map(|(rate, interval)| alloc::format!("{rate} per {} ms", interval.as_micros() / 1_000));
        let concurrency = concurrency.map(|most| alloc::format!("{most} at once"));
        [rate, concurrency].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}
