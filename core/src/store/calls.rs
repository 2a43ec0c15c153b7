//! Keys and arguments of the calls of one limiter.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use super::keys::{fingerprint, part_of_key, partition};
use super::reply::Op;
use super::rule::StoredRule;
use super::script::Script;
use crate::decision::Decision;
use crate::limiter::{Cost, Request};
use crate::policy::{CheckedPolicy, ConfigError, LimiterConfig};
use crate::time::Span;

/// What a limiter in a store is made from.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Its policies; the rest of this configuration is for memory.
    pub limiter: LimiterConfig,
    /// What tells it from other limiters, 1 to 256 bytes. Limiters of one name share their states.
    pub name: String,
    /// What all keys begin with, 1 to 64 printable ASCII characters without spaces and braces.
    pub prefix: String,
}

/// A limiter whose states are in a store. See the module's page.
#[derive(Clone, Debug)]
pub struct StoredLimiter {
    policies: Vec<CheckedPolicy>,
    rules: Vec<StoredRule>,
    name: String,
    prefix: String,
}

/// A call of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which script.
    pub script: Script,
    /// Its keys.
    pub keys: Vec<String>,
    /// Its arguments.
    pub args: Vec<String>,
}

/// One decision's part of a call: any number of decisions of one limiter and one script make a call together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which script.
    pub script: Script,
    /// The partition of its keys; in a cluster, a call has one.
    pub partition: u32,
    /// Its keys.
    pub keys: Vec<String>,
    /// Its argument.
    pub arg: String,
}

impl StoredLimiter {
    /// Checks the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] names the field, its value and what is allowed.
    pub fn new(config: StoreConfig) -> Result<Self, ConfigError> {
        let policies = config.limiter.check()?.policies;
        let StoreConfig { name, prefix, .. } = config;
        if name.is_empty() || name.len() > 256 {
            return Err(ConfigError::new("CONFIG_NAME", "name", name, "1 to 256 bytes"));
        }
        let is_plain = prefix.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'{' | b'}'));
        if prefix.is_empty() || prefix.len() > 64 || !is_plain {
            let allowed = "1 to 64 printable ASCII characters without spaces and braces";
            return Err(ConfigError::new("CONFIG_PREFIX", "prefix", prefix, allowed));
        }
        let rules = policies.iter().map(StoredRule::new).collect();
        Ok(Self { policies, rules, name: part_of_key(&name), prefix })
    }

    /// The policies, in the order in which decisions list them.
    #[must_use]
    pub fn policies(&self) -> &[CheckedPolicy] {
        &self.policies
    }

    pub(super) fn rules(&self) -> &[StoredRule] {
        &self.rules
    }

    /// The script of decisions that charge and bring no limit of their own.
    #[must_use]
    pub fn usual_script(&self) -> Script {
        match (self.rules.as_slice(), self.policies.as_slice()) {
            ([StoredRule::Fixed(_)], [policy]) if policy.block_for.is_none() => Script::Window,
            ([StoredRule::Bucket(_)], [policy]) if policy.block_for.is_none() => Script::Bucket,
            _ => Script::Decide,
        }
    }

    /// How many keys a decision of a script has.
    #[must_use]
    pub fn keys_each(&self, script: Script) -> usize {
        match script {
            Script::Window | Script::Bucket => 1,
            _ => self.rules.len() + 2,
        }
    }

    /// What a decision of a script is worth in commands: a call that adds up to 256 keeps Redis busy for half a
    /// millisecond. Besides its commands, [`Script::Decide`] takes as long again to compute, and [`Script::Bucket`] half
    /// as long.
    #[must_use]
    pub fn commands_each(&self, script: Script) -> usize {
        match script {
            Script::Window => 2,
            Script::Bucket => 3,
            _ => 1 + 3 * self.rules.len(),
        }
    }

    /// What the arguments of a call with decisions begin with.
    #[must_use]
    pub fn head(&self, script: Script) -> Vec<String> {
        let each = self.rules.iter().zip(&self.policies).flat_map(|(rule, policy)| {
            let (terms, step) = (rule.terms(), rule.step(1));
            let block_for = policy.block_for.map_or(0, Span::as_micros);
            let times = [step.0, step.1, terms.fill.0, terms.fill.1];
            match script {
                Script::Window => vec![rule.limit(), terms.window],
                Script::Bucket => [&[rule.limit(), terms.most][..], &times].concat(),
                _ => [&[rule.kind(), rule.limit(), terms.window, terms.most][..], &times, &[block_for]].concat(),
            }
        });
        let count = (script == Script::Decide).then_some(self.rules.len() as u64);
        count.into_iter().chain(each).map(|number| number.to_string()).collect()
    }

    /// One decision about an escaped key. A peek, and a call with limits of its own, are for [`Script::Decide`].
    #[must_use]
    pub fn part(&self, op: Op, key: &str, request: Request<'_>) -> Part {
        let script = if op == Op::Consume && !self.is_own(request) { self.usual_script() } else { Script::Decide };
        let tag = self.tag(key);
        let mut keys = Vec::with_capacity(self.keys_each(script));
        if script == Script::Decide {
            keys.extend(["block", "limits"].map(|what| self.key(&tag, what, key)));
        }
        keys.extend(self.state_keys(&tag, key, request.limits));
        let arg = if script == Script::Window { request.cost.of(0).to_string() } else { self.text(op, request) };
        Part { script, partition: partition(key), keys, arg }
    }

    /// A call that corrects what `decision` took from an escaped key.
    #[must_use]
    pub fn settle(&self, key: &str, decision: &Decision, actual: Cost<'_>) -> Call {
        let limits: Vec<u64> = decision.policies().map(|state| state.limit).collect();
        let is_own = self.is_own(Request { cost: actual, limits: &limits });
        let tag = self.tag(key);
        let mut keys = vec![self.key(&tag, "reset", key), self.key(&tag, "limits", key)];
        keys.extend(self.state_keys(&tag, key, &limits));
        let mut args = Vec::new();
        args.push(decision.at.as_micros().to_string());
        args.push(u8::from(is_own).to_string());
        for (i, (rule, state)) in self.rules.iter().zip(decision.policies()).enumerate() {
            let (rule, actual) = (rule.under(state.limit), actual.of(i));
            let ended = decision.at.saturating_add(state.reset_after).as_micros();
            let (micros, rest) = rule.step(actual.abs_diff(state.charged));
            let numbers = [rule.kind(), rule.limit(), rule.terms().window, state.charged, actual, ended, micros, rest];
            args.extend(numbers.map(|number| number.to_string()));
        }
        Call { script: Script::Settle, keys, args }
    }

    /// A call that forgets an escaped key.
    #[must_use]
    pub fn reset(&self, key: &str) -> Call {
        let tag = self.tag(key);
        let mut keys = vec![self.key(&tag, "reset", key), self.key(&tag, "block", key), self.key(&tag, "limits", key)];
        keys.extend(self.state_keys(&tag, key, &[]));
        let refundable = self.rules.iter().map(|rule| rule.longest_charge()).max().unwrap_or(Span::ZERO);
        Call { script: Script::Reset, keys, args: vec![refundable.as_micros().to_string()] }
    }

    /// A call that refuses an escaped key for a time.
    #[must_use]
    pub fn block(&self, key: &str, span: Span) -> Call {
        let tag = self.tag(key);
        let mut keys = vec![self.key(&tag, "block", key)];
        if self.usual_script() != Script::Decide {
            keys.extend(self.state_keys(&tag, key, &[]));
        }
        Call { script: Script::Block, keys, args: vec![span.as_micros().to_string()] }
    }

    /// What stands between the tag and the escaped key in the state's key of a policy, under a limit (0: its own).
    #[must_use]
    pub fn base(&self, policy: usize, limit: u64) -> String {
        let (Some(checked), Some(rule)) = (self.policies.get(policy), self.rules.get(policy)) else {
            return String::new();
        };
        format!(":{}:{}:", self.name, fingerprint(checked, rule.under(limit).limit()))
    }

    /// What stands between the tag and the escaped key in another key: `"block"`, `"limits"` or `"reset"`.
    #[must_use]
    pub fn other_base(&self, what: &str) -> String {
        format!(":{}:{what}:", self.name)
    }

    /// The argument of a decision of [`Script::Bucket`] or [`Script::Decide`].
    #[must_use]
    pub fn text(&self, op: Op, request: Request<'_>) -> String {
        let is_own = self.is_own(request);
        let costs_one = (0..self.rules.len()).all(|i| request.cost.of(i) == 1);
        if op == Op::Consume && costs_one && !is_own {
            return String::new();
        }
        let mut text = String::from(if op == Op::Consume { "c " } else { "p " });
        text.push(if is_own { '1' } else { '0' });
        for (i, rule) in self.rules.iter().enumerate() {
            let rule = rule.under(request.limits.get(i).copied().unwrap_or(0));
            let (cost, terms) = (request.cost.of(i), rule.terms());
            let step = rule.step(cost);
            for number in [cost, rule.limit(), terms.most, step.0, step.1, terms.fill.0, terms.fill.1] {
                text.push(' ');
                text.push_str(&number.to_string());
            }
        }
        text
    }

    fn is_own(&self, request: Request<'_>) -> bool {
        self.rules.iter().zip(request.limits).any(|(rule, &limit)| rule.under(limit).limit() != rule.limit())
    }

    fn tag(&self, key: &str) -> String {
        format!("{{{}:{}}}", self.prefix, partition(key))
    }

    fn key(&self, tag: &str, what: &str, key: &str) -> String {
        format!("{tag}{}{key}", self.other_base(what))
    }

    fn state_keys(&self, tag: &str, key: &str, limits: &[u64]) -> Vec<String> {
        let limit = |i: usize| limits.get(i).copied().unwrap_or(0);
        (0..self.rules.len()).map(|i| format!("{tag}{}{key}", self.base(i, limit(i)))).collect()
    }
}
