//! A limiter in a real Redis, with the verbs of the one in memory.

use redis::{Connection, Value};
use tollgate_core::store::{Call, Op, Part, Script, StoreConfig, StoredLimiter, escape};
use tollgate_core::{Cost, Decision, LimiterConfig, MAX_SAFE_INTEGER, Policy, Request, Span, Timestamp};

use crate::server::Server;

/// The limiter, and the time as the one in memory would see it.
pub(crate) struct Store<'a> {
    server: &'a Server,
    connection: Connection,
    limiter: StoredLimiter,
    latest: u64,
}

impl<'a> Store<'a> {
    /// A limiter in an empty server, at time 0.
    pub(crate) fn new(server: &'a Server, policies: Vec<Policy>) -> Self {
        let limiter = LimiterConfig { policies, ..LimiterConfig::default() };
        let config = StoreConfig { limiter, name: "test".into(), prefix: "tollgate".into() };
        let limiter = StoredLimiter::new(config).unwrap();
        let mut connection = server.connect();
        server.set_time(0);
        let () = redis::cmd("FLUSHALL").query(&mut connection).unwrap();
        Self { server, connection, limiter, latest: 0 }
    }

    /// One decision that charges.
    pub(crate) fn consume(&mut self, key: &str, request: Request<'_>, now: Timestamp) -> Decision {
        self.consume_all(&[(key, request)], now).remove(0)
    }

    /// One decision after the other; neighbours of one script travel in one call.
    pub(crate) fn consume_all(&mut self, asked: &[(&str, Request<'_>)], now: Timestamp) -> Vec<Decision> {
        self.advance(now);
        let asked =
            asked.iter().map(|&(key, request)| (self.limiter.part(Op::Consume, &escape(key), request), request));
        let parts: Vec<(Part, Request<'_>)> = asked.collect();
        let together = parts.chunk_by(|(one, _), (next, _)| one.script == next.script);
        together.flat_map(|parts| self.decide(Op::Consume, parts)).collect()
    }

    /// As in memory, a peek lets no time pass: what expires meanwhile is put back.
    pub(crate) fn peek(&mut self, key: &str, request: Request<'_>, now: Timestamp) -> Decision {
        let (before, dumped) = (self.latest, self.dump());
        self.advance(now);
        let decision =
            self.decide(Op::Peek, &[(self.limiter.part(Op::Peek, &escape(key), request), request)]).remove(0);
        if self.latest > before {
            self.latest = before;
            self.server.set_time(before);
            self.restore(dumped);
        }
        decision
    }

    /// Corrects what a decision took.
    pub(crate) fn settle(&mut self, key: &str, decision: &Decision, actual: Cost<'_>, now: Timestamp) {
        self.advance(now);
        let call = self.limiter.settle(&escape(key), decision, actual);
        self.call(&call);
    }

    /// Forgets a key.
    pub(crate) fn reset(&mut self, key: &str, now: Timestamp) {
        self.advance(now);
        let call = self.limiter.reset(&escape(key));
        self.call(&call);
    }

    /// Blocks a key.
    pub(crate) fn block(&mut self, key: &str, span: Span, now: Timestamp) {
        self.advance(now);
        let call = self.limiter.block(&escape(key), span);
        self.call(&call);
    }

    /// Every key goes by itself.
    pub(crate) fn assert_all_expire(&mut self) {
        for key in self.keys() {
            let at: i64 = redis::cmd("PEXPIRETIME").arg(&key).query(&mut self.connection).unwrap();
            assert!(at > 0, "{key} expires at {at}");
        }
    }

    /// What a call for these keys answers, as Redis gives it.
    pub(crate) fn raw(&mut self, keys: &[&str]) -> Vec<Value> {
        let part = |key: &&str| self.limiter.part(Op::Consume, &escape(key), Cost::All(1).into());
        let parts: Vec<Part> = keys.iter().map(part).collect();
        let Value::Array(reply) = self.call(&joined(&self.limiter, &parts)) else { panic!("no list") };
        reply
    }

    /// The script of a usual decision.
    pub(crate) fn usual_script(&self) -> Script {
        self.limiter.usual_script()
    }

    /// Commands that a usual decision is counted for.
    pub(crate) fn commands_each(&self) -> usize {
        self.limiter.commands_each(self.usual_script())
    }

    /// The Redis key of a caller's state under the first policy.
    pub(crate) fn state_key(&self, key: &str) -> String {
        self.limiter.part(Op::Consume, &escape(key), Cost::All(1).into()).keys.last().unwrap().clone()
    }

    /// The connection, for what the limiter does not say.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Puts the server's clock, unless it would run backwards.
    fn advance(&mut self, now: Timestamp) {
        self.latest = self.latest.max(now.as_micros().min(MAX_SAFE_INTEGER - 1));
        self.server.set_time(self.latest);
    }

    fn decide(&mut self, op: Op, parts: &[(Part, Request<'_>)]) -> Vec<Decision> {
        let script = parts[0].0.script;
        let only_parts: Vec<Part> = parts.iter().map(|(part, _)| part.clone()).collect();
        let reply = numbers(&self.call(&joined(&self.limiter, &only_parts)));
        assert_eq!(reply[0] as u64, self.latest, "the server's time");
        let each = reply[1..].chunks_exact(self.limiter.words(script));
        assert_eq!(each.len(), parts.len());
        let answered = each.zip(parts);
        answered
            .map(|(words, (_, request))| self.limiter.decision(script, op, *request, reply[0], words).unwrap())
            .collect()
    }

    fn call(&mut self, call: &Call) -> Value {
        let mut eval = redis::cmd("EVALSHA");
        eval.arg(call.script.sha1()).arg(call.keys.len()).arg(&call.keys).arg(&call.args);
        match eval.query(&mut self.connection) {
            Err(error) if error.code() == Some("NOSCRIPT") => {
                let mut load = redis::cmd("SCRIPT");
                let sha1: String = load.arg("LOAD").arg(call.script.source()).query(&mut self.connection).unwrap();
                assert_eq!(sha1, call.script.sha1());
                eval.query(&mut self.connection).unwrap()
            }
            reply => reply.unwrap_or_else(|error| panic!("{}: {error}", call.script.name())),
        }
    }

    fn keys(&mut self) -> Vec<String> {
        redis::cmd("KEYS").arg("*").query(&mut self.connection).unwrap()
    }

    fn dump(&mut self) -> Vec<(String, Vec<u8>, u64)> {
        let keys = self.keys();
        let connection = &mut self.connection;
        let dumped = keys.into_iter().map(|key| {
            let value = redis::cmd("DUMP").arg(&key).query(connection).unwrap();
            let at = redis::cmd("PEXPIRETIME").arg(&key).query(connection).unwrap();
            (key, value, at)
        });
        dumped.collect()
    }

    fn restore(&mut self, dumped: Vec<(String, Vec<u8>, u64)>) {
        for (key, value, at) in dumped {
            let mut restore = redis::cmd("RESTORE");
            restore.arg(key).arg(at).arg(value).arg("REPLACE").arg("ABSTTL");
            let () = restore.query(&mut self.connection).unwrap();
        }
    }
}

/// One call for all parts, which have the same script.
fn joined(limiter: &StoredLimiter, parts: &[Part]) -> Call {
    let script = parts[0].script;
    let keys = parts.iter().flat_map(|part| part.keys.clone()).collect();
    let mut args = limiter.head(script);
    args.extend(parts.iter().map(|part| part.arg.clone()));
    Call { script, keys, args }
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
