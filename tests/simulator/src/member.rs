//! One member: its clocks, the core's machine, and a caller who always has more to do.

use std::collections::VecDeque;

use tollgate_core::share::{Channel, Clocks, Peers, PeersConfig, Transmit};
use tollgate_core::{Span, Timestamp};

/// A process. True time is in microseconds.
#[derive(Debug)]
pub(crate) struct Member {
    peers: Peers,
    /// Window in which it counts its own starts, on its monotonic clock.
    window: u64,
    weights: Vec<u64>,
    next_weight: usize,
    started: VecDeque<(Timestamp, u64)>,
    used: u64,
    pub(crate) in_flight: u64,
    /// Parts per million that its clocks are fast.
    drift: i64,
    born: u64,
    /// Time that its monotonic clock has missed.
    stopped_for: u64,
    /// By how much its wall clock was set.
    wall_jump: i64,
    /// While it does not run, messages wait.
    pub(crate) stopped_since: Option<u64>,
    pub(crate) inbox: Vec<(Channel, String)>,
    /// Cut off from the bus.
    pub(crate) cut: bool,
    pub(crate) gone: bool,
}

/// How wall clocks begin: far from 0, so that they can be set back.
const WALL_ORIGIN: u64 = 1_000_000_000_000;

impl Member {
    /// A process that is born at `now` with clocks that are fast by `drift` parts per million.
    ///
    /// # Panics
    /// Where the configuration is none.
    pub(crate) fn new(config: PeersConfig, id: String, window: u64, weights: Vec<u64>, drift: i64, now: u64) -> Self {
        #[expect(clippy::expect_used, reason = "the simulator makes valid configurations")]
        let peers = Peers::new(config, id).expect("a valid configuration");
        Self {
            peers,
            window,
            weights,
            next_weight: 0,
            started: VecDeque::new(),
            used: 0,
            in_flight: 0,
            drift,
            born: now,
            stopped_for: 0,
            wall_jump: 0,
            stopped_since: None,
            inbox: Vec::new(),
            cut: false,
            gone: false,
        }
    }

    /// Whether it runs.
    pub(crate) fn runs(&self) -> bool {
        !self.gone && self.stopped_since.is_none()
    }

    /// What its clocks say.
    pub(crate) fn clocks(&self, now: u64) -> Clocks {
        let lived = now - self.born;
        Clocks {
            monotonic: Timestamp::from_micros(self.drifted(lived.saturating_sub(self.stopped_for))),
            wall: Timestamp::from_micros((WALL_ORIGIN + self.drifted(lived)).saturating_add_signed(self.wall_jump)),
        }
    }

    /// When its monotonic clock will show `at`.
    pub(crate) fn true_time(&self, at: Timestamp) -> u64 {
        let shown = i128::from(at.as_micros());
        let lived = (shown * 1_000_000).div_euclid(1_000_000 + i128::from(self.drift)) + 1;
        self.born + self.stopped_for + u64::try_from(lived).unwrap_or(u64::MAX / 4).min(u64::MAX / 4)
    }

    /// Sets its wall clock.
    pub(crate) fn set_wall(&mut self, jump: i64) {
        self.wall_jump = self.wall_jump.saturating_add(jump);
    }

    /// It runs again; its monotonic clock has missed `missed`.
    pub(crate) fn resume(&mut self, missed: u64) {
        self.stopped_since = None;
        self.stopped_for += missed;
    }

    /// The core's machine.
    pub(crate) fn peers(&mut self) -> &mut Peers {
        &mut self.peers
    }

    /// The weight of a job that may start now, which is counted; `None` where none may.
    pub(crate) fn start(&mut self, now: u64) -> Option<u64> {
        let clocks = self.clocks(now);
        while let Some(&(at, weight)) = self.started.front() {
            if clocks.monotonic.saturating_since(at) < Span::from_micros(self.window) {
                break;
            }
            self.used -= weight;
            self.started.pop_front();
        }
        let share = self.peers.share(clocks);
        let weight = *self.weights.get(self.next_weight % self.weights.len())?;
        if self.used + weight > share.rate || self.in_flight >= share.concurrency {
            return None;
        }
        self.next_weight += 1;
        self.used += weight;
        self.in_flight += 1;
        self.started.push_back((clocks.monotonic, weight));
        Some(weight)
    }

    /// When there is something to do, if no message comes earlier.
    pub(crate) fn next_wake(&self, now: u64) -> Option<u64> {
        let room = self.started.front().map(|(at, _)| at.saturating_add(Span::from_micros(self.window)));
        let due = self.peers.poll_timeout(self.clocks(now));
        room.into_iter().chain(due).min().map(|at| self.true_time(at).max(now + 1))
    }

    /// What it has to publish.
    pub(crate) fn transmits(&mut self) -> Vec<Transmit> {
        std::iter::from_fn(|| self.peers.poll_transmit()).collect()
    }

    fn drifted(&self, span: u64) -> u64 {
        let fast = i128::from(span) * i128::from(self.drift) / 1_000_000;
        span.saturating_add_signed(i64::try_from(fast).unwrap_or(0))
    }
}
