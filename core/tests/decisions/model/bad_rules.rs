//! Rules with known faults, each of which is in use somewhere. The properties must catch every one.

use tollgate_core::{Policy, RetryAfter, Span};

use super::rules::{ExactFixedWindow, ExactRule, ExactTokenBucket};
use super::subject::{Answer, Modelled, Subject};

fn answer(allowed: bool, retry_micros: u64) -> Answer {
    let retry_after = if allowed { RetryAfter::Now } else { RetryAfter::After(Span::from_micros(retry_micros)) };
    Answer { retry_after, remaining: 0 }
}

/// GCRA that lets the arrival time fall back to `now − tolerance`, so that an idle key has two bursts.
pub(crate) struct ClampedArrival {
    step: f64,
    tolerance: f64,
    arrival: f64,
}

impl ClampedArrival {
    pub(crate) fn new(policy: &Policy) -> Self {
        let step = policy.window.as_micros() as f64 / policy.limit as f64;
        Self { step, tolerance: step * policy.burst.unwrap_or(policy.limit) as f64, arrival: 0.0 }
    }
}

impl Subject for ClampedArrival {
    fn consume(&mut self, cost: u64, now: u64) -> Answer {
        let next = self.arrival.max(now as f64 - self.tolerance) + self.step * cost as f64;
        let allowed = next <= now as f64 + self.tolerance;
        if allowed {
            self.arrival = next;
        }
        answer(allowed, 1)
    }
}

/// GCRA over whole microseconds: `up` says which way the emission interval is rounded.
pub(crate) struct RoundedInterval {
    step: u64,
    tolerance: u64,
    arrival: u64,
}

impl RoundedInterval {
    pub(crate) fn new(policy: &Policy, up: bool) -> Self {
        let window = policy.window.as_micros();
        let step = if up { window.div_ceil(policy.limit) } else { window / policy.limit };
        Self { step, tolerance: step * policy.burst.unwrap_or(policy.limit), arrival: 0 }
    }
}

impl Subject for RoundedInterval {
    fn consume(&mut self, cost: u64, now: u64) -> Answer {
        let next = self.arrival.max(now) + self.step * cost;
        let allowed = next <= now + self.tolerance;
        if allowed {
            self.arrival = next;
        }
        let free = (now + self.tolerance).saturating_sub(self.arrival.max(now));
        Answer { remaining: free / self.step, ..answer(allowed, next.saturating_sub(now + self.tolerance)) }
    }
}

/// A bucket that is filled in 32-bit floating point.
pub(crate) struct FloatBucket {
    rate: f32,
    capacity: f32,
    level: f32,
    at: u64,
}

impl FloatBucket {
    pub(crate) fn new(policy: &Policy) -> Self {
        let capacity = policy.burst.unwrap_or(policy.limit) as f32;
        let rate = policy.limit as f32 / policy.window.as_micros() as f32;
        Self { rate, capacity, level: capacity, at: 0 }
    }
}

impl Subject for FloatBucket {
    fn consume(&mut self, cost: u64, now: u64) -> Answer {
        self.level = (self.level + (now - self.at) as f32 * self.rate).min(self.capacity);
        self.at = now;
        let allowed = cost as f32 <= self.level;
        if allowed {
            self.level -= cost as f32;
        }
        Answer { remaining: self.level as u64, ..answer(allowed, ((cost as f32 - self.level) / self.rate) as u64) }
    }
}

/// The weighted two-bucket counter: the previous window counts by the share of it that is still in view.
pub(crate) struct TwoBuckets {
    limit: u64,
    window: u64,
    number: u64,
    current: u64,
    previous: u64,
}

impl TwoBuckets {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self { limit: policy.limit, window: policy.window.as_micros(), number: 0, current: 0, previous: 0 }
    }
}

impl Subject for TwoBuckets {
    fn consume(&mut self, cost: u64, now: u64) -> Answer {
        let number = now / self.window;
        if number != self.number {
            self.previous = if number == self.number + 1 { self.current } else { 0 };
            (self.number, self.current) = (number, 0);
        }
        let in_view = self.previous * (self.window - now % self.window) / self.window;
        let allowed = in_view + self.current + cost <= self.limit;
        if allowed {
            self.current += cost;
        }
        answer(allowed, 1)
    }
}

/// A sliding window that counts ten sub-windows and forgets the one it still reaches into.
pub(crate) struct TenParts {
    limit: u64,
    part: u64,
    log: Vec<(u64, u64)>,
}

impl TenParts {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self { limit: policy.limit, part: policy.window.as_micros().div_ceil(10), log: Vec::new() }
    }
}

impl Subject for TenParts {
    fn consume(&mut self, cost: u64, now: u64) -> Answer {
        let number = now / self.part;
        let used: u64 = self.log.iter().filter(|(part, _)| part + 9 >= number).map(|(_, cost)| cost).sum();
        let allowed = used + cost <= self.limit;
        if allowed {
            self.log.push((number, cost));
        }
        answer(allowed, 1)
    }
}

/// A fixed window that counts calls which it refuses.
pub(crate) struct ChargedDenial(ExactFixedWindow);

impl ChargedDenial {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self(ExactFixedWindow::new(policy.limit, policy.window.as_micros()))
    }
}

impl Subject for ChargedDenial {
    fn consume(&mut self, cost: u64, now: u64) -> Answer {
        let retry_after = self.0.retry_after(cost, now);
        self.0.charge(cost, now);
        Answer { retry_after, remaining: self.0.remaining(now) }
    }
}

/// Names a time one microsecond too late.
pub(crate) struct LateRetry(Modelled<ExactTokenBucket>);

/// Names a time one microsecond too early.
pub(crate) struct EarlyRetry(Modelled<ExactTokenBucket>);

fn bucket(policy: &Policy) -> Modelled<ExactTokenBucket> {
    let burst = policy.burst.unwrap_or(policy.limit);
    Modelled(ExactTokenBucket::new(policy.limit, policy.window.as_micros(), burst))
}

impl LateRetry {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self(bucket(policy))
    }
}

impl EarlyRetry {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self(bucket(policy))
    }
}

impl Subject for LateRetry {
    fn consume(&mut self, cost: u64, now: u64) -> Answer {
        moved(self.0.consume(cost, now), |micros| micros + 1)
    }
}

impl Subject for EarlyRetry {
    fn consume(&mut self, cost: u64, now: u64) -> Answer {
        moved(self.0.consume(cost, now), |micros| (micros - 1).max(1))
    }
}

fn moved(answer: Answer, by: impl Fn(u64) -> u64) -> Answer {
    match answer.retry_after {
        RetryAfter::After(span) => {
            Answer { retry_after: RetryAfter::After(Span::from_micros(by(span.as_micros()))), ..answer }
        }
        _ => answer,
    }
}
