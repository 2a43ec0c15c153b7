//! This process's membership in a group that shares a quota: the core's machine, and what is told of it.

use std::task::Waker;
use std::time::SystemTime;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tollgate_core::share::{Channel, Clocks, Peers, PeersEvent, Quota, Share, Transmit};
use tollgate_core::{ConfigError, Timestamp};

use super::events::{Readers, ShareEvent, ShareEvents};
use super::settings::Group;
use super::unique::{joiner_id, next_in_turn_id};
use crate::redis::StoreError;
use crate::seed::random_number;
use crate::span::timestamp;

/// How a pacer stands in its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupStats {
    /// What this process may use now of the first policy's limit; of the concurrency where there are no policies.
    pub share: u64,
    /// Processes in the group, this one included; while it is cut off, those of the time before.
    pub peers: u64,
    /// Whether the share is in force, whatever it is: not while this process joins, or is cut off.
    pub ready: bool,
    /// Messages on the channels that were none of the group's.
    pub ignored: u64,
}

/// The way to the task that serves a membership. Who drops it, ends that task once all has been published.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) outgoing: UnboundedSender<Transmit>,
    /// When the membership is to be looked at again.
    pub(super) due: watch::Sender<Option<Timestamp>>,
}

/// A membership, under the lock of its pacer.
#[derive(Debug)]
pub(in crate::pacer) struct Membership {
    peers: Peers,
    quota: Quota,
    limits: Vec<u64>,
    /// None after it has left.
    line: Option<Line>,
    /// Closed when the task that serves it has ended.
    served: watch::Receiver<()>,
    /// What the pacer is held to.
    held: Option<Share>,
    is_subscribed: bool,
    is_fenced: bool,
    members: u64,
    /// When this member takes its turn, while it has no share and calls wait.
    turn_at: Option<Timestamp>,
    has_starved: bool,
    /// The outage that is on.
    outage: Option<StoreError>,
    readers: Readers,
}

impl Membership {
    pub(super) fn new(group: &Group, line: Line, served: watch::Receiver<()>) -> Result<Self, ConfigError> {
        Ok(Self {
            peers: Peers::new(group.peers.clone(), Peers::id_of(&joiner_id()))?,
            quota: group.peers.quota,
            limits: group.limits.clone(),
            line: Some(line),
            served,
            held: None,
            is_subscribed: false,
            is_fenced: false,
            members: 1,
            turn_at: None,
            has_starved: false,
            outage: None,
            readers: Readers::default(),
        })
    }

    /// The process begins to join.
    pub(super) fn begin(&mut self, now: Clocks) {
        self.peers.begin(now);
    }

    /// Both channels are subscribed, for the first time.
    pub(super) fn subscribed(&mut self, now: Clocks) {
        self.is_subscribed = true;
        self.peers.subscribed(now);
    }

    /// All subscriptions are in force again.
    pub(super) fn resubscribed(&mut self, now: Clocks) {
        if self.is_subscribed {
            self.peers.subscribed(now);
        }
    }

    pub(super) fn heard(&mut self, channel: Channel, message: &str, now: Clocks) {
        self.peers.handle_message(channel, message, now);
    }

    /// A publication of ours has ended, on the main channel or the other one.
    pub(super) fn published(&mut self, channel: Channel, reached: Option<u64>, now: Clocks) {
        self.outage = None;
        if let (Channel::Main, Some(receivers)) = (channel, reached) {
            self.peers.published(receivers, now);
        }
    }

    /// Redis has failed. Says whether that is new.
    pub(super) fn failed(&mut self, error: StoreError) -> bool {
        if self.line.is_none() || self.outage.is_some() {
            return false;
        }
        self.readers.tell(&ShareEvent::Error(error.clone()));
        self.outage = Some(error);
        true
    }

    /// Lets time pass, and tells what has come of it.
    pub(super) fn advance(&mut self, now: Clocks, has_waiting: bool) {
        let is_left_out = has_waiting && self.is_left_out(now);
        if is_left_out && self.turn_at.is_some_and(|at| now.monotonic >= at) {
            self.turn_at = None;
            self.peers.rename(Peers::id_of(&next_in_turn_id(now.wall)), now);
        }
        self.peers.handle_timeout(now);
        while let Some(event) = self.peers.poll_event() {
            self.tell(event);
        }
        self.count();
        self.mind_turn(now, has_waiting);
        self.hand_over(now);
    }

    /// What the pacer is to be held to from now on, of each policy and of the concurrency; `None` where that is the
    /// same as before.
    pub(super) fn newly_held(&mut self, now: Clocks) -> Option<(Vec<u64>, u64)> {
        let share = self.peers.share(now);
        let before = self.held.replace(share);
        if before == Some(share) {
            return None;
        }
        let (now, was) = (self.main(share), self.main(before.unwrap_or_default()));
        if now != was {
            self.readers.tell(&ShareEvent::Share { now, was });
        }
        Some((self.shares(share).collect(), share.concurrency))
    }

    pub(super) fn events(&mut self) -> ShareEvents {
        if self.line.is_none() {
            return ShareEvents::ended();
        }
        self.readers.add(self.outage.clone().map(ShareEvent::Error))
    }

    pub(super) fn stats(&self, now: Clocks) -> GroupStats {
        GroupStats {
            share: self.main(self.peers.share(now)),
            peers: self.members,
            ready: self.peers.is_ready(now),
            ignored: self.peers.ignored(),
        }
    }

    /// Leaves the group, and tells it. What this gives is closed when that has been published.
    pub(super) fn leave(&mut self) -> watch::Receiver<()> {
        if let Some(line) = self.line.take() {
            self.peers.close();
            while let Some(farewell) = self.peers.poll_transmit() {
                // Without its task there is nobody to tell it.
                drop(line.outgoing.send(farewell));
            }
            self.readers.end();
        }
        self.served.clone()
    }

    pub(super) fn take_woken(&mut self) -> Vec<Waker> {
        self.readers.take_woken()
    }

    /// What may be used of each policy: the part of it that the share is of the least limit. Rounded down, so that the
    /// parts of all members are never more than the limit.
    fn shares(&self, share: Share) -> impl Iterator<Item = u64> + '_ {
        let whole = self.quota.rate.map_or(1, |(rate, _)| u128::from(rate.max(1)));
        let part = u128::from(share.rate).min(whole);
        // At most the limit itself.
        self.limits.iter().map(move |&limit| u64::try_from(u128::from(limit) * part / whole).unwrap_or(limit))
    }

    /// The share that is told: that of the first policy, or of the concurrency where there is none.
    fn main(&self, share: Share) -> u64 {
        self.shares(share).next().unwrap_or(share.concurrency)
    }

    fn tell(&mut self, event: PeersEvent) {
        match event {
            PeersEvent::Fenced(is_fenced) => {
                self.is_fenced = is_fenced;
                self.readers.tell(&ShareEvent::Fenced(is_fenced));
            }
            PeersEvent::Conflict { theirs } => {
                let ours = self.peers.quota_text();
                self.readers.tell(&ShareEvent::Conflict { ours, theirs });
            }
            // Told when the pacer is held to it, and when they are counted.
            PeersEvent::Share(_) | PeersEvent::Members(_) => {}
        }
    }

    /// Who is cut off misses all others, and knows nothing of how many there are.
    fn count(&mut self) {
        let members = self.peers.others().count() as u64 + 1;
        if !self.is_fenced && members != self.members {
            self.members = members;
            self.readers.tell(&ShareEvent::Peers(members));
        }
    }

    fn is_left_out(&self, now: Clocks) -> bool {
        let share = self.peers.share(now);
        let has_none = share.concurrency == 0 || self.shares(share).any(|share| share == 0);
        has_none && !self.is_fenced && self.peers.is_ready(now)
    }

    /// Plans when to take a turn, where there is not enough for everybody.
    fn mind_turn(&mut self, now: Clocks, has_waiting: bool) {
        if !has_waiting || !self.is_left_out(now) {
            self.turn_at = None;
        } else if self.turn_at.is_none() {
            match self.peers.patience(random_number() % 1_001) {
                Some(patience) => self.turn_at = Some(now.monotonic.saturating_add(patience)),
                None if self.has_starved => {}
                None => {
                    self.has_starved = true;
                    self.readers.tell(&ShareEvent::Starved);
                }
            }
        }
    }

    /// What is to be published, and when to look again.
    fn hand_over(&mut self, now: Clocks) {
        let Some(line) = &self.line else { return };
        while let Some(transmit) = self.peers.poll_transmit() {
            drop(line.outgoing.send(transmit));
        }
        let due = self.peers.poll_timeout(now).into_iter().chain(self.turn_at).min();
        line.due.send_if_modified(|told| std::mem::replace(told, due) != due);
    }
}

impl Drop for Membership {
    /// The last handle is gone, and the last call has ended.
    fn drop(&mut self) {
        let _ = self.leave();
        self.take_woken().into_iter().for_each(Waker::wake);
    }
}

/// The two clocks at the monotonic time `now`.
pub(super) fn clocks(now: Timestamp) -> Clocks {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Clocks { monotonic: now, wall: timestamp(wall) }
}
