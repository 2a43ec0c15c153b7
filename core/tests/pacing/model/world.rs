//! Runs scripts against a pacer, goes to each time it names, and holds what happens to the properties.

use proptest::prelude::*;

use super::scripts::{Rules, Step};
use super::subject::{Asked, Outcome, Subject};

/// A pacer, its tickets, and every start in a list.
pub(crate) struct World<S> {
    pub(crate) subject: S,
    rules: Rules,
    shares: Vec<u64>,
    concurrency: u64,
    pub(crate) now: u64,
    pub(crate) tickets: Vec<(Asked, Outcome)>,
    /// When, which ticket, and what of each policy.
    charges: Vec<(u64, usize, Vec<u64>)>,
    /// Everything that has happened, for comparison.
    pub(crate) history: Vec<(u64, usize, Outcome)>,
}

impl<S: Subject> World<S> {
    pub(crate) fn new(rules: &Rules, subject: S) -> Self {
        Self {
            subject,
            shares: rules.policies.iter().map(|&(limit, _)| limit).collect(),
            concurrency: rules.concurrency.unwrap_or(u64::MAX),
            rules: rules.clone(),
            now: 0,
            tickets: Vec::new(),
            charges: Vec::new(),
            history: Vec::new(),
        }
    }

    /// Runs a script to its end, and then on until nothing waits.
    pub(crate) fn run(&mut self, steps: &[Step]) -> Result<(), TestCaseError> {
        for step in steps {
            self.step(step)?;
        }
        self.run_out()
    }

    fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Submit { costs, priority, lane, max_delay } => {
                let deadline = max_delay.map(|span| self.now + span);
                self.submit(Asked { costs: costs.clone(), priority: *priority, lane: *lane, deadline })?;
            }
            Step::Finish(which) => self.finish(*which)?,
            Step::Settle(which, costs) => self.settle(*which, costs)?,
            Step::Cancel(which) => self.cancel(*which)?,
            Step::Pause(span) => self.subject.pause(*span, self.now),
            Step::Resume => self.subject.resume(self.now),
            Step::SetShare(shares, concurrency) => self.set_share(shares, *concurrency),
            Step::SetLimits(limits) => self.set_limits(limits)?,
            Step::Wait(span) => self.wait(*span)?,
        }
        self.take_events().map(|_| ())
    }

    pub(crate) fn submit(&mut self, asked: Asked) -> Result<Outcome, TestCaseError> {
        let ticket = self.tickets.len();
        self.tickets.push((asked.clone(), Outcome::Waiting));
        let outcome = self.subject.submit(ticket, &asked, self.now);
        // What waited before this one comes first.
        self.take_events()?;
        if outcome != Outcome::Waiting {
            self.happens(ticket, outcome)?;
        }
        Ok(outcome)
    }

    fn finish(&mut self, which: usize) -> Result<(), TestCaseError> {
        if let Some(ticket) = self.pick(which, Outcome::Started) {
            self.happens(ticket, Outcome::Finished)?;
            self.subject.finish(ticket, self.now);
        }
        Ok(())
    }

    fn settle(&mut self, which: usize, costs: &[u64]) -> Result<(), TestCaseError> {
        let Some(ticket) = self.pick(which, Outcome::Started) else { return Ok(()) };
        let own = self.charges.iter().filter(|charge| charge.1 == ticket);
        let charged: Vec<u64> = (0..costs.len()).map(|i| own.clone().map(|charge| charge.2[i]).sum()).collect();
        let more = costs.iter().zip(&charged).map(|(actual, charged)| actual.saturating_sub(*charged)).collect();
        let start = self.charges.iter_mut().find(|(_, other, _)| *other == ticket).expect("a start");
        for (i, kept) in start.2.iter_mut().enumerate() {
            *kept -= (*kept).min(charged[i].saturating_sub(costs[i]));
        }
        self.charges.push((self.now, ticket, more));
        self.subject.settle(ticket, costs, self.now);
        Ok(())
    }

    fn cancel(&mut self, which: usize) -> Result<(), TestCaseError> {
        let Some(ticket) = self.pick(which, Outcome::Waiting) else { return Ok(()) };
        prop_assert!(self.subject.cancel(ticket, self.now));
        self.happens(ticket, Outcome::Cancelled)
    }

    fn set_share(&mut self, shares: &[u64], concurrency: u64) {
        self.shares = shares.iter().zip(&self.rules.policies).map(|(share, (limit, _))| *share.min(limit)).collect();
        self.concurrency = concurrency;
        self.subject.set_share(shares, concurrency, self.now);
    }

    /// What then can never start is taken back.
    fn set_limits(&mut self, limits: &[u64]) -> Result<(), TestCaseError> {
        for (i, &limit) in limits.iter().enumerate().filter(|&(_, &limit)| limit > 0) {
            let before = std::mem::replace(&mut self.rules.policies[i].0, limit);
            self.shares[i] = if self.shares[i] == before { limit } else { self.shares[i].min(limit) };
        }
        self.subject.set_limits(limits, self.now);
        self.take_events()?;
        for ticket in 0..self.tickets.len() {
            let (Asked { costs, .. }, outcome) = &self.tickets[ticket];
            let waits = *outcome == Outcome::Waiting;
            let is_unfit = costs.iter().zip(&self.rules.policies).any(|(cost, (limit, _))| cost > limit);
            let cancelled = *outcome != Outcome::Rejected && self.subject.cancel_unfit(ticket, self.now);
            prop_assert_eq!(cancelled, waits && is_unfit, "ticket {} at {}", ticket, self.now);
            if cancelled {
                self.happens(ticket, Outcome::Cancelled)?;
                self.take_events()?;
            }
        }
        Ok(())
    }

    fn pick(&self, which: usize, outcome: Outcome) -> Option<usize> {
        let all: Vec<usize> = (0..self.tickets.len()).filter(|&i| self.tickets[i].1 == outcome).collect();
        (!all.is_empty()).then(|| all[which % all.len()])
    }

    /// Goes on by `span`, by way of each time that the pacer names: nothing happens a microsecond before, something
    /// does then.
    pub(crate) fn wait(&mut self, span: u64) -> Result<(), TestCaseError> {
        let end = self.now + span;
        while let Some(due) = self.subject.poll_timeout().filter(|&due| due <= end) {
            prop_assert!(due > self.now, "what is due has not been done");
            if due - 1 > self.now {
                self.subject.handle_timeout(due - 1);
                self.now = due - 1;
                prop_assert_eq!(self.take_events()?, 0, "before {} something happens", due);
            }
            self.now = due;
            self.subject.handle_timeout(due);
            prop_assert!(self.take_events()? > 0, "at {} nothing happens", due);
        }
        self.now = end;
        self.subject.handle_timeout(end);
        prop_assert_eq!(self.take_events()?, 0, "something happens that was not announced");
        Ok(())
    }

    /// With everything allowed again and each call finished at once, everything ends.
    fn run_out(&mut self) -> Result<(), TestCaseError> {
        let limits: Vec<u64> = self.rules.policies.iter().map(|&(limit, _)| limit).collect();
        self.set_share(&limits, self.rules.concurrency.unwrap_or(u64::MAX));
        self.subject.resume(self.now);
        self.take_events()?;
        for _ in 0..3 * self.tickets.len() + 3 {
            while self.pick(0, Outcome::Started).is_some() {
                self.finish(0)?;
                self.take_events()?;
            }
            let Some(due) = self.subject.poll_timeout() else { break };
            self.wait(due - self.now)?;
        }
        let waits = self.tickets.iter().position(|(_, outcome)| matches!(outcome, Outcome::Waiting | Outcome::Started));
        prop_assert_eq!(waits, None, "a ticket that does not end");
        Ok(())
    }

    fn take_events(&mut self) -> Result<usize, TestCaseError> {
        let events = self.subject.events();
        for &(ticket, outcome) in &events {
            self.happens(ticket, outcome)?;
        }
        Ok(events.len())
    }

    /// Holds one ticket's change to the properties: each goes its way once, and what starts is within all bounds.
    fn happens(&mut self, ticket: usize, outcome: Outcome) -> Result<(), TestCaseError> {
        let before = std::mem::replace(&mut self.tickets[ticket].1, outcome);
        let expected = if outcome == Outcome::Finished { Outcome::Started } else { Outcome::Waiting };
        prop_assert_eq!(before, expected, "ticket {} is {:?}", ticket, outcome);
        self.history.push((self.now, ticket, outcome));
        if outcome == Outcome::Started {
            self.check_start(ticket)?;
        }
        Ok(())
    }

    fn check_start(&mut self, ticket: usize) -> Result<(), TestCaseError> {
        let costs = self.tickets[ticket].0.costs.clone();
        let running = self.tickets.iter().filter(|(_, outcome)| *outcome == Outcome::Started).count() as u64;
        prop_assert!(running <= self.concurrency, "{} run, of {}", running, self.concurrency);
        self.charges.push((self.now, ticket, costs.clone()));
        for (i, &(_, window)) in self.rules.policies.iter().enumerate() {
            let counts = |at: u64| at + window > self.now;
            let used: u64 = self.charges.iter().filter(|charge| counts(charge.0)).map(|charge| charge.2[i]).sum();
            prop_assert!(costs[i] == 0 || used <= self.shares[i], "{} of {} at {}", used, self.shares[i], self.now);
        }
        let late = self.tickets[ticket].0.deadline.is_some_and(|deadline| deadline < self.now);
        prop_assert!(!late, "ticket {} starts after its deadline", ticket);
        Ok(())
    }
}
