//! Who gets how much of a quota: whole numbers, the same for everybody who knows the same members.

/// How a quota is divided among members in one agreed order (sorted by id). A member's rank is its place in that
/// order, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// `quota / members`, and 1 more for as many members as there is remainder, in their order. The sum is the quota.
    /// Nobody's share grows when a member joins, so that members who see different supersets of those present never
    /// take more than the quota together.
    #[default]
    Even,
    /// `quota / members`, rounded down: the remainder is lost, and with more members than quota nobody gets anything.
    /// What p-ratelimit 1.0.1 does.
    Floor,
    /// In their order, each takes `max(ceil(quota / members), least)` or what is left: at least one member has a share
    /// of `least`, for calls of that weight. The sum is the quota. A join can let a later member's share grow: of 10
    /// among three 4, 4, 2, and among four 3, 3, 3, 1.
    Bound(u64),
}

impl Split {
    /// The share of the member of this `rank` among `members` (0 where there is no such rank).
    #[must_use]
    pub fn share(self, quota: u64, members: u64, rank: u64) -> u64 {
        let (Some(whole), Some(rest)) = (quota.checked_div(members), quota.checked_rem(members)) else { return 0 };
        if rank >= members {
            return 0;
        }
        match self {
            Self::Even => whole + u64::from(rank < rest),
            Self::Floor => whole,
            Self::Bound(least) => {
                let each = (whole + u64::from(rest > 0)).max(least);
                quota.saturating_sub(rank.saturating_mul(each)).min(each)
            }
        }
    }

    /// The share of `concurrency` that goes with a share of `rate`. Under [`Split::Bound`] only members that have a
    /// share of the rate need one: it is divided evenly among them. Otherwise it is divided like the rate.
    #[must_use]
    pub fn concurrency_share(self, concurrency: u64, rate: u64, members: u64, rank: u64) -> u64 {
        let Self::Bound(_) = self else { return self.share(concurrency, members, rank) };
        Self::Even.share(concurrency, self.with_share(rate, members), rank)
    }

    /// How many members have a share that is not 0; they are the first in the order.
    #[must_use]
    pub fn with_share(self, quota: u64, members: u64) -> u64 {
        match self {
            Self::Even => members.min(quota),
            Self::Floor => {
                if quota >= members {
                    members
                } else {
                    0
                }
            }
            Self::Bound(_) => {
                let each = self.share(quota, members, 0);
                if each == 0 { 0 } else { quota.div_ceil(each).min(members) }
            }
        }
    }
}
