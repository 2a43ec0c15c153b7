//! What a member says and hears: joining, pings and their answers, joins and leaves, and when it is cut off.

use alloc::string::String;

use super::config::PeerRules;
use super::wire::{self, Told};
use super::{Channel, Clocks, Peers, PeersEvent, Phase, Transmit};
use crate::time::Timestamp;

/// Pings that may be out at once; older ones are taken for lost.
const MOST_PINGS_OUT: usize = 64;

impl Peers {
    pub(super) fn hear_again(&mut self, now: Clocks) {
        self.pings_out.clear();
        // Who was silent may have been so only for us.
        self.table.credit(now.monotonic);
        if self.config.rules.confirm && !self.settled {
            // And who has not answered may not have heard us, or may hear again as late.
            self.join(now);
            self.may_be_early = false;
        }
    }

    pub(super) fn join(&mut self, now: Clocks) {
        self.phase = Phase::Joined;
        self.settled = false;
        self.settle_at = now.monotonic.saturating_add(self.times.settle);
        self.may_be_early = self.config.rules.settle_early && !self.config.strict_start;
        self.joined_at = now.monotonic;
        self.fresh = None;
        self.pings_out.clear();
        self.rate.forget();
        self.concurrency.forget();
    }

    pub(super) fn ping(&mut self, now: Clocks) {
        self.answer_at = None;
        self.transmit(Channel::Main, wire::ping(&self.id));
        self.pings_out.push_back(now);
        if self.pings_out.len() > MOST_PINGS_OUT {
            self.pings_out.pop_front();
        }
        let is_missing = self.fresh.is_none_or(|sent| self.config.rules.age(now, sent) > self.times.missing);
        let is_awaited = is_missing || self.is_confirming();
        let next = if self.config.rules.fence && is_awaited { self.times.again } else { self.times.ping };
        self.next_ping = now.monotonic.saturating_add(next);
    }

    pub(super) fn say_hello(&mut self) {
        if self.config.rules.tell {
            let message = wire::hello(&self.id, &self.quota_text(), self.settled);
            self.transmit(Channel::Extension, message);
        }
    }

    pub(super) fn pinged(&mut self, id: &str, now: Clocks) {
        if id == self.id {
            self.heard_myself(now);
        } else if !self.former.iter().any(|former| former == id) && self.table.heard(id, now.monotonic) {
            self.answer(now);
        }
    }

    /// Answers, soon: one ping is an answer to all who ask meanwhile.
    pub(super) fn answer(&mut self, now: Clocks) {
        if self.config.rules.gather_answers {
            self.answer_at = self.answer_at.or(Some(now.monotonic.saturating_add(self.times.answer)));
        } else {
            self.ping(now);
        }
    }

    pub(super) fn told(&mut self, told: Told, now: Clocks) {
        match told {
            Told::Hello { id, quota, again } if id != self.id => {
                if again && self.config.rules.confirm && !self.is_ready(now) {
                    // It may have heard nothing of this member until now.
                    self.joined_at = now.monotonic;
                }
                if quota != self.quota_text() {
                    self.events.push_back(PeersEvent::Conflict { theirs: quota });
                }
                self.pinged(&id, now);
                self.answer(now);
            }
            Told::Hello { .. } => {}
            Told::Bye { id } => {
                self.table.remove(&id);
            }
        }
    }

    pub(super) fn heard_myself(&mut self, now: Clocks) {
        let Some(sent) = self.pings_out.pop_front() else { return };
        if self.fresh.is_none() {
            // Who could not hear itself could not hear others either: they have from now on to answer.
            self.settle_at = self.settle_at.max(sent.monotonic.saturating_add(self.times.settle));
        } else if self.is_fenced(now) && self.config.rules.rejoin {
            self.table.credit(now.monotonic);
            self.join(now);
            self.say_hello();
        }
        self.fresh = Some(sent);
        if self.pings_out.is_empty() {
            // None is missing any more.
            self.next_ping = now.monotonic.saturating_add(self.times.ping);
        }
        self.settle(now);
    }

    /// Settles when the time to answer is over and a ping from after it has come back: the bus may have been gone just
    /// when others answered.
    pub(super) fn settle(&mut self, now: Clocks) {
        if self.settled || now.monotonic < self.settle_at {
            return;
        }
        let PeerRules { fence, confirm, .. } = self.config.rules;
        let from = if confirm { self.settle_at } else { Timestamp::default() };
        self.settled = !fence || self.fresh.is_some_and(|sent| sent.monotonic >= from);
        if !self.settled && !self.is_confirming() {
            self.ping(now);
        }
    }

    /// Whether a ping is out that can show that answers have had their time.
    pub(super) fn is_confirming(&self) -> bool {
        !self.settled && self.pings_out.back().is_some_and(|sent| sent.monotonic >= self.settle_at)
    }

    /// Whether this member uses a share before it has heard itself for the first time.
    pub(super) fn is_starting_fast(&self, now: Clocks) -> bool {
        let within = |began| self.config.rules.age(now, began) <= self.times.fence;
        let is_new = self.phase != Phase::Left && !self.settled && self.fresh.is_none();
        self.config.fast_start && is_new && self.began.is_some_and(within)
    }

    pub(super) fn is_fenced(&self, now: Clocks) -> bool {
        let age = |sent| self.config.rules.age(now, sent);
        self.config.rules.fence && self.fresh.is_none_or(|sent| age(sent) > self.times.fence)
    }

    pub(super) fn transmit(&mut self, channel: Channel, message: String) {
        self.transmits.push_back(Transmit { channel, message });
    }
}
