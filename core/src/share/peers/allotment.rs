//! What a member may use: the part that its place among the members gives it, growing late and shrinking at once.

use super::config::Quota;
use super::growth::Growth;
use super::{Clocks, Peers, PeersEvent, Phase, Share};
use crate::time::{MAX_SAFE_INTEGER, Span, Timestamp};

impl Peers {
    /// What this member's place gives it.
    pub(super) fn target(&self) -> Share {
        let (members, rank) = self.table.count_and_rank(&self.id);
        let Quota { rate, concurrency } = self.config.quota;
        let split = self.config.split;
        let rates = rate.map(|(rate, _)| rate);
        let whole = |shared: Option<u64>, part: u64| shared.map_or(MAX_SAFE_INTEGER, |_| part);
        Share {
            rate: whole(rates, split.share(rates.unwrap_or(0), members, rank)),
            concurrency: whole(
                concurrency,
                rates.map_or_else(
                    || split.share(concurrency.unwrap_or(0), members, rank),
                    |rate| split.concurrency_share(concurrency.unwrap_or(0), rate, members, rank),
                ),
            ),
        }
    }

    pub(super) fn grown(&self, growth: &Growth, hold: Span, now: Clocks) -> u64 {
        let grows_from = if self.config.rules.hold_growth { self.first_growth(hold) } else { self.joined_at };
        if self.settled && now.monotonic >= grows_from { growth.share(now.monotonic) } else { 0 }
    }

    /// Before this, others may still count on what they had before this member joined.
    pub(super) fn first_growth(&self, hold: Span) -> Timestamp {
        self.joined_at.saturating_add(self.times.unseen).saturating_add(hold)
    }

    pub(super) fn recompute(&mut self, now: Clocks) {
        if self.phase != Phase::Joined {
            return;
        }
        // From the join on, also before a share is in force: who leaves meanwhile has used its own until then.
        let Share { rate, concurrency } = self.target();
        if !self.config.rules.hold_growth {
            self.rate.forget();
            self.concurrency.forget();
        }
        self.rate.aim(rate, now.monotonic);
        self.concurrency.aim(concurrency, now.monotonic);
        self.tell(now);
    }

    pub(super) fn tell(&mut self, now: Clocks) {
        let (members, _) = self.table.count_and_rank(&self.id);
        if members != self.told_members {
            self.told_members = members;
            self.events.push_back(PeersEvent::Members(members));
        }
        // A member that has yet to hear itself for the first time is not cut off.
        let fenced = self.fresh.is_some() && self.is_fenced(now);
        if fenced != self.told_fenced {
            self.told_fenced = fenced;
            self.events.push_back(PeersEvent::Fenced(fenced));
        }
        self.tell_share(self.share(now));
    }

    pub(super) fn tell_share(&mut self, share: Share) {
        if share != self.told_share {
            self.told_share = share;
            self.events.push_back(PeersEvent::Share(share));
        }
    }
}
