//! Sees every start with true time, and keeps the worst.

use std::collections::VecDeque;

/// What happened beyond the quota, if anything, and how well it was used.
#[derive(Clone, Debug)]
pub struct Auditor {
    interval: u64,
    quota: u64,
    concurrency: u64,
    started: VecDeque<(u64, u64)>,
    in_window: u64,
    in_flight: u64,
    /// From when on use is counted.
    counted_from: u64,
    total: u64,
    worst_window: u64,
    worst_flight: u64,
    longest_wait: u64,
}

impl Auditor {
    /// Watches a quota of `quota` in any `interval` microseconds, and of `concurrency` at once.
    #[must_use]
    pub fn new(quota: u64, interval: u64, concurrency: u64) -> Self {
        Self {
            interval,
            quota,
            concurrency,
            started: VecDeque::new(),
            in_window: 0,
            in_flight: 0,
            counted_from: 0,
            total: 0,
            worst_window: 0,
            worst_flight: 0,
            longest_wait: 0,
        }
    }

    /// Counts the use from then on only.
    pub fn count_from(&mut self, at: u64) {
        self.counted_from = at;
    }

    /// A job of this weight starts, after it has waited so long. What started exactly an interval ago has left the
    /// window.
    pub fn start(&mut self, at: u64, weight: u64, waited: u64) {
        while let Some(&(first, first_weight)) = self.started.front() {
            if at - first < self.interval {
                break;
            }
            self.in_window -= first_weight;
            self.started.pop_front();
        }
        self.started.push_back((at, weight));
        self.in_window += weight;
        self.in_flight += 1;
        self.total += if at >= self.counted_from { weight } else { 0 };
        self.worst_window = self.worst_window.max(self.in_window);
        self.worst_flight = self.worst_flight.max(self.in_flight);
        self.longest_wait = self.longest_wait.max(waited);
    }

    /// A job ends.
    pub fn end(&mut self) {
        self.in_flight -= 1;
    }

    /// Worst weight in any interval, divided by the quota.
    #[must_use]
    pub fn worst_rate(&self) -> f64 {
        self.worst_window as f64 / self.quota as f64
    }

    /// Most jobs in flight, divided by the concurrency.
    #[must_use]
    pub fn worst_concurrency(&self) -> f64 {
        self.worst_flight as f64 / self.concurrency as f64
    }

    /// The longest that a job waited, in microseconds.
    #[must_use]
    pub fn longest_wait(&self) -> u64 {
        self.longest_wait
    }

    /// What was used of all that could have been, until then.
    #[must_use]
    pub fn use_until(&self, end: u64) -> f64 {
        let elapsed = end - self.counted_from;
        self.total as f64 / (self.quota as f64 * elapsed as f64 / self.interval as f64)
    }
}
