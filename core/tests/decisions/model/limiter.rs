//! The whole limiter as a model: several policies, own limits, refunds, blocks and resets, over exact rules.

use std::collections::HashMap;

use tollgate_core::{Decision, MAX_SAFE_INTEGER, Policy, PolicyState, RetryAfter, Span};

use super::rules::{ExactRule, after, exact};

/// A decision, with everything that a caller can see of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) allowed: bool,
    pub(crate) binding: usize,
    pub(crate) retry_after: RetryAfter,
    pub(crate) at: u64,
    pub(crate) blocked: bool,
    pub(crate) policies: Vec<PolicyState>,
}

impl From<&Decision> for Said {
    fn from(decision: &Decision) -> Self {
        Self {
            allowed: decision.allowed,
            binding: decision.binding,
            retry_after: decision.retry_after,
            at: decision.at.as_micros(),
            blocked: decision.blocked,
            policies: decision.policies().copied().collect(),
        }
    }
}

#[derive(Clone, Copy)]
struct Block {
    until: u64,
    by: Option<usize>,
}

#[derive(Default)]
struct Key {
    rules: HashMap<(usize, u64), Box<dyn ExactRule>>,
    block: Option<Block>,
    reset_at: Option<u64>,
}

/// Costs and own limits are slices with one entry a policy; an own limit of 0 means none.
pub(crate) struct ModelLimiter {
    policies: Vec<Policy>,
    keys: HashMap<Vec<u8>, Key>,
    latest: u64,
}

impl ModelLimiter {
    pub(crate) fn new(policies: &[Policy]) -> Self {
        Self { policies: policies.to_vec(), keys: HashMap::new(), latest: 0 }
    }

    /// Time never runs backwards, and the last timestamp never comes.
    fn advance(&mut self, now: u64) -> u64 {
        self.latest = self.latest.max(now.min(MAX_SAFE_INTEGER - 1));
        self.latest
    }

    fn effective(&self, policy: usize, limits: &[u64]) -> u64 {
        let own = limits.get(policy).copied().unwrap_or(0).min(MAX_SAFE_INTEGER);
        if own == 0 { self.policies[policy].limit } else { own }
    }

    fn rule(&mut self, key: &[u8], policy: usize, limit: u64) -> &mut Box<dyn ExactRule> {
        let described = &self.policies[policy];
        let key = self.keys.entry(key.to_vec()).or_default();
        key.rules.entry((policy, limit)).or_insert_with(|| exact(described, limit))
    }

    fn state(&mut self, key: &[u8], policy: usize, limit: u64, now: u64) -> PolicyState {
        let rule = self.rule(key, policy, limit);
        PolicyState {
            limit,
            remaining: rule.remaining(now),
            reset_after: Span::from_micros(rule.reset_after(now)),
            retry_after: RetryAfter::Now,
            charged: 0,
        }
    }

    pub(crate) fn consume(&mut self, key: &[u8], costs: &[u64], limits: &[u64], now: u64) -> Said {
        let now = self.advance(now);
        let mut said = self.said(key, costs, limits, now);
        if said.allowed {
            for (policy, &cost) in costs.iter().enumerate() {
                let limit = self.effective(policy, limits);
                self.rule(key, policy, limit).charge(cost, now);
                said.policies[policy] = PolicyState { charged: cost, ..self.state(key, policy, limit, now) };
            }
            said.binding = tightest(&said.policies);
        } else if !said.blocked {
            self.start_block(key, &mut said);
        }
        said
    }

    pub(crate) fn peek(&mut self, key: &[u8], costs: &[u64], limits: &[u64], now: u64) -> Said {
        self.said(key, costs, limits, now.min(MAX_SAFE_INTEGER - 1).max(self.latest))
    }

    fn said(&mut self, key: &[u8], costs: &[u64], limits: &[u64], now: u64) -> Said {
        let mut policies = Vec::new();
        for (policy, &cost) in costs.iter().enumerate() {
            let limit = self.effective(policy, limits);
            let retry_after = self.rule(key, policy, limit).retry_after(cost, now);
            policies.push(PolicyState { retry_after, ..self.state(key, policy, limit, now) });
        }
        let latest = policies.iter().map(|state| micros(state.retry_after)).max().unwrap();
        let binding = if latest == 0 {
            tightest(&policies)
        } else {
            policies.iter().position(|state| micros(state.retry_after) == latest).unwrap()
        };
        let retry_after = policies[binding].retry_after;
        let mut said = Said {
            allowed: latest == 0,
            binding,
            retry_after: RetryAfter::Now.max(retry_after),
            at: now,
            blocked: false,
            policies,
        };
        if said.allowed {
            said.retry_after = RetryAfter::Now;
        }
        let block = self.keys.get(key).and_then(|key| key.block).filter(|block| now < block.until);
        if let Some(block) = block {
            outweigh(&mut said, block);
        }
        said
    }

    fn start_block(&mut self, key: &[u8], said: &mut Said) {
        let mut longest: Option<Block> = None;
        for (i, policy) in self.policies.iter().enumerate() {
            let exceeded = matches!(said.policies[i].retry_after, RetryAfter::After(_));
            if let Some(span) = policy.block_for.filter(|_| exceeded) {
                let until = (said.at + span.as_micros()).min(MAX_SAFE_INTEGER);
                if longest.is_none_or(|block| until >= block.until) {
                    longest = Some(Block { until, by: Some(i) });
                }
            }
        }
        if let Some(block) = longest {
            self.keys.entry(key.to_vec()).or_default().block = Some(block);
            outweigh(said, block);
        }
    }

    pub(crate) fn settle(&mut self, key: &[u8], decision: &Said, actual: &[u64], now: u64) {
        let now = self.advance(now);
        let reset_at = self.keys.get(key).and_then(|key| key.reset_at);
        for (policy, (state, &actual)) in decision.policies.iter().zip(actual).enumerate() {
            let rule = self.rule(key, policy, state.limit);
            let ended = decision.at + state.reset_after.as_micros();
            if actual > state.charged {
                rule.charge(actual - state.charged, now);
            } else if actual < state.charged && now < ended && reset_at.is_none_or(|reset| decision.at > reset) {
                rule.refund(state.charged - actual, decision.at, now);
            }
        }
    }

    pub(crate) fn reset(&mut self, key: &[u8], now: u64) {
        let now = self.advance(now);
        self.keys.insert(key.to_vec(), Key { reset_at: Some(now), ..Key::default() });
    }

    /// Whether the key was reset in this microsecond.
    pub(crate) fn was_just_reset(&self, key: &[u8]) -> bool {
        self.keys.get(key).is_some_and(|key| key.reset_at == Some(self.latest))
    }

    pub(crate) fn block(&mut self, key: &[u8], span: u64, now: u64) {
        let now = self.advance(now);
        let until = (now + span).min(MAX_SAFE_INTEGER);
        let key = self.keys.entry(key.to_vec()).or_default();
        if key.block.is_none_or(|block| block.until <= until) {
            key.block = Some(Block { until, by: None });
        }
    }
}

/// Order of answers: now, after any time, never.
fn micros(retry_after: RetryAfter) -> u64 {
    match retry_after {
        RetryAfter::Now => 0,
        RetryAfter::After(span) => span.as_micros(),
        RetryAfter::Never => u64::MAX,
    }
}

fn tightest(policies: &[PolicyState]) -> usize {
    let share = |i: usize, of: usize| u128::from(policies[i].remaining) * u128::from(policies[of].limit);
    (1..policies.len()).fold(0, |least, i| if share(i, least) < share(least, i) { i } else { least })
}

/// The block decides when the call may be tried again, unless a policy takes longer.
fn outweigh(said: &mut Said, block: Block) {
    let left = block.until - said.at;
    if micros(said.retry_after) <= left {
        said.retry_after = after(u128::from(left));
        said.binding = block.by.unwrap_or(said.binding);
    }
    (said.allowed, said.blocked) = (false, true);
}
