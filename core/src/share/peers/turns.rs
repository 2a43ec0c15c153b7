//! More members than places: who has none waits, then takes the first place under a new id, and the last of the holders
//! is pushed out. It is only a leave and a join, so it is as safe as those.

use alloc::string::String;

use super::{Peers, Split};
use crate::time::Span;

/// What every id of ours begins with. It sorts before the ids of p-ratelimit, and tells that a member gives its place
/// to those who wait.
const OURS: char = '!';
/// Places in a turn that a member who waits lets pass before it takes one.
const PATIENCE: u64 = 6;

impl Peers {
    /// The id of a member that gives its place to those who wait. `unique` tells it from all members of all time; for
    /// [`Peers::rename`] it begins with what falls as time goes on, so that the id sorts first.
    #[must_use]
    pub fn id_of(unique: &str) -> String {
        alloc::format!("{OURS}{unique}")
    }

    /// How many of the others give nobody their place: those of p-ratelimit, which keep their ids.
    #[must_use]
    pub fn strangers(&self) -> usize {
        self.others().filter(|id| !id.starts_with(OURS)).count()
    }

    /// How long this member is to wait without a share before it joins anew, in front of the others; `None` where it is
    /// not to: there is enough for everybody, or some would not give way. `thousandths` is a random number from 0 to
    /// 1,000, so that those who wait do not come at once.
    #[must_use]
    pub fn patience(&self, thousandths: u64) -> Option<Span> {
        let members = self.others().count() as u64 + 1;
        let places = self.places(members);
        if self.config.split == Split::Floor || places == 0 || places >= members || self.strangers() > 0 {
            return None;
        }
        let turns = PATIENCE.saturating_mul(members - places);
        let micros = self.turnover().as_micros().saturating_mul(turns) / places;
        let random = micros / 1_000 * thousandths.min(1_000);
        Some(Span::from_micros(micros.saturating_add(random)))
    }

    /// How many of `members` have a share.
    fn places(&self, members: u64) -> u64 {
        let quota = self.config.quota;
        let of_rate = quota.rate.map_or(members, |(rate, _)| self.config.split.with_share(rate, members));
        of_rate.min(quota.concurrency.unwrap_or(members))
    }
}
