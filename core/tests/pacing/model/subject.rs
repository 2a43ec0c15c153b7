//! What the properties ask of a pacer. Tickets are numbered by the test, in the order of their submission.

use std::collections::HashMap;

use tollgate_core::{Admission, Cost, Pacer, PacerConfig, PacerEvent, Policy, Span, Submission, TicketId, Timestamp};

use super::scripts::Rules;

/// What a ticket asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) costs: Vec<u64>,
    pub(crate) priority: i32,
    pub(crate) lane: u32,
    /// Absolute.
    pub(crate) deadline: Option<u64>,
}

/// How a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Waiting,
    Started,
    Expired,
    Rejected,
    Cancelled,
    Finished,
}

pub(crate) trait Subject {
    fn submit(&mut self, ticket: usize, asked: &Asked, now: u64) -> Outcome;
    fn finish(&mut self, ticket: usize, now: u64);
    fn settle(&mut self, ticket: usize, costs: &[u64], now: u64);
    fn cancel(&mut self, ticket: usize, now: u64) -> bool;
    fn pause(&mut self, span: u64, now: u64);
    fn resume(&mut self, now: u64);
    fn set_share(&mut self, shares: &[u64], concurrency: u64, now: u64);
    /// Replaces the limits; 0 keeps one.
    fn set_limits(&mut self, limits: &[u64], now: u64);
    /// Takes a ticket back that costs more than a limit.
    fn cancel_unfit(&mut self, ticket: usize, now: u64) -> bool;
    fn handle_timeout(&mut self, now: u64);
    /// What has happened to tickets that waited.
    fn events(&mut self) -> Vec<(usize, Outcome)>;
    fn poll_timeout(&self) -> Option<u64>;
}

/// The pacer itself.
pub(crate) struct Tollgate {
    pub(crate) pacer: Pacer,
    ids: HashMap<usize, TicketId>,
    tickets: HashMap<TicketId, usize>,
}

fn at(micros: u64) -> Timestamp {
    Timestamp::from_micros(micros)
}

impl Tollgate {
    pub(crate) fn new(rules: &Rules) -> Self {
        let policy = |(i, &(limit, window)): (usize, &(u64, u64))| Policy {
            name: Some(format!("p{i}")),
            limit,
            window: Span::from_micros(window),
            ..Policy::default()
        };
        let config = PacerConfig {
            policies: rules.policies.iter().enumerate().map(policy).collect(),
            concurrency: rules.concurrency,
            max_queue: rules.max_queue,
            ageing: Span::from_micros(rules.ageing),
        };
        Self { pacer: Pacer::new(config).expect("valid rules"), ids: HashMap::new(), tickets: HashMap::new() }
    }

    pub(crate) fn id(&self, ticket: usize) -> TicketId {
        self.ids[&ticket]
    }

    fn remember(&mut self, ticket: usize, id: TicketId) {
        self.ids.insert(ticket, id);
        assert!(self.tickets.insert(id, ticket).is_none(), "{id:?} names two tickets");
    }
}

impl Subject for Tollgate {
    fn submit(&mut self, ticket: usize, asked: &Asked, now: u64) -> Outcome {
        let submission = Submission {
            cost: Cost::Each(&asked.costs),
            priority: asked.priority,
            lane: asked.lane,
            deadline: asked.deadline.map(at),
        };
        match self.pacer.submit(submission, at(now)) {
            Ok(Admission::Started(id)) => {
                self.remember(ticket, id);
                Outcome::Started
            }
            Ok(Admission::Waiting(id)) => {
                self.remember(ticket, id);
                Outcome::Waiting
            }
            Err(_) => Outcome::Rejected,
        }
    }

    fn finish(&mut self, ticket: usize, now: u64) {
        assert!(self.pacer.finish(self.id(ticket), at(now)));
        assert!(!self.pacer.finish(self.id(ticket), at(now)), "a ticket ends once");
    }

    fn settle(&mut self, ticket: usize, costs: &[u64], now: u64) {
        assert!(self.pacer.settle(self.id(ticket), Cost::Each(costs), at(now)));
    }

    fn cancel(&mut self, ticket: usize, now: u64) -> bool {
        self.pacer.cancel(self.id(ticket), at(now))
    }

    fn pause(&mut self, span: u64, now: u64) {
        self.pacer.pause(Span::from_micros(span), at(now));
    }

    fn resume(&mut self, now: u64) {
        self.pacer.resume(at(now));
    }

    fn set_share(&mut self, shares: &[u64], concurrency: u64, now: u64) {
        self.pacer.set_share(shares, concurrency, at(now));
    }

    fn set_limits(&mut self, limits: &[u64], now: u64) {
        self.pacer.set_limits(limits, None, at(now));
    }

    fn cancel_unfit(&mut self, ticket: usize, now: u64) -> bool {
        self.pacer.cancel_unfit(self.id(ticket), at(now)).is_some()
    }

    fn handle_timeout(&mut self, now: u64) {
        self.pacer.handle_timeout(at(now));
    }

    fn events(&mut self) -> Vec<(usize, Outcome)> {
        let mut happened = Vec::new();
        while let Some(event) = self.pacer.poll_event() {
            happened.push(match event {
                PacerEvent::Started(id) => (self.tickets[&id], Outcome::Started),
                PacerEvent::Expired(id) => (self.tickets[&id], Outcome::Expired),
            });
        }
        happened
    }

    fn poll_timeout(&self) -> Option<u64> {
        self.pacer.poll_timeout().map(Timestamp::as_micros)
    }
}
