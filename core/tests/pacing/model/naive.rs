//! A pacer that keeps every start in a list and looks through all of it each time. With a [`Quirk`] it is wrong.

use super::scripts::Rules;
use super::subject::{Asked, Outcome, Subject};

/// Ways in which pacers are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    None,
    /// Counts in fixed windows, as many queues do.
    FixedWindows,
    /// Forgets a start a microsecond early.
    ForgetsEarly,
    /// Wakes up a microsecond late.
    WakesLate,
    /// Lets cheap tickets overtake.
    CheapOvertake,
    /// Priority without ageing.
    NoAgeing,
    /// The first lane goes first.
    FirstLaneFirst,
    /// A ticket that expired still takes its place when it is shifted (p-ratelimit 1.0.1).
    ExpiredTakesRoom,
    /// A share that shrinks counts only for what starts from then on.
    ForgetsOnShare,
    /// Uses nine tenths of the limit.
    Lazy,
    /// Cancelling does not take effect.
    StartsCancelled,
}

#[derive(Clone)]
struct Waiting {
    ticket: usize,
    asked: Asked,
    key: i128,
}

pub(crate) struct Naive {
    rules: Rules,
    quirk: Quirk,
    shares: Vec<u64>,
    concurrency: u64,
    /// When, which ticket, and what of each policy.
    starts: Vec<(u64, usize, Vec<u64>)>,
    waiting: Vec<Waiting>,
    running: Vec<usize>,
    paused_until: u64,
    last_lane: u32,
    happened: Vec<(usize, Outcome)>,
    now: u64,
}

impl Naive {
    pub(crate) fn new(rules: &Rules, quirk: Quirk) -> Self {
        Self {
            quirk,
            shares: rules.policies.iter().map(|&(limit, _)| limit).collect(),
            concurrency: rules.concurrency.unwrap_or(u64::MAX),
            rules: rules.clone(),
            starts: Vec::new(),
            waiting: Vec::new(),
            running: Vec::new(),
            paused_until: 0,
            last_lane: 0,
            happened: Vec::new(),
            now: 0,
        }
    }

    /// When a start at `at` no longer counts.
    fn leaves(&self, at: u64, window: u64) -> u64 {
        match self.quirk {
            Quirk::FixedWindows => (at / window + 1) * window,
            Quirk::ForgetsEarly => at + window - 1,
            _ => at + window,
        }
    }

    fn used(&self, policy: usize, now: u64) -> u64 {
        let window = self.rules.policies[policy].1;
        self.starts.iter().filter(|(at, ..)| self.leaves(*at, window) > now).map(|(.., costs)| costs[policy]).sum()
    }

    fn share(&self, policy: usize) -> u64 {
        let share = self.shares[policy];
        if self.quirk == Quirk::Lazy && share >= 2 { share - share.div_ceil(10) } else { share }
    }

    fn fits(&self, costs: &[u64], now: u64) -> bool {
        costs.iter().enumerate().all(|(i, &cost)| cost == 0 || self.used(i, now) + cost <= self.share(i))
    }

    fn is_parked(&self, costs: &[u64]) -> bool {
        costs.iter().enumerate().any(|(i, &cost)| self.shares[i] > 0 && cost > self.shares[i])
    }

    /// Whose turn it is, as an index in `waiting`.
    fn turn(&self) -> Option<usize> {
        let can_wait = |waiting: &&Waiting| {
            let costs = &waiting.asked.costs;
            !self.is_parked(costs) && (self.quirk != Quirk::CheapOvertake || self.fits(costs, self.now))
        };
        let rank = |waiting: &&Waiting| {
            let lane = waiting.asked.lane;
            let had_turn = lane <= self.last_lane && self.quirk != Quirk::FirstLaneFirst;
            (had_turn, lane, waiting.key, waiting.ticket)
        };
        let first = self.waiting.iter().filter(can_wait).min_by_key(rank)?.ticket;
        self.waiting.iter().position(|waiting| waiting.ticket == first)
    }

    fn may_start(&self, costs: &[u64], now: u64) -> bool {
        (self.running.len() as u64) < self.concurrency && now >= self.paused_until && self.fits(costs, now)
    }

    fn start(&mut self, ticket: usize, costs: Vec<u64>) {
        self.starts.push((self.now, ticket, costs));
        self.running.push(ticket);
        self.happened.push((ticket, Outcome::Started));
    }

    fn start_ready(&mut self) {
        while let Some(i) = self.turn() {
            if !self.may_start(&self.waiting[i].asked.costs, self.now) {
                return;
            }
            let Waiting { ticket, asked, .. } = self.waiting.remove(i);
            self.last_lane = asked.lane;
            self.start(ticket, asked.costs);
        }
    }

    fn expire(&mut self, until: u64) {
        let is_late = |waiting: &Waiting| waiting.asked.deadline.is_some_and(|deadline| deadline <= until);
        let mut late: Vec<Waiting> = self.waiting.iter().filter(|waiting| is_late(waiting)).cloned().collect();
        late.sort_by_key(|waiting| (waiting.asked.deadline, waiting.ticket));
        self.waiting.retain(|waiting| !is_late(waiting));
        for Waiting { ticket, asked, .. } in late {
            self.happened.push((ticket, Outcome::Expired));
            if self.quirk == Quirk::ExpiredTakesRoom {
                self.starts.push((self.now, ticket, asked.costs));
            }
        }
    }

    fn progress(&mut self, now: u64) {
        self.now = self.now.max(now);
        if let Some(before) = self.now.checked_sub(1) {
            self.expire(before);
        }
        self.start_ready();
        self.expire(self.now);
        self.start_ready();
    }
}

impl Subject for Naive {
    fn submit(&mut self, ticket: usize, asked: &Asked, now: u64) -> Outcome {
        if asked.costs.iter().zip(&self.rules.policies).any(|(cost, (limit, _))| cost > limit) {
            return Outcome::Rejected;
        }
        self.progress(now);
        let nobody_waits = self.waiting.iter().all(|waiting| self.is_parked(&waiting.asked.costs));
        if nobody_waits && !self.is_parked(&asked.costs) && self.may_start(&asked.costs, self.now) {
            self.start(ticket, asked.costs.clone());
            self.happened.pop();
            return Outcome::Started;
        }
        let ageing = if self.quirk == Quirk::NoAgeing { 1 << 60 } else { i128::from(self.rules.ageing) };
        let key = i128::from(self.now) - i128::from(asked.priority) * ageing;
        self.waiting.push(Waiting { ticket, asked: asked.clone(), key });
        self.start_ready();
        if self.happened.last() == Some(&(ticket, Outcome::Started)) {
            self.happened.pop();
            return Outcome::Started;
        }
        if self.waiting.len() as u64 > self.rules.max_queue {
            self.waiting.retain(|waiting| waiting.ticket != ticket);
            return Outcome::Rejected;
        }
        self.progress(now);
        Outcome::Waiting
    }

    fn finish(&mut self, ticket: usize, now: u64) {
        self.running.retain(|&running| running != ticket);
        self.progress(now);
    }

    fn settle(&mut self, ticket: usize, costs: &[u64], now: u64) {
        self.now = self.now.max(now);
        let own = self.starts.iter().filter(|start| start.1 == ticket);
        let charged: Vec<u64> = (0..costs.len()).map(|i| own.clone().map(|start| start.2[i]).sum()).collect();
        let more = costs.iter().zip(&charged).map(|(actual, charged)| actual.saturating_sub(*charged)).collect();
        for (_, other, kept) in &mut self.starts {
            if *other == ticket {
                // What was charged at the start comes first in the list, and is given back there.
                for (i, kept) in kept.iter_mut().enumerate() {
                    *kept -= (*kept).min(charged[i].saturating_sub(costs[i]));
                }
                break;
            }
        }
        self.starts.push((self.now, ticket, more));
        self.progress(now);
    }

    fn cancel(&mut self, ticket: usize, now: u64) -> bool {
        let before = self.waiting.len();
        if self.quirk != Quirk::StartsCancelled {
            self.waiting.retain(|waiting| waiting.ticket != ticket);
        }
        let cancelled = self.waiting.len() < before || self.quirk == Quirk::StartsCancelled;
        if cancelled {
            self.progress(now);
        }
        cancelled
    }

    fn pause(&mut self, span: u64, now: u64) {
        self.now = self.now.max(now);
        self.paused_until = self.paused_until.max(self.now + span);
    }

    fn resume(&mut self, now: u64) {
        self.paused_until = 0;
        self.progress(now);
    }

    fn set_share(&mut self, shares: &[u64], concurrency: u64, now: u64) {
        self.shares = shares.iter().zip(&self.rules.policies).map(|(share, (limit, _))| *share.min(limit)).collect();
        self.concurrency = concurrency;
        if self.quirk == Quirk::ForgetsOnShare {
            self.starts.clear();
        }
        self.progress(now);
    }

    fn set_limits(&mut self, limits: &[u64], now: u64) {
        for (i, &limit) in limits.iter().enumerate().filter(|&(_, &limit)| limit > 0) {
            let before = std::mem::replace(&mut self.rules.policies[i].0, limit);
            self.shares[i] = if self.shares[i] == before { limit } else { self.shares[i].min(limit) };
        }
        self.progress(now);
    }

    fn cancel_unfit(&mut self, ticket: usize, now: u64) -> bool {
        let Some(found) = self.waiting.iter().find(|waiting| waiting.ticket == ticket) else { return false };
        let is_unfit = found.asked.costs.iter().zip(&self.rules.policies).any(|(cost, (limit, _))| cost > limit);
        is_unfit && self.cancel(ticket, now)
    }

    fn handle_timeout(&mut self, now: u64) {
        self.progress(now);
    }

    fn events(&mut self) -> Vec<(usize, Outcome)> {
        std::mem::take(&mut self.happened)
    }

    /// Tries every time at which something leaves a window.
    fn poll_timeout(&self) -> Option<u64> {
        let mut times = vec![self.now, self.paused_until];
        for (_, window) in &self.rules.policies {
            times.extend(self.starts.iter().map(|(at, ..)| self.leaves(*at, *window)));
        }
        times.retain(|&at| at >= self.now);
        times.sort_unstable();
        let late = u64::from(self.quirk == Quirk::WakesLate);
        let head = self.turn().map(|i| self.waiting[i].asked.costs.clone());
        let start = head.and_then(|costs| times.into_iter().find(|&at| self.may_start(&costs, at))).map(|at| at + late);
        let expiry = self.waiting.iter().filter_map(|waiting| waiting.asked.deadline).min();
        start.into_iter().chain(expiry).min()
    }
}
