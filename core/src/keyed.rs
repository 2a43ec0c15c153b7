//! One policy's states: its rule, its table, and a second table for calls that bring a limit of their own.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::decision::{Decision, PolicyState, RetryAfter};
use crate::key_hash::KeyHash;
use crate::limit::{Arrival, FixedWindow, PackedWindow, Rule, SlidingWindow, TokenBucket, WholeArrival, Window};
use crate::own_limits::{MAX_LIVE_LIMITS, OwnLimits};
use crate::policy::{Algorithm, CheckedPolicy};
use crate::table::Table;
use crate::time::Timestamp;
use crate::words::Words;

/// What one call asks of one policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    pub(crate) tag: u64,
    pub(crate) cost: u64,
    /// The caller's own limit, at most 2^53 − 1; 0 for the policy's.
    pub(crate) limit: u64,
}

/// A charge to be given back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charge {
    pub(crate) at: Timestamp,
    pub(crate) ended: Timestamp,
}

/// One policy over all its keys.
pub(crate) trait Store: Send {
    /// Sweeps, decides and, where allowed, charges: the whole of a decision with one policy.
    fn consume(&mut self, ask: Ask, now: Timestamp) -> Decision;
    /// What [`Store::consume`] would decide; changes nothing.
    fn retry_after(&self, ask: Ask, now: Timestamp) -> RetryAfter;
    /// Charges, whether it fits or not.
    fn charge(&mut self, ask: Ask, now: Timestamp);
    /// Gives back what `charge` took.
    fn refund(&mut self, ask: Ask, charge: Charge, now: Timestamp);
    /// The state as it is, with the fields that tell of a decision left at "allowed, nothing charged".
    fn standing(&self, ask: Ask, now: Timestamp) -> PolicyState;
    /// Until when a decision made at or before `now` may still be refunded.
    fn last_refund(&self, now: Timestamp) -> Timestamp;
    /// Forgets a key under every limit.
    fn reset(&mut self, tag: u64);
    /// Writes all that is known of a key.
    fn save(&self, tag: u64, now: Timestamp, words: &mut Vec<u64>);
    /// Reads past what [`Store::save`] wrote when it was `latest`; false where it did not write that.
    fn check_saved(&self, words: &mut Words<'_>, latest: Timestamp) -> bool;
    /// Takes over what [`Store::check_saved`] found good, of a key that was never seen here.
    fn restore(&mut self, tag: u64, words: &mut Words<'_>, latest: Timestamp);
    /// When a key is as if never seen, and what was taken from it can no longer be refunded under own limits.
    fn ends(&self, tag: u64, now: Timestamp) -> Timestamp;
    /// One step of forgetting what is idle.
    fn sweep(&mut self, now: Timestamp);
    /// Keys held, times a key found no room, and bytes allocated.
    fn size(&self) -> Size;
}

/// How much a table holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Keys that have a state of their own.
    pub keys: usize,
    /// How many decisions had to use a shared bucket because the table was full of keys in use.
    pub overflowed: u64,
    /// Bytes allocated for states.
    pub bytes: usize,
}

impl Size {
    pub(crate) fn of<S: Copy + Default>(table: &Table<S>) -> Self {
        Self { keys: table.len(), overflowed: table.overflowed(), bytes: table.bytes() }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            keys: self.keys + other.keys,
            overflowed: self.overflowed + other.overflowed,
            bytes: self.bytes + other.bytes,
        }
    }
}

/// Whether states of 8 bytes are used where they are exact. For each there is code of its own: where code is what
/// counts, as in a download, all states are the general ones.
const PACKED: bool = !cfg!(feature = "small-code");

/// Chooses the smallest state in which the policy is exact.
pub(crate) fn store_for(policy: &CheckedPolicy, cap: usize) -> Box<dyn Store> {
    let (limit, window, burst) = (policy.limit, policy.window, policy.burst);
    match policy.algorithm {
        Algorithm::FixedWindow if PACKED && limit <= PackedWindow::MAX_LIMIT => Keyed::boxed(
            FixedWindow::<PackedWindow>::new(limit, window),
            FixedWindow::<Window>::new(limit, window),
            cap,
        ),
        Algorithm::FixedWindow => {
            let rule = FixedWindow::<Window>::new(limit, window);
            Keyed::boxed(rule, rule, cap)
        }
        Algorithm::SlidingWindow => {
            let rule = SlidingWindow::new(limit, window);
            Keyed::boxed(rule, rule, cap)
        }
        Algorithm::TokenBucket if PACKED && WholeArrival::fits(limit, window) => Keyed::boxed(
            TokenBucket::<WholeArrival>::new(limit, window, burst),
            TokenBucket::<Arrival>::new(limit, window, burst),
            cap,
        ),
        Algorithm::TokenBucket => {
            let rule = TokenBucket::<Arrival>::new(limit, window, burst);
            Keyed::boxed(rule, rule, cap)
        }
    }
}

/// A rule and its states; `W` is the same rule with a state that holds any limit.
struct Keyed<R: Rule, W: Rule> {
    rule: R,
    table: Table<R::State>,
    /// Made by the first call with a limit of its own.
    own: Option<Box<OwnLimits<W>>>,
    any_limit: W,
    cap: usize,
}

/// All that one policy knows of one key.
struct Saved<R: Rule, W: Rule> {
    state: R::State,
    own_ends: Timestamp,
    /// Limit, its entry in the list, state; in ascending order.
    own: Vec<(u64, Timestamp, W::State)>,
}

impl<R, W> Keyed<R, W>
where
    R: Rule + Send + 'static,
    W: Rule + Send + 'static,
    R::State: Send,
    W::State: Send,
{
    fn boxed(rule: R, any_limit: W, cap: usize) -> Box<dyn Store> {
        Box::new(Self { rule, table: Table::new(cap), own: None, any_limit, cap })
    }

    fn is_own(&self, ask: Ask) -> bool {
        ask.limit != 0 && ask.limit != self.rule.limit()
    }

    fn own_mut(&mut self) -> &mut OwnLimits<W> {
        let cap = self.cap;
        self.own.get_or_insert_with(|| Box::new(OwnLimits::new(cap)))
    }

    fn own_rule(&self, ask: Ask) -> W {
        self.any_limit.with_limit(ask.limit)
    }

    #[cold]
    fn consume_own(&mut self, ask: Ask, now: Timestamp) -> Decision {
        let rule = self.own_rule(ask);
        let own = self.own_mut();
        let state = consume(&rule, &mut own.table, own_tag(ask), ask.cost, now);
        own.note(ask.limit, state.reset_after, now);
        Decision::single(now, state)
    }

    fn state(&self, tag: u64) -> R::State {
        self.table.load(self.table.place(tag), tag)
    }

    /// A key's states under limits of its own that are in use: limit, its entry in the list, state.
    fn live_own(&self, tag: u64, now: Timestamp) -> impl Iterator<Item = (u64, Timestamp, W::State)> {
        let live = self.own.as_ref().map_or(&[][..], |own| &own.live);
        let states = live.iter().map(move |&(limit, until)| {
            let state = self.own_state(own_tag(Ask { tag, cost: 0, limit }));
            (limit, until, state)
        });
        states.filter(move |(limit, _, state)| is_in_use(&self.any_limit.with_limit(*limit), state, now))
    }

    /// When the last of all states under own limits ends; zero where that was before now.
    fn own_ends(&self, now: Timestamp) -> Timestamp {
        self.own.as_ref().map(|own| own.ends).filter(|&ends| now < ends).unwrap_or_default()
    }

    /// What [`Store::save`] wrote.
    fn read(&self, words: &mut Words<'_>, latest: Timestamp) -> Option<Saved<R, W>> {
        let state = self.rule.restore(words, latest)?;
        let (own_ends, count) = (words.time()?, words.number()?);
        let mut own = Vec::new();
        for _ in 0..count {
            let (limit, until) = (words.number()?, words.time()?);
            let is_next = own.last().map_or(0, |&(before, _, _)| before) < limit;
            if !is_next || limit == self.rule.limit() || until > own_ends || own.len() == MAX_LIVE_LIMITS {
                return None;
            }
            own.push((limit, until, self.any_limit.with_limit(limit).restore(words, latest)?));
        }
        Some(Saved { state, own_ends, own })
    }

    /// The state of a call with its own limit.
    fn own_state(&self, tag: u64) -> W::State {
        self.own.as_ref().map_or_else(W::State::default, |own| own.table.load(own.table.place(tag), tag))
    }
}

impl<R, W> Store for Keyed<R, W>
where
    R: Rule + Send + 'static,
    W: Rule + Send + 'static,
    R::State: Send,
    W::State: Send,
{
    fn consume(&mut self, ask: Ask, now: Timestamp) -> Decision {
        self.sweep(now);
        if self.is_own(ask) {
            return self.consume_own(ask, now);
        }
        Decision::single(now, consume(&self.rule, &mut self.table, ask.tag, ask.cost, now))
    }

    fn retry_after(&self, ask: Ask, now: Timestamp) -> RetryAfter {
        if self.is_own(ask) {
            return self.own_rule(ask).retry_after(&self.own_state(own_tag(ask)), ask.cost, now);
        }
        let state = self.table.load(self.table.place(ask.tag), ask.tag);
        self.rule.retry_after(&state, ask.cost, now)
    }

    fn charge(&mut self, ask: Ask, now: Timestamp) {
        if self.is_own(ask) {
            let rule = self.own_rule(ask);
            let own = self.own_mut();
            let charged = |state| rule.charge(state, ask.cost, now);
            let state = update(&mut own.table, own_tag(ask), charged, |state| rule.is_idle(state, now));
            own.note(ask.limit, rule.standing(&state, now).reset_after, now);
            return;
        }
        let rule = self.rule;
        update(&mut self.table, ask.tag, |state| rule.charge(state, ask.cost, now), |state| rule.is_idle(state, now));
    }

    fn refund(&mut self, ask: Ask, charge: Charge, now: Timestamp) {
        if self.is_own(ask) {
            let rule = self.own_rule(ask);
            let refunded = |state| rule.refund(state, ask.cost, charge.at, charge.ended, now);
            update(&mut self.own_mut().table, own_tag(ask), refunded, |state| rule.is_idle(state, now));
            return;
        }
        let rule = self.rule;
        let refunded = |state| rule.refund(state, ask.cost, charge.at, charge.ended, now);
        update(&mut self.table, ask.tag, refunded, |state| rule.is_idle(state, now));
    }

    fn standing(&self, ask: Ask, now: Timestamp) -> PolicyState {
        if self.is_own(ask) {
            return policy_state(&self.own_rule(ask), &self.own_state(own_tag(ask)), now);
        }
        policy_state(&self.rule, &self.table.load(self.table.place(ask.tag), ask.tag), now)
    }

    fn last_refund(&self, now: Timestamp) -> Timestamp {
        let own = self.own.as_ref().map(|own| own.ends);
        now.saturating_add(self.rule.longest_charge()).max(own.unwrap_or(now))
    }

    fn reset(&mut self, tag: u64) {
        self.table.remove(tag);
        if let Some(own) = &mut self.own {
            for &(limit, _) in &own.live {
                own.table.remove(own_tag(Ask { tag, cost: 0, limit }));
            }
        }
    }

    fn save(&self, tag: u64, now: Timestamp, words: &mut Vec<u64>) {
        let state = Some(self.state(tag)).filter(|state| is_in_use(&self.rule, state, now)).unwrap_or_default();
        self.rule.save(&state, words);
        let states: Vec<_> = self.live_own(tag, now).collect();
        words.extend([self.own_ends(now).as_micros(), states.len() as u64]);
        for (limit, until, state) in states {
            words.extend([limit, until.as_micros()]);
            self.any_limit.with_limit(limit).save(&state, words);
        }
    }

    fn check_saved(&self, words: &mut Words<'_>, latest: Timestamp) -> bool {
        self.read(words, latest).is_some()
    }

    fn restore(&mut self, tag: u64, words: &mut Words<'_>, latest: Timestamp) {
        let Some(Saved { state, own_ends, own }) = self.read(words, latest) else { return };
        let rule = self.rule;
        update(&mut self.table, tag, |_| state, |state| rule.is_idle(state, latest));
        if latest < own_ends {
            self.own_mut().ends = own_ends;
        }
        for (limit, until, state) in own {
            let any_limit = self.any_limit;
            let to = self.own_mut();
            to.live.push((limit, until));
            let tag = own_tag(Ask { tag, cost: 0, limit });
            update(&mut to.table, tag, |_| state, |state| any_limit.is_idle(state, latest));
        }
    }

    fn ends(&self, tag: u64, now: Timestamp) -> Timestamp {
        now.saturating_add(self.rule.standing(&self.state(tag), now).reset_after).max(self.own_ends(now))
    }

    #[inline]
    fn sweep(&mut self, now: Timestamp) {
        let rule = self.rule;
        self.table.sweep(|state| rule.is_idle(state, now));
        if let Some(own) = &mut self.own {
            let any_limit = self.any_limit;
            // Whether a state is idle does not depend on the limit.
            own.table.sweep(|state| any_limit.is_idle(state, now));
        }
    }

    fn size(&self) -> Size {
        self.own.as_ref().map_or_else(|| Size::of(&self.table), |own| Size::of(&self.table).plus(Size::of(&own.table)))
    }
}

/// The tag of a key under a limit of its own.
fn own_tag(ask: Ask) -> u64 {
    KeyHash::new([ask.tag, ask.limit]).of(&ask.tag.to_le_bytes()).get()
}

#[cfg_attr(not(feature = "small-code"), inline(always))]
fn consume<R: Rule>(rule: &R, table: &mut Table<R::State>, tag: u64, cost: u64, now: Timestamp) -> PolicyState {
    let place = table.place(tag);
    let state = table.load(place, tag);
    match rule.take(state, cost, now) {
        Ok(charged) => {
            if cost > 0 {
                table.store(place, tag, charged, |state| rule.is_idle(state, now));
            }
            PolicyState { charged: cost, ..policy_state(rule, &charged, now) }
        }
        Err(retry_after) => PolicyState { retry_after, ..policy_state(rule, &state, now) },
    }
}

/// Replaces the state of `tag` by what `change` makes of it.
pub(crate) fn update<S: Copy + Default>(
    table: &mut Table<S>,
    tag: u64,
    change: impl FnOnce(S) -> S,
    idle: impl Fn(&S) -> bool,
) -> S {
    let place = table.place(tag);
    let state = change(table.load(place, tag));
    if place.found || !idle(&state) {
        table.store(place, tag, state, idle);
    }
    state
}

#[inline]
fn policy_state<R: Rule>(rule: &R, state: &R::State, now: Timestamp) -> PolicyState {
    let standing = rule.standing(state, now);
    PolicyState {
        limit: rule.limit(),
        remaining: standing.remaining,
        reset_after: standing.reset_after,
        retry_after: RetryAfter::Now,
        charged: 0,
    }
}

/// Whether a state says more than "never seen". Unlike [`Rule::is_idle`] it looks at all that is counted.
fn is_in_use<R: Rule>(rule: &R, state: &R::State, now: Timestamp) -> bool {
    !rule.standing(state, now).reset_after.is_zero()
}
