//! One member: its clocks, what says its share, and the pacer that starts its jobs.

use std::collections::HashMap;

use tollgate_core::share::{Channel, Clocks, Transmit};
use tollgate_core::{Admission, Cost, Pacer, PacerConfig, PacerEvent, Policy, Span, Submission, TicketId, Timestamp};

use crate::clocks::OwnClocks;
use crate::machine::ShareMachine;

/// Jobs that always wait, as long as there are new ones.
const BACKLOG: u64 = 3;

/// A job that has started.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Its ticket.
    pub ticket: TicketId,
    /// Its weight.
    pub weight: u64,
    /// How long it has waited, in true time.
    pub waited: u64,
}

/// What the jobs of a member are limited by, all members together.
#[derive(Clone, Debug)]
pub struct Quota {
    /// Weight in any interval.
    pub rate: u64,
    /// The interval in which a member counts its own starts.
    pub window: u64,
    /// Jobs at once.
    pub concurrency: u64,
    /// The weights of jobs, one after the other.
    pub weights: Vec<u64>,
}

/// A process.
pub struct Member {
    /// Its clocks.
    pub clocks: OwnClocks,
    /// What says its share.
    pub machine: Box<dyn ShareMachine>,
    /// Since when it does not run; messages wait meanwhile.
    pub stopped_since: Option<u64>,
    /// Those messages.
    pub inbox: Vec<(Channel, String)>,
    /// Cut off from the bus.
    pub cut: bool,
    /// It has no subscriptions: not yet, or they are lost and not renewed.
    pub deaf: bool,
    /// It has ended.
    pub gone: bool,
    pacer: Pacer,
    weights: Vec<u64>,
    made: usize,
    /// Weight and birth of jobs that wait.
    waiting: HashMap<TicketId, (u64, u64)>,
    /// Jobs that have ended and still take a place.
    ended: Vec<TicketId>,
    turn_at: Option<Timestamp>,
}

impl Member {
    /// A process that is to share `quota`.
    ///
    /// # Panics
    /// Where the quota is none.
    #[must_use]
    pub fn new(machine: Box<dyn ShareMachine>, quota: &Quota, clocks: OwnClocks) -> Self {
        let policy = Policy { limit: quota.rate, window: Span::from_micros(quota.window), ..Policy::default() };
        let config =
            PacerConfig { policies: vec![policy], concurrency: Some(quota.concurrency), ..PacerConfig::default() };
        #[expect(clippy::expect_used, reason = "plans have valid quotas")]
        let pacer = Pacer::new(config).expect("a valid quota");
        Self {
            clocks,
            machine,
            stopped_since: None,
            inbox: Vec::new(),
            cut: false,
            deaf: true,
            gone: false,
            pacer,
            weights: quota.weights.clone(),
            made: 0,
            waiting: HashMap::new(),
            ended: Vec::new(),
            turn_at: None,
        }
    }

    /// Whether it runs.
    #[must_use]
    pub fn runs(&self) -> bool {
        !self.gone && self.stopped_since.is_none()
    }

    /// Starts what it may. With `more`, there are always jobs that wait.
    pub fn start(&mut self, now: u64, more: bool) -> Vec<Start> {
        let clocks = self.clocks.at(now);
        let share = self.machine.share(clocks);
        // What has ended makes room at once: the share comes first.
        self.pacer.set_share(&[share.rate], share.concurrency, clocks.monotonic);
        for ticket in std::mem::take(&mut self.ended) {
            self.pacer.finish(ticket, clocks.monotonic);
        }
        let mut started = Vec::new();
        loop {
            self.pacer.handle_timeout(clocks.monotonic);
            while let Some(event) = self.pacer.poll_event() {
                if let PacerEvent::Started(ticket) = event {
                    let (weight, born) = self.waiting.remove(&ticket).unwrap_or_default();
                    started.push(Start { ticket, weight, waited: now - born });
                }
            }
            if !more || self.pacer.waiting() >= BACKLOG {
                return started;
            }
            self.submit(now, clocks, &mut started);
        }
    }

    fn submit(&mut self, now: u64, clocks: Clocks, started: &mut Vec<Start>) {
        let weight = self.weights[self.made % self.weights.len()];
        self.made += 1;
        let submission = Submission { cost: Cost::All(weight), ..Submission::default() };
        match self.pacer.submit(submission, clocks.monotonic) {
            Ok(Admission::Started(ticket)) => started.push(Start { ticket, weight, waited: 0 }),
            Ok(Admission::Waiting(ticket)) => {
                self.waiting.insert(ticket, (weight, now));
            }
            Err(refused) => unreachable!("a job that fits: {refused:?}"),
        }
    }

    /// A job has ended. A process that stands still does not notice before it goes on.
    pub fn finish(&mut self, ticket: TicketId) {
        self.ended.push(ticket);
    }

    /// Jobs that wait.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.pacer.waiting()
    }

    /// Plans when to take a turn where it has no share, and says whether it is time to.
    pub fn minds_turn(&mut self, now: u64, thousandths: u64) -> bool {
        let clocks = self.clocks.at(now);
        let share = self.machine.share(clocks);
        if self.pacer.waiting() == 0 || (share.rate > 0 && share.concurrency > 0) {
            self.turn_at = None;
            return false;
        }
        match self.turn_at {
            Some(at) if clocks.monotonic >= at => {
                self.turn_at = None;
                true
            }
            Some(_) => false,
            None => {
                let patience = self.machine.patience(thousandths);
                self.turn_at = patience.map(|patience| clocks.monotonic.saturating_add(patience));
                false
            }
        }
    }

    /// When there is something to do, if no message comes earlier.
    #[must_use]
    pub fn next_wake(&self, now: u64) -> Option<u64> {
        let due = [self.pacer.poll_timeout(), self.machine.poll_timeout(self.clocks.at(now)), self.turn_at];
        due.into_iter().flatten().min().map(|at| self.clocks.true_time(at).max(now + 1))
    }

    /// What it has to send.
    pub fn transmits(&mut self) -> Vec<Transmit> {
        std::iter::from_fn(|| self.machine.poll_transmit()).collect()
    }
}
