//! A limiter in a real Redis whose clock stands still between steps.

use std::collections::HashMap;

use redis::{Connection, Value};
use tollgate_core::store::{Call, Op, Script, StoreConfig, StoredLimiter, escape};
use tollgate_core::{Cost, Decision, LimiterConfig, Policy, Request, Span, Timestamp};

/// Milliseconds that every TTL is longer than it says, so that nothing expires while a test computes.
const SHIFT: u64 = 1_000_000_000;

/// A limiter and its clock.
pub(crate) struct Store<'a> {
    connection: &'a mut Connection,
    limiter: StoredLimiter,
    /// Windows that a counter may have, in ms.
    windows: Vec<u64>,
    /// When each counter ends, in microseconds of the frozen clock.
    ends: HashMap<String, u64>,
    now: u64,
}

impl<'a> Store<'a> {
    /// An empty store.
    pub(crate) fn new(connection: &'a mut Connection, policies: Vec<Policy>) -> Self {
        let () = redis::cmd("FLUSHALL").query(connection).unwrap();
        let limiter = LimiterConfig { policies, ..LimiterConfig::default() };
        let config = StoreConfig { limiter, name: "test".into(), prefix: "tollgate".into() };
        let limiter = StoredLimiter::new(config).unwrap();
        let windows = limiter.policies().iter().map(|policy| policy.window.as_micros().div_ceil(1_000)).collect();
        Self { connection, limiter, windows, ends: HashMap::new(), now: 0 }
    }

    /// One decision.
    pub(crate) fn decide(&mut self, op: Op, key: &str, request: Request<'_>, now: Timestamp) -> Decision {
        self.decide_all(op, &[(key, request)], now).remove(0)
    }

    /// Several decisions in one call.
    pub(crate) fn decide_all(&mut self, op: Op, asked: &[(&str, Request<'_>)], now: Timestamp) -> Vec<Decision> {
        let before = self.now;
        let ended = self.pass(now);
        let parts: Vec<_> = asked.iter().map(|(key, request)| self.limiter.part(op, &escape(key), *request)).collect();
        let script = parts[0].script;
        assert!(parts.iter().all(|part| part.script == script), "one script a call");
        let keys = parts.iter().flat_map(|part| part.keys.clone()).collect();
        let mut args = self.limiter.head(script);
        args.extend(parts.iter().map(|part| part.arg.clone()));
        let reply = self.call(Call { script, keys, args });
        if op == Op::Peek {
            // A peek lets no time pass.
            self.now = before;
            for (key, value, ends) in ended {
                let () = redis::cmd("SET").arg(&key).arg(value).arg("PX").arg(SHIFT).query(self.connection).unwrap();
                self.ends.insert(key, ends);
            }
        }
        let words = numbers(&reply);
        let each = words[1..].chunks_exact(self.limiter.words(script));
        assert_eq!(each.len(), asked.len());
        let decided = each.zip(asked);
        decided
            .map(|(words_of_one, (_, request))| {
                self.limiter.decision(script, op, *request, words[0], words_of_one).unwrap()
            })
            .collect()
    }

    /// Corrects what a decision took.
    pub(crate) fn settle(&mut self, key: &str, decision: &Decision, actual: Cost<'_>, now: Timestamp) {
        self.pass(now);
        let call = self.limiter.settle(&escape(key), decision, actual);
        self.call(call);
    }

    /// Forgets a key.
    pub(crate) fn reset(&mut self, key: &str, now: Timestamp) {
        self.pass(now);
        let call = self.limiter.reset(&escape(key));
        self.call(call);
    }

    /// Blocks a key.
    pub(crate) fn block(&mut self, key: &str, span: Span, now: Timestamp) {
        self.pass(now);
        let call = self.limiter.block(&escape(key), span);
        self.call(call);
    }

    /// Every key goes by itself.
    pub(crate) fn assert_all_expire(&mut self) {
        for key in self.keys() {
            let ttl: i64 = redis::cmd("PTTL").arg(&key).query(self.connection).unwrap();
            assert!(ttl > 0, "{key} has a TTL of {ttl}");
        }
    }

    /// Puts a list or a text that is none of ours in the place of a key's state.
    pub(crate) fn spoil(&mut self, key: &str, foreign: &str) {
        let state = self.state_key(key);
        let command = if foreign == "list" { "LPUSH" } else { "SET" };
        let () = redis::cmd(command).arg(state).arg("not ours").query(self.connection).unwrap();
    }

    /// Whether what [`Store::spoil`] put there is there.
    pub(crate) fn still_holds(&mut self, key: &str, foreign: &str) -> bool {
        let kind: String = redis::cmd("TYPE").arg(self.state_key(key)).query(self.connection).unwrap();
        kind == if foreign == "list" { "list" } else { "string" }
    }

    /// Begins to count commands anew.
    pub(crate) fn reset_counts(&mut self) {
        let () = redis::cmd("CONFIG").arg("RESETSTAT").query(self.connection).unwrap();
    }

    fn state_key(&self, key: &str) -> String {
        let part = self.limiter.part(Op::Consume, &escape(key), Cost::All(1).into());
        part.keys.last().unwrap().clone()
    }

    /// What a call for these keys answers, as Redis gives it.
    pub(crate) fn raw(&mut self, keys: &[&str]) -> Vec<Value> {
        let parts: Vec<_> =
            keys.iter().map(|key| self.limiter.part(Op::Consume, &escape(key), Cost::All(1).into())).collect();
        let script = parts[0].script;
        let mut args = self.limiter.head(script);
        args.extend(parts.iter().map(|part| part.arg.clone()));
        let keys = parts.into_iter().flat_map(|part| part.keys).collect();
        let Value::Array(reply) = self.call(Call { script, keys, args }) else { panic!("no list") };
        reply
    }

    fn keys(&mut self) -> Vec<String> {
        redis::cmd("KEYS").arg("*").query(self.connection).unwrap()
    }

    /// Lets time pass: counters come closer to their end, or reach it.
    /// Answers those that have ended.
    fn pass(&mut self, now: Timestamp) -> Vec<(String, String, u64)> {
        let mut ended = Vec::new();
        self.note_new_counters();
        self.now = self.now.max(now.as_micros().min(9_007_199_254_740_990));
        for (key, ends) in self.ends.clone() {
            if ends <= self.now {
                let value: Option<String> = redis::cmd("GET").arg(&key).query(self.connection).unwrap();
                // A blocked counter says itself when it ends.
                if let Some(value) = value.filter(|value| !value.starts_with('B')) {
                    let () = redis::cmd("DEL").arg(&key).query(self.connection).unwrap();
                    ended.push((key.clone(), value, ends));
                }
                self.ends.remove(&key);
            } else {
                let ttl = (ends - self.now).div_ceil(1_000) + SHIFT;
                let () = redis::cmd("PEXPIRE").arg(&key).arg(ttl).query(self.connection).unwrap();
            }
        }
        ended
    }

    fn note_new_counters(&mut self) {
        let keys = self.keys();
        self.ends.retain(|key, _| keys.contains(key));
        for key in keys {
            let kind: String = redis::cmd("TYPE").arg(&key).query(self.connection).unwrap();
            if kind != "string" || self.ends.contains_key(&key) || key.contains(":test:reset:") {
                continue;
            }
            let value: String = redis::cmd("GET").arg(&key).query(self.connection).unwrap();
            if value.bytes().all(|byte| byte.is_ascii_digit()) {
                let ttl: u64 = redis::cmd("PTTL").arg(&key).query(self.connection).unwrap();
                let left = ttl.saturating_sub(SHIFT);
                let window = self.windows.iter().filter(|&&window| window >= left).min();
                self.ends.insert(key, self.now + window.copied().unwrap_or(left) * 1_000);
            }
        }
    }

    fn call(&mut self, mut call: Call) -> Value {
        call.args[0] = self.now.to_string();
        call.args[1] = SHIFT.to_string();
        let mut eval = redis::cmd("EVALSHA");
        eval.arg(call.script.sha1()).arg(call.keys.len()).arg(&call.keys).arg(&call.args);
        match eval.query(self.connection) {
            Err(error) if error.code() == Some("NOSCRIPT") => {
                let sha1: String =
                    redis::cmd("SCRIPT").arg("LOAD").arg(call.script.source()).query(self.connection).unwrap();
                assert_eq!(sha1, call.script.sha1());
                eval.query(self.connection).unwrap()
            }
            reply => reply.unwrap_or_else(|error| panic!("{}: {error}", call.script.name())),
        }
    }

    /// What a script is called.
    pub(crate) fn usual_script(&self) -> Script {
        self.limiter.usual_script()
    }
}

/// The numbers of a reply.
fn numbers(reply: &Value) -> Vec<i64> {
    let Value::Array(values) = reply else { panic!("no list: {reply:?}") };
    let number = |value: &Value| match value {
        Value::Int(number) => *number,
        other => panic!("no number: {other:?}"),
    };
    values.iter().map(number).collect()
}
