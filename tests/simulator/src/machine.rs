//! What says how much of the quota a member may use.

use std::fmt::Debug;

use tollgate_core::share::{Channel, Clocks, Peers, Share, Transmit};
use tollgate_core::{Span, Timestamp};

/// A way to share a quota, in one member. The world carries its messages; a way that keeps its state in a store would
/// have a simulated one at the other end of a channel.
pub trait ShareMachine: Debug {
    /// It can send and receive, for the first time or again.
    fn connected(&mut self, now: Clocks);
    /// A message has arrived.
    fn hear(&mut self, channel: Channel, message: &str, now: Clocks);
    /// A message of its own has reached so many.
    fn published(&mut self, receivers: u64, now: Clocks);
    /// Time has passed.
    fn handle_timeout(&mut self, now: Clocks);
    /// When that is to be called next.
    fn poll_timeout(&self, now: Clocks) -> Option<Timestamp>;
    /// What it sends.
    fn poll_transmit(&mut self) -> Option<Transmit>;
    /// What may be used at this moment.
    fn share(&self, now: Clocks) -> Share;
    /// It gives its share back and ends.
    fn leave(&mut self);
    /// How long its member is to wait without a share before it takes a turn; `None` for never.
    fn patience(&self, thousandths: u64) -> Option<Span>;
    /// It takes a turn, with what makes a new id of it.
    fn take_turn(&mut self, unique: &str, now: Clocks);
}

impl ShareMachine for Peers {
    fn connected(&mut self, now: Clocks) {
        self.subscribed(now);
    }

    fn hear(&mut self, channel: Channel, message: &str, now: Clocks) {
        self.handle_message(channel, message, now);
    }

    fn published(&mut self, receivers: u64, now: Clocks) {
        Peers::published(self, receivers, now);
    }

    fn handle_timeout(&mut self, now: Clocks) {
        Peers::handle_timeout(self, now);
    }

    fn poll_timeout(&self, now: Clocks) -> Option<Timestamp> {
        Peers::poll_timeout(self, now)
    }

    fn poll_transmit(&mut self) -> Option<Transmit> {
        Peers::poll_transmit(self)
    }

    fn share(&self, now: Clocks) -> Share {
        Peers::share(self, now)
    }

    fn leave(&mut self) {
        self.close();
    }

    fn patience(&self, thousandths: u64) -> Option<Span> {
        Peers::patience(self, thousandths)
    }

    fn take_turn(&mut self, unique: &str, now: Clocks) {
        self.rename(Peers::id_of(unique), now);
    }
}
