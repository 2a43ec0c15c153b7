//! The pacer itself.

mod limits;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::config::PacerConfig;
use super::queue::{Place, Queue};
use super::rate::Rate;
use super::submission::{Admission, PacerEvent, Rejection, Submission};
use super::tickets::{Charge, Stage, TicketId, Tickets};
use crate::limiter::Cost;
use crate::policy::{CheckedPolicy, ConfigError};
use crate::time::{MAX_SAFE_INTEGER, Span, Timestamp};

/// Says when calls that go out may go: as soon as the policies and the concurrency allow, and in which order.
///
/// **Bound.** The cost that starts in any span as long as a policy's window is at most its limit. A policy with a limit
/// of up to 1,000 is counted exactly; above, a start may count for up to a thousandth of the window too long, so that
/// with a backlog at least 99.9 % of the limit is used. What [`Pacer::settle`] adds comes on top.
///
/// **Order.** Lanes take turns, and within a lane the ticket goes first that has waited longest, each step of priority
/// counting as [`PacerConfig::ageing`]. Whose turn it is goes first: it is not overtaken by cheaper tickets, so that
/// none starves. Only a ticket that costs more than the present share of a policy is passed by, until the share grows.
///
/// **Use.** Commands are [`Pacer::submit`], [`Pacer::finish`], [`Pacer::settle`], [`Pacer::cancel`], [`Pacer::clear`],
/// [`Pacer::pause`], [`Pacer::resume`], [`Pacer::set_share`], [`Pacer::set_limits`] and [`Pacer::learn`]; time passes by
/// [`Pacer::handle_timeout`]. After each of them, take all events from [`Pacer::poll_event`], then ask
/// [`Pacer::poll_timeout`] when to call `handle_timeout`. Each ticket that starts is to be finished once. `now` comes
/// from a monotonic clock; where it goes backwards, no time has passed.
///
/// ```
/// use tollgate_core::{Admission, Pacer, PacerConfig, PacerEvent, Policy, Span, Submission, Timestamp};
/// let policy = Policy { limit: 1, window: Span::from_secs(1), ..Policy::default() };
/// let mut pacer = Pacer::new(PacerConfig { policies: vec![policy], ..PacerConfig::default() })?;
/// let first = pacer.submit(Submission::default(), Timestamp::ZERO);
/// assert!(matches!(first, Ok(Admission::Started(_))));
/// let Ok(Admission::Waiting(second)) = pacer.submit(Submission::default(), Timestamp::ZERO) else { panic!() };
/// let later = Timestamp::from_millis(1_000);
/// assert_eq!(pacer.poll_timeout(), Some(later));
/// pacer.handle_timeout(later);
/// assert_eq!(pacer.poll_event(), Some(PacerEvent::Started(second)));
/// # Ok::<(), tollgate_core::ConfigError>(())
/// ```
pub struct Pacer {
    policies: Vec<CheckedPolicy>,
    rates: Vec<Rate>,
    tickets: Tickets,
    queue: Queue,
    events: VecDeque<PacerEvent>,
    max_queue: u64,
    concurrency: u64,
    running: u64,
    paused_until: Timestamp,
    /// Since when tickets may have started of which the host has not said that they have begun.
    unconfirmed: Option<Timestamp>,
    latest: Timestamp,
}

/// Whether whoever is first may go.
enum Turn {
    /// At the latest time seen.
    Now(Place),
    /// At that time, if nothing changes.
    At(Timestamp),
    /// Not before something changes.
    Never,
}

impl Pacer {
    /// Checks the configuration and makes a pacer that has started nothing, with all of its limits.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn new(config: PacerConfig) -> Result<Self, ConfigError> {
        let checked = config.check()?;
        Ok(Self {
            rates: checked.policies.iter().map(Rate::new).collect(),
            policies: checked.policies,
            tickets: Tickets::new(),
            queue: Queue::new(checked.ageing),
            events: VecDeque::new(),
            max_queue: checked.max_queue,
            concurrency: checked.concurrency,
            running: 0,
            paused_until: Timestamp::ZERO,
            unconfirmed: None,
            latest: Timestamp::ZERO,
        })
    }

    /// Asks for a call.
    ///
    /// # Errors
    /// [`Rejection`] says why it can never go, or cannot wait.
    pub fn submit(&mut self, submission: Submission<'_>, now: Timestamp) -> Result<Admission, Rejection> {
        self.check_size(submission.cost)?;
        self.handle_timeout(now);
        let Some(index) = self.tickets.next_index() else { return Err(Rejection::QueueFull) };
        let Submission { cost, priority, lane, deadline } = submission;
        if self.queue.nobody_has_a_turn() && self.is_free(cost) {
            return Ok(Admission::Started(self.start_at_once(index, cost)));
        }
        let place = self.queue.place(index, lane, priority, deadline.unwrap_or(Timestamp::MAX), self.latest);
        let id = self.tickets.insert(index, Charge::from(cost), Stage::Waiting(place));
        self.queue.insert(place, id);
        // Whoever else has the turn could not start a moment ago, and cannot now.
        let has_turn = self.queue.first() == Some(place);
        if has_turn {
            self.start_ready();
        }
        if self.events.back() == Some(&PacerEvent::Started(id)) {
            self.events.pop_back();
            return Ok(Admission::Started(id));
        }
        if self.queue.len() > self.max_queue {
            self.queue.remove(place, id);
            self.tickets.remove(id);
            return Err(Rejection::QueueFull);
        }
        if has_turn || deadline.is_some() {
            self.progress();
        }
        Ok(Admission::Waiting(id))
    }

    /// A call has ended: its place is free. False where there is no such ticket that runs.
    pub fn finish(&mut self, id: TicketId, now: Timestamp) -> bool {
        let Some(ticket) = self.tickets.get(id).filter(|ticket| matches!(ticket.stage, Stage::Running { .. })) else {
            return false;
        };
        for (i, rate) in self.rates.iter_mut().enumerate() {
            rate.finish(ticket.charge.of(i));
        }
        self.running = self.running.saturating_sub(1);
        self.tickets.remove(id);
        self.handle_timeout(now);
        true
    }

    /// Corrects what a call that runs has taken to what it really cost: what was too much is given back as long as its
    /// start is in the window, what was too little is charged now, even above the limit. False where there is no such
    /// ticket that runs.
    pub fn settle(&mut self, id: TicketId, actual: Cost<'_>, now: Timestamp) -> bool {
        self.advance(now);
        let Some(ticket) = self.tickets.get_mut(id) else { return false };
        let Stage::Running { since } = ticket.stage else { return false };
        let settle = |(i, rate): (usize, &mut Rate)| {
            rate.settle(ticket.charge.settled(i), actual.of(i).min(MAX_SAFE_INTEGER), since, self.latest)
        };
        ticket.charge = Charge::Settled(self.rates.iter_mut().enumerate().map(settle).collect());
        self.handle_timeout(now);
        true
    }

    /// Takes a ticket back that waits. False where there is none: it has started, or ended.
    pub fn cancel(&mut self, id: TicketId, now: Timestamp) -> bool {
        let Some(Stage::Waiting(place)) = self.tickets.get(id).map(|ticket| ticket.stage) else { return false };
        let had_turn = self.queue.first() == Some(place);
        self.queue.remove(place, id);
        self.tickets.remove(id);
        // Nobody waited for it otherwise.
        if had_turn {
            self.handle_timeout(now);
        }
        true
    }

    /// Takes all tickets back that wait, without events; those that have started or expired keep theirs.
    pub fn clear(&mut self) {
        for place in self.queue.clear() {
            if let Some((id, _)) = self.tickets.at_mut(place.index) {
                self.tickets.remove(id);
            }
        }
    }

    /// Starts nothing for `span` ([`Span::MAX`]: until [`Pacer::resume`]). A longer pause that is on already stays.
    pub fn pause(&mut self, span: Span, now: Timestamp) {
        self.advance(now);
        self.paused_until = self.paused_until.max(self.latest.saturating_add(span));
    }

    /// Ends a pause.
    pub fn resume(&mut self, now: Timestamp) {
        self.paused_until = Timestamp::ZERO;
        self.handle_timeout(now);
    }

    /// Sets what of each limit, and of the concurrency, may be used from now on; more than all is all. Where the share
    /// shrinks, running calls end, and nothing starts until what has started in the window is below the new share. A
    /// policy without an entry in `shares` keeps its own. With a share of 0 everything waits.
    pub fn set_share(&mut self, shares: &[u64], concurrency: u64, now: Timestamp) {
        for (rate, &share) in self.rates.iter_mut().zip(shares) {
            rate.share = share.min(rate.limit);
        }
        self.concurrency = concurrency;
        self.queue.unpark();
        self.handle_timeout(now);
    }

    /// The other side says, in its answer to the call of `id`, what it has left for us under a policy until it counts
    /// anew in `span`. What runs and it may not have seen yet is taken off. The latest word counts.
    pub fn learn(&mut self, id: TicketId, policy: usize, left: u64, span: Span, now: Timestamp) {
        self.advance(now);
        let running = self.tickets.get(id).filter(|ticket| matches!(ticket.stage, Stage::Running { .. }));
        let own = running.map_or(0, |ticket| ticket.charge.of(policy));
        if let Some(rate) = self.rates.get_mut(policy) {
            rate.told(left, own, span, self.latest);
        }
        self.handle_timeout(now);
    }

    /// Everything that has started since the last time this was called has begun by now. For hosts where that takes a
    /// while: those starts count from now on, so that the bound holds for the calls themselves. Such a host calls it
    /// after all that starts, soon.
    pub fn begun(&mut self, now: Timestamp) {
        self.advance(now);
        if let Some(since) = self.unconfirmed.take() {
            for rate in &mut self.rates {
                rate.postpone(since, self.latest);
            }
        }
    }

    /// Lets time pass: tickets whose deadline has passed expire, and what may start starts.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.advance(now);
        if !self.queue.is_empty() {
            self.progress();
        }
    }

    /// The next event, if there is one.
    pub fn poll_event(&mut self) -> Option<PacerEvent> {
        self.events.pop_front()
    }

    /// When [`Pacer::handle_timeout`] is to be called, exactly: nothing starts and nothing expires before, and something
    /// does then. `None` where time alone changes nothing.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let start = match self.turn() {
            Turn::Now(_) => Some(self.latest),
            Turn::At(at) => Some(at),
            Turn::Never => None,
        };
        start.into_iter().chain(self.queue.first_deadline()).min().filter(|&at| at < Timestamp::MAX)
    }

    /// How many events there are.
    #[must_use]
    pub fn events(&self) -> usize {
        self.events.len()
    }

    /// How many tickets wait.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.queue.len()
    }

    /// How many calls have started and not ended.
    #[must_use]
    pub fn running(&self) -> u64 {
        self.running
    }

    /// When the pause ends; the last timestamp for one without an end. `None` where there is none.
    #[must_use]
    pub fn paused_until(&self) -> Option<Timestamp> {
        Some(self.paused_until).filter(|&until| until > self.latest)
    }

    /// The cost that has started in a policy's present window; 0 for a policy that there is not.
    #[must_use]
    pub fn used(&self, policy: usize) -> u64 {
        self.rates.get(policy).map_or(0, Rate::used)
    }

    /// What may be used of a policy's limit; 0 for a policy that there is not.
    #[must_use]
    pub fn share(&self, policy: usize) -> u64 {
        self.rates.get(policy).map_or(0, |rate| rate.share)
    }

    /// The policies, in the order of costs.
    #[must_use]
    pub fn policies(&self) -> &[CheckedPolicy] {
        &self.policies
    }

    /// The latest time that it has seen.
    #[must_use]
    pub fn latest(&self) -> Timestamp {
        self.latest
    }

    /// The last timestamp never comes: what saturates there stays where it is.
    #[inline]
    fn advance(&mut self, now: Timestamp) {
        const LAST: Timestamp = Timestamp::from_micros(MAX_SAFE_INTEGER - 1);
        self.latest = self.latest.max(now.min(LAST));
        for rate in &mut self.rates {
            rate.advance(self.latest);
        }
    }

    fn check_size(&self, cost: Cost<'_>) -> Result<(), Rejection> {
        for (policy, rate) in self.rates.iter().enumerate() {
            let (cost, limit) = (cost.of(policy), rate.limit);
            if cost > limit {
                return Err(Rejection::TooLarge { policy, cost, limit });
            }
        }
        Ok(())
    }

    /// Whether a call could start now if nobody waited.
    #[inline]
    fn is_free(&self, cost: Cost<'_>) -> bool {
        self.running < self.concurrency
            && self.latest >= self.paused_until
            && self.ready_at(|policy| cost.of(policy)) == Some(self.latest)
    }

    #[inline]
    fn start_at_once(&mut self, index: u32, cost: Cost<'_>) -> TicketId {
        self.running = self.running.saturating_add(1);
        self.unconfirmed.get_or_insert(self.latest);
        for (i, rate) in self.rates.iter_mut().enumerate() {
            rate.start(cost.of(i), self.latest);
        }
        self.tickets.insert(index, Charge::from(cost), Stage::Running { since: self.latest })
    }

    /// When all policies allow a cost.
    #[inline]
    fn ready_at(&self, cost: impl Fn(usize) -> u64) -> Option<Timestamp> {
        let mut at = self.latest;
        for (i, rate) in self.rates.iter().enumerate() {
            at = at.max(rate.ready_at(cost(i), self.latest)?);
        }
        Some(at)
    }

    /// Does what is due. Who waited longer than allowed does not start, even where the host was late; who waited exactly
    /// as long does. What expires may be what the others waited for.
    fn progress(&mut self) {
        if self.queue.first_deadline().is_some() {
            self.expire(self.latest.saturating_sub(Span::from_micros(1)));
            self.start_ready();
            self.expire(self.latest);
        }
        self.start_ready();
    }

    fn start_ready(&mut self) {
        loop {
            self.park_unfit();
            let Turn::Now(place) = self.turn() else { return };
            self.start(place);
        }
    }

    /// Sets those aside whose turn it is, but who cost more than a present share. Where a share is 0 all wait alike.
    fn park_unfit(&mut self) {
        while let Some(place) = self.queue.first() {
            let charge = self.tickets.at(place.index).map(|ticket| &ticket.charge);
            let is_unfit =
                |(i, rate): (usize, &Rate)| rate.share > 0 && charge.is_some_and(|charge| charge.of(i) > rate.share);
            if !self.rates.iter().enumerate().any(is_unfit) {
                return;
            }
            self.queue.park(place);
        }
    }

    fn turn(&self) -> Turn {
        if self.running >= self.concurrency {
            return Turn::Never;
        }
        let Some(place) = self.queue.first() else { return Turn::Never };
        let Some(ticket) = self.tickets.at(place.index) else { return Turn::Never };
        match self.ready_at(|policy| ticket.charge.of(policy)).map(|at| at.max(self.paused_until)) {
            Some(at) if at <= self.latest => Turn::Now(place),
            Some(at) => Turn::At(at),
            None => Turn::Never,
        }
    }

    fn start(&mut self, place: Place) {
        let Some((id, ticket)) = self.tickets.at_mut(place.index) else { return };
        self.queue.take(place, id);
        ticket.stage = Stage::Running { since: self.latest };
        for (i, rate) in self.rates.iter_mut().enumerate() {
            rate.start(ticket.charge.of(i), self.latest);
        }
        self.running = self.running.saturating_add(1);
        self.unconfirmed.get_or_insert(self.latest);
        self.events.push_back(PacerEvent::Started(id));
    }

    /// Ends every ticket whose deadline is not after `until`.
    fn expire(&mut self, until: Timestamp) {
        while let Some(id) = self.queue.pop_deadline(until) {
            if let Some(Stage::Waiting(place)) = self.tickets.get(id).map(|ticket| ticket.stage) {
                self.queue.remove(place, id);
            }
            self.tickets.remove(id);
            self.events.push_back(PacerEvent::Expired(id));
        }
    }
}
