//! A limiter that writes down what it is asked and what it answers.

use serde_json::{Value, json};
use tollgate_core::{
    ConfigError, Cost, Decision, Limiter, LimiterConfig, Policy, PolicyState, Request, RetryAfter, Span, Timestamp,
};

pub(crate) struct Recorder {
    limiter: Limiter,
    steps: Vec<String>,
    /// Steps that decided: index of the step, key, decision.
    decided: Vec<(usize, String, Decision)>,
}

impl Recorder {
    pub(crate) fn new(policies: &[Policy]) -> Result<Self, ConfigError> {
        let limiter = Limiter::new(LimiterConfig { policies: policies.to_vec(), ..LimiterConfig::default() })?;
        Ok(Self { limiter, steps: Vec::new(), decided: Vec::new() })
    }

    pub(crate) fn steps(&self) -> &[String] {
        &self.steps
    }

    /// How many decisions there are to refund or settle.
    pub(crate) fn decided(&self) -> usize {
        self.decided.len()
    }

    /// When the last refused call may come again.
    pub(crate) fn due(&self) -> Option<u64> {
        let (_, _, decision) = self.decided.last()?;
        match decision.retry_after {
            RetryAfter::After(span) => Some(decision.at.saturating_add(span).as_micros()),
            _ => None,
        }
    }

    pub(crate) fn consume(&mut self, key: &str, costs: &[u64], limits: &[u64], now: u64) {
        let request = Request { cost: Cost::Each(costs), limits };
        let decision = self.limiter.consume(key.as_bytes(), request, Timestamp::from_micros(now));
        self.decided.push((self.steps.len(), key.to_owned(), decision.clone()));
        self.asked("consume", key, costs, limits, now, &decision);
    }

    pub(crate) fn peek(&mut self, key: &str, costs: &[u64], limits: &[u64], now: u64) {
        let request = Request { cost: Cost::Each(costs), limits };
        let decision = self.limiter.peek(key.as_bytes(), request, Timestamp::from_micros(now));
        self.asked("peek", key, costs, limits, now, &decision);
    }

    /// Gives back decision number `index`, or settles it to `actual`; each decision at most once.
    pub(crate) fn settle(&mut self, index: usize, actual: Option<&[u64]>, now: u64) {
        let (step, key, decision) = self.decided.remove(index);
        let at = Timestamp::from_micros(now);
        match actual {
            None => {
                self.limiter.refund(key.as_bytes(), &decision, at);
                self.write(json!({ "op": "refund", "key": key, "now": now, "decision": step }));
            }
            Some(costs) => {
                self.limiter.settle(key.as_bytes(), &decision, costs, at);
                self.write(json!({ "op": "settle", "key": key, "now": now, "decision": step, "cost": costs }));
            }
        }
    }

    pub(crate) fn reset(&mut self, key: &str, now: u64) {
        self.limiter.reset(key.as_bytes(), Timestamp::from_micros(now));
        self.write(json!({ "op": "reset", "key": key, "now": now }));
    }

    pub(crate) fn block(&mut self, key: &str, span: u64, now: u64) {
        self.limiter.block(key.as_bytes(), Span::from_micros(span), Timestamp::from_micros(now));
        self.write(json!({ "op": "block", "key": key, "now": now, "spanMicros": span }));
    }

    fn asked(&mut self, op: &str, key: &str, costs: &[u64], limits: &[u64], now: u64, decision: &Decision) {
        let mut step = json!({ "op": op, "key": key, "now": now, "cost": costs, "expect": expected(decision) });
        if !limits.is_empty() {
            step["limits"] = json!(limits);
        }
        self.write(step);
    }

    fn write(&mut self, step: Value) {
        self.steps.push(step.to_string());
    }
}

fn expected(decision: &Decision) -> Value {
    json!({
        "allowed": decision.allowed,
        "binding": decision.binding,
        "retryAfterMicros": micros(decision.retry_after),
        "blocked": decision.blocked,
        "policies": decision.policies().map(state).collect::<Vec<_>>(),
    })
}

fn state(state: &PolicyState) -> Value {
    json!({
        "limit": state.limit,
        "remaining": state.remaining,
        "resetAfterMicros": state.reset_after.as_micros(),
        "retryAfterMicros": micros(state.retry_after),
        "charged": state.charged,
    })
}

/// 0 for now, −1 for never.
fn micros(retry_after: RetryAfter) -> i64 {
    match retry_after {
        RetryAfter::Now => 0,
        RetryAfter::After(span) => i64::try_from(span.as_micros()).unwrap_or(i64::MAX),
        RetryAfter::Never => -1,
    }
}
