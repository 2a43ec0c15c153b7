//! Several policies over one key: all of them allow and are charged, or nothing changes.

mod saved;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::decision::{Decision, PolicyState, RetryAfter};
use crate::key_hash::{KeyHash, KeyTag};
use crate::keyed::{Ask, Charge, Size, Store, store_for, update};
use crate::policy::{CheckedPolicy, ConfigError, LimiterConfig};
use crate::table::Table;
use crate::time::{MAX_SAFE_INTEGER, Span, Timestamp};

pub use saved::RestoreError;

/// What one call costs each policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost<'a> {
    /// The same for every policy.
    All(u64),
    /// One for each policy, in their order; 0 for those that are not named.
    Each(&'a [u64]),
}

/// What a call asks: its cost, and where the caller has limits of its own (a plan), those.
///
/// A cost of 0 asks for nothing: every policy allows it, a block does not. A cost above what a policy can
/// ever hold is refused with [`RetryAfter::Never`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// What the call costs.
    pub cost: Cost<'a>,
    /// The caller's own limit for each policy, in their order; 0 or absent for the policy's own. Limits
    /// above 2^53 − 1 count as that.
    pub limits: &'a [u64],
}

/// Decides whether calls may go, for any number of keys, from one set of policies.
///
/// A key is any sequence of bytes; it is hashed, not kept. `now` comes from a monotonic clock of the
/// host's choice; where it goes backwards, no time has passed. Memory is bounded by
/// [`LimiterConfig::max_keys`]; there are no timers, every call looks at a few old entries instead.
///
/// ```
/// use tollgate_core::{Limiter, LimiterConfig, Policy, Span, Timestamp};
/// let mut limiter = Limiter::new(LimiterConfig {
///     policies: vec![Policy { limit: 2, window: Span::from_secs(1), ..Policy::default() }],
///     ..LimiterConfig::default()
/// })?;
/// let now = Timestamp::ZERO;
/// assert!(limiter.consume(b"ann", 1, now).allowed);
/// assert!(limiter.consume(b"ann", 1, now).allowed);
/// assert!(!limiter.consume(b"ann", 1, now).allowed);
/// assert!(limiter.consume(b"bob", 1, now).allowed);
/// # Ok::<(), tollgate_core::ConfigError>(())
/// ```
pub struct Limiter {
    policies: Vec<CheckedPolicy>,
    stores: Vec<Box<dyn Store>>,
    blocks: Table<Block>,
    resets: Table<ResetMark>,
    hasher: KeyHash,
    latest: Timestamp,
    any_block_for: bool,
}

/// Until when a key is refused, and by which policy (0: by a call to [`Limiter::block`]; else its index + 1).
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    until: Timestamp,
    by: u64,
}

/// When a key was last reset, and how long decisions from before could still be refunded.
#[derive(Clone, Copy, Debug, Default)]
struct ResetMark {
    at: Timestamp,
    matters_until: Timestamp,
}

impl Limiter {
    /// Checks the configuration and makes a limiter that has seen nobody.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn new(config: LimiterConfig) -> Result<Self, ConfigError> {
        let checked = config.check()?;
        let stores = checked.policies.iter().map(|policy| store_for(policy, checked.max_keys)).collect();
        Ok(Self {
            any_block_for: checked.policies.iter().any(|policy| policy.block_for.is_some()),
            policies: checked.policies,
            stores,
            blocks: Table::new(checked.max_keys),
            resets: Table::new(checked.max_keys),
            hasher: KeyHash::new(checked.seed),
            latest: Timestamp::ZERO,
        })
    }

    /// Decides, and charges every policy if all of them allow. A refused call changes nothing, except that
    /// it starts the block of a policy with `block_for`.
    #[inline]
    pub fn consume<'a>(&mut self, key: &[u8], request: impl Into<Request<'a>>, now: Timestamp) -> Decision {
        self.consume_tagged(self.hasher.of(key), request, now)
    }

    /// [`Limiter::consume`] for a key that was hashed before, under this limiter's seed: by a host that divides
    /// its keys among several limiters, so that the key is hashed once.
    #[inline]
    pub fn consume_tagged<'a>(&mut self, tag: KeyTag, request: impl Into<Request<'a>>, now: Timestamp) -> Decision {
        let (tag, request, now) = (tag.get(), request.into(), self.advance(now));
        let plain = self.is_plain();
        match self.stores.as_mut_slice() {
            [only] if plain => only.consume(ask(tag, request, 0), now),
            _ => self.consume_any(tag, request, now),
        }
    }

    /// What [`Limiter::consume`] would answer; changes nothing, and starts no block. `remaining` is what there
    /// is now, the cost not taken off.
    pub fn peek<'a>(&self, key: &[u8], request: impl Into<Request<'a>>, now: Timestamp) -> Decision {
        let (tag, now) = (self.tag(key), self.not_before(now));
        let mut decision = self.weigh(tag, request.into(), now);
        let block = self.block_of(tag);
        if now < block.until {
            outweigh(&mut decision, block);
        }
        decision
    }

    /// Gives back all that `decision` took from `key`. What was taken in a window that has ended since, or
    /// before the key was reset, credits nothing; nor, perhaps, what was taken in the microsecond of the reset.
    /// What a token bucket is given back comes on top of its bound. The caller refunds a decision once.
    pub fn refund(&mut self, key: &[u8], decision: &Decision, now: Timestamp) {
        self.settle(key, decision, Cost::All(0), now);
    }

    /// Corrects what `decision` took from `key` to what the call really cost: gives back the difference
    /// like [`Limiter::refund`], or charges it, now, even above the limit.
    pub fn settle<'a>(&mut self, key: &[u8], decision: &Decision, actual: impl Into<Cost<'a>>, now: Timestamp) {
        let (actual, tag, now) = (actual.into(), self.tag(key), self.advance(now));
        let reset = self.resets.load(self.resets.place(tag), tag);
        let was_reset = now < reset.matters_until && decision.at <= reset.at;
        for (i, (store, state)) in self.stores.iter_mut().zip(decision.policies()).enumerate() {
            let actual = actual.of(i);
            let charge = Charge { at: decision.at, ended: decision.at.saturating_add(state.reset_after) };
            let ask = Ask { tag, cost: actual.abs_diff(state.charged), limit: state.limit };
            if actual > state.charged {
                store.charge(ask, now);
            } else if actual < state.charged && now < charge.ended && !was_reset {
                store.refund(ask, charge, now);
            }
        }
    }

    /// Forgets `key`: its use under every limit, and its block. While the table is full of other keys, a
    /// key that shares a bucket with strangers is not freed; where calls bring more than 4,096 different
    /// limits within one window, use under the latest of them stays.
    pub fn reset(&mut self, key: &[u8], now: Timestamp) {
        let (tag, now) = (self.tag(key), self.advance(now));
        let matters_until = self.stores.iter().map(|store| store.last_refund(now)).max().unwrap_or(now);
        for store in &mut self.stores {
            store.reset(tag);
        }
        self.blocks.remove(tag);
        let mark = ResetMark { at: now, matters_until };
        update(&mut self.resets, tag, |_| mark, |mark| mark.matters_until <= now);
    }

    /// Refuses `key` for `span` from now, whatever its policies say. A longer block that exists already stays.
    pub fn block(&mut self, key: &[u8], span: Span, now: Timestamp) {
        let (tag, now) = (self.tag(key), self.advance(now));
        self.put_block(tag, Block { until: now.saturating_add(span), by: 0 }, now);
    }

    /// The policies, in the order in which decisions list them.
    #[must_use]
    pub fn policies(&self) -> &[CheckedPolicy] {
        &self.policies
    }

    /// How much is held for all policies together.
    #[must_use]
    pub fn size(&self) -> Size {
        let blocks = Size::of(&self.blocks).plus(Size::of(&self.resets));
        let states = self.stores.iter().fold(Size::default(), |sum, store| sum.plus(store.size()));
        let keys = self.stores.iter().map(|store| store.size().keys).max().unwrap_or(0);
        Size { keys, ..states.plus(blocks) }
    }

    #[inline]
    fn tag(&self, key: &[u8]) -> u64 {
        self.hasher.of(key).get()
    }

    #[inline]
    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.latest = self.not_before(now);
        self.latest
    }

    /// `now`, unless the clock ran backwards. The last timestamp never comes: what saturates there stays refused.
    #[inline]
    fn not_before(&self, now: Timestamp) -> Timestamp {
        const LAST: Timestamp = Timestamp::from_micros(MAX_SAFE_INTEGER - 1);
        self.latest.max(now.min(LAST))
    }

    /// Whether there is nothing but policies: no key is blocked, will be, or was reset.
    #[inline]
    fn is_plain(&self) -> bool {
        self.blocks.is_empty() && self.resets.is_empty() && !self.any_block_for
    }

    #[inline(never)]
    fn consume_any(&mut self, tag: u64, request: Request<'_>, now: Timestamp) -> Decision {
        self.sweep_exceptions(now);
        let block = self.block_of(tag);
        let mut decision = match self.stores.as_mut_slice() {
            _ if now < block.until => self.weigh(tag, request, now),
            [only] => only.consume(ask(tag, request, 0), now),
            _ => self.consume_all(tag, request, now),
        };
        if now < block.until {
            self.sweep(now);
            outweigh(&mut decision, block);
        } else if self.any_block_for && !decision.allowed {
            self.start_block(tag, &mut decision);
        }
        decision
    }

    fn sweep_exceptions(&mut self, now: Timestamp) {
        self.blocks.sweep(|block| block.until <= now);
        self.resets.sweep(|mark| mark.matters_until <= now);
    }

    fn sweep(&mut self, now: Timestamp) {
        for store in &mut self.stores {
            store.sweep(now);
        }
    }

    fn consume_all(&mut self, tag: u64, request: Request<'_>, now: Timestamp) -> Decision {
        self.sweep(now);
        let decision = self.weigh(tag, request, now);
        if !decision.allowed {
            return decision;
        }
        Decision::from_policies(
            now,
            self.stores.iter_mut().enumerate().map(|(i, store)| {
                let ask = ask(tag, request, i);
                store.charge(ask, now);
                PolicyState { charged: ask.cost, ..store.standing(ask, now) }
            }),
        )
    }

    /// What every policy would say; changes nothing.
    fn weigh(&self, tag: u64, request: Request<'_>, now: Timestamp) -> Decision {
        Decision::from_policies(
            now,
            self.stores.iter().enumerate().map(|(i, store)| {
                let ask = ask(tag, request, i);
                PolicyState { retry_after: store.retry_after(ask, now), ..store.standing(ask, now) }
            }),
        )
    }

    fn block_of(&self, tag: u64) -> Block {
        self.blocks.load(self.blocks.place(tag), tag)
    }

    fn put_block(&mut self, tag: u64, block: Block, now: Timestamp) {
        let longer = |old: Block| if old.until > block.until { old } else { block };
        update(&mut self.blocks, tag, longer, |block| block.until <= now);
    }

    /// Blocks a key whose call was refused by policies that say so, for the longest time that they name.
    #[cold]
    fn start_block(&mut self, tag: u64, decision: &mut Decision) {
        let exceeded = self.policies.iter().zip(decision.policies()).enumerate().filter_map(|(i, (policy, state))| {
            let until = decision.at.saturating_add(policy.block_for?);
            matches!(state.retry_after, RetryAfter::After(_)).then_some(Block { until, by: i as u64 + 1 })
        });
        let Some(block) = exceeded.max_by_key(|block| block.until) else { return };
        self.put_block(tag, block, decision.at);
        outweigh(decision, block);
    }
}

/// Lets a block outweigh what the policies said. `by` is 0 for one by hand, else the index of its policy and 1.
pub(crate) fn outweigh_until(decision: &mut Decision, until: Timestamp, by: u64) {
    outweigh(decision, Block { until, by });
}

fn outweigh(decision: &mut Decision, block: Block) {
    let until = RetryAfter::After(block.until.saturating_since(decision.at));
    decision.allowed = false;
    decision.blocked = true;
    if decision.retry_after.max(until) == until {
        decision.retry_after = until;
        if let Some(policy) = block.by.checked_sub(1) {
            decision.binding = usize::try_from(policy).unwrap_or(0);
        }
    }
}

#[inline]
fn ask(tag: u64, request: Request<'_>, policy: usize) -> Ask {
    let limit = request.limits.get(policy).copied().unwrap_or(0);
    Ask { tag, cost: request.cost.of(policy), limit: limit.min(MAX_SAFE_INTEGER) }
}

impl Cost<'_> {
    #[inline]
    pub(crate) fn of(self, policy: usize) -> u64 {
        match self {
            Self::All(cost) => cost,
            Self::Each(costs) => costs.get(policy).copied().unwrap_or(0),
        }
    }
}

impl From<u64> for Cost<'_> {
    fn from(cost: u64) -> Self {
        Self::All(cost)
    }
}

impl<'a> From<&'a [u64]> for Cost<'a> {
    fn from(costs: &'a [u64]) -> Self {
        Self::Each(costs)
    }
}

impl<'a> From<Cost<'a>> for Request<'a> {
    fn from(cost: Cost<'a>) -> Self {
        Self { cost, limits: &[] }
    }
}

impl From<u64> for Request<'_> {
    fn from(cost: u64) -> Self {
        Self::from(Cost::All(cost))
    }
}

impl<'a> From<&'a [u64]> for Request<'a> {
    fn from(costs: &'a [u64]) -> Self {
        Self::from(Cost::Each(costs))
    }
}
