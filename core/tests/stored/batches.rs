//! Many decisions in one call, and what a call costs the server.

use redis::Value;
use tollgate_core::store::Script;
use tollgate_core::{Algorithm, Cost, Policy, Request, Span, Timestamp};

use crate::server::Server;
use crate::store::Store;

fn policy(algorithm: Algorithm, limit: u64) -> Policy {
    Policy { limit, window: Span::from_secs(60), algorithm, ..Policy::default() }
}

/// How often each command ran in calls for these keys that find states there.
fn commands(store: &mut Store<'_>, keys: &[String]) -> Vec<(String, usize)> {
    let names: Vec<&str> = keys.iter().map(String::as_str).collect();
    store.raw(&names);
    let () = redis::cmd("CONFIG").arg("RESETSTAT").query(store.connection()).unwrap();
    store.raw(&names);
    let stats: String = redis::cmd("INFO").arg("commandstats").query(store.connection()).unwrap();
    let lines = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_"));
    let counted = lines.filter_map(|line| {
        let (name, rest) = line.split_once(":calls=")?;
        Some((name.to_owned(), rest.split(',').next()?.parse().ok()?))
    });
    let mut counted: Vec<_> = counted.filter(|(name, _)| name != "evalsha" && !name.starts_with("config")).collect();
    counted.sort();
    counted
}

#[test]
fn a_batch_decides_one_after_the_other() {
    let server = Server::start();
    for algorithm in Algorithm::ALL {
        let mut store = Store::new(&server, vec![policy(algorithm, 3)]);
        let asked: Vec<_> = ["ann", "bob", "ann", "ann", "ann", "bob"].map(|key| (key, Cost::All(1).into())).to_vec();
        let decided = store.consume_all(&asked, Timestamp::from_millis(5));
        let allowed: Vec<bool> = decided.iter().map(|decision| decision.allowed).collect();
        assert_eq!(allowed, [true, true, true, true, false, true], "{algorithm:?}");
        let left: Vec<u64> = decided.iter().map(|decision| decision.policies().next().unwrap().remaining).collect();
        assert_eq!(left, [2, 2, 1, 0, 0, 1], "{algorithm:?}");
        store.assert_all_expire();
    }
}

#[test]
fn a_known_state_costs_two_commands() {
    let server = Server::start();
    for (algorithm, count, expected) in [
        (Algorithm::FixedWindow, 128, [("incrby", 128), ("pexpiretime", 128), ("time", 1)]),
        (Algorithm::TokenBucket, 128, [("get", 128), ("set", 128), ("time", 1)]),
        (Algorithm::SlidingWindow, 128, [("mget", 128), ("set", 128), ("time", 1)]),
    ] {
        let keys: Vec<String> = (0..count).map(|i| format!("caller {i}")).collect();
        let counted = commands(&mut Store::new(&server, vec![policy(algorithm, 100)]), &keys);
        let expected = expected.map(|(name, calls)| (name.to_owned(), calls));
        assert_eq!(counted, expected, "{algorithm:?}");
    }
}

#[test]
fn no_call_runs_more_commands_than_are_counted_for() {
    let server = Server::start();
    for policies in [
        vec![policy(Algorithm::FixedWindow, 100)],
        vec![policy(Algorithm::TokenBucket, 100)],
        vec![policy(Algorithm::SlidingWindow, 100)],
        vec![policy(Algorithm::FixedWindow, 100), policy(Algorithm::FixedWindow, 200)],
        vec![policy(Algorithm::TokenBucket, 100), policy(Algorithm::FixedWindow, 200)],
    ] {
        let mut store = Store::new(&server, policies.clone());
        let each = store.commands_each();
        let keys: Vec<String> = (0..256 / each).map(|i| format!("caller {i}")).collect();
        let all: usize = commands(&mut store, &keys).iter().map(|(_, calls)| calls).sum();
        assert!(all <= 257, "{all} commands for {} decisions of {policies:?}", keys.len());
    }
}

#[test]
fn a_value_that_is_not_ours_fails_its_own_decision_alone() {
    let server = Server::start();
    for algorithm in Algorithm::ALL {
        for (command, kind) in [("LPUSH", "list"), ("SET", "string")] {
            let mut store = Store::new(&server, vec![policy(algorithm, 3)]);
            let key = store.state_key("eve");
            let () = redis::cmd(command).arg(&key).arg("not ours").query(store.connection()).unwrap();
            let reply = store.raw(&["ann", "eve", "bob"]);
            let firsts: Vec<&Value> = reply[1..].iter().step_by((reply.len() - 1) / 3).collect();
            assert!(matches!(firsts[..], [Value::Int(_), Value::BulkString(_), Value::Int(_)]), "{firsts:?}");
            let left: String = redis::cmd("TYPE").arg(&key).query(store.connection()).unwrap();
            assert_eq!(left, kind, "{algorithm:?}: what is not ours stays");
        }
    }
}

#[test]
fn a_block_by_hand_ends_and_what_was_used_before_counts() {
    let server = Server::start();
    for (algorithm, script) in [
        (Algorithm::FixedWindow, Script::Window),
        (Algorithm::TokenBucket, Script::Bucket),
        (Algorithm::SlidingWindow, Script::Decide),
    ] {
        let mut store = Store::new(&server, vec![policy(algorithm, 2)]);
        assert_eq!(store.usual_script(), script);
        let at = Timestamp::from_millis;
        let one = || Cost::All(1).into();
        assert!(store.consume("ann", one(), at(0)).allowed);
        store.block("ann", Span::from_secs(10), at(1_000));
        assert!(!store.consume("ann", one(), at(10_999)).allowed);
        assert!(store.consume("bob", one(), at(10_999)).allowed);
        assert!(store.consume("ann", one(), at(11_000)).allowed, "{algorithm:?}: the second of its window");
        assert!(
            !store.consume("ann", one(), at(11_001)).allowed,
            "{algorithm:?}: what was used before the block counts"
        );
        store.assert_all_expire();
    }
}

#[test]
fn a_blocked_key_is_settled_and_stays_blocked() {
    let server = Server::start();
    for algorithm in Algorithm::ALL {
        let mut store = Store::new(&server, vec![policy(algorithm, 4)]);
        let at = Timestamp::from_millis;
        let decision = store.consume("ann", Cost::All(4).into(), at(0));
        store.block("ann", Span::from_secs(1), at(0));
        store.settle("ann", &decision, Cost::All(1), at(500));
        let refused = store.consume("ann", Cost::All(1).into(), at(999));
        assert!(!refused.allowed && refused.blocked, "{algorithm:?}: {refused:?}");
        assert!(store.consume("ann", Cost::All(3).into(), at(1_000)).allowed, "{algorithm:?}: three were given back");
        store.assert_all_expire();
    }
}

#[test]
fn a_block_holds_under_own_limits_too() {
    let server = Server::start();
    let mut store = Store::new(&server, vec![policy(Algorithm::FixedWindow, 2)]);
    let own = Request { cost: Cost::All(1), limits: &[50] };
    store.block("ann", Span::from_secs(10), Timestamp::from_millis(1_000));
    let decision = store.consume("ann", own, Timestamp::from_millis(2_000));
    assert!(!decision.allowed && decision.blocked, "{decision:?}");
}

#[test]
fn a_window_is_never_shorter_than_it_should_be() {
    let server = Server::start();
    let mut store = Store::new(&server, vec![policy(Algorithm::FixedWindow, 1)]);
    let (start, window) = (Timestamp::from_micros(1_999), Span::from_secs(60));
    let first = store.consume("ann", Cost::All(1).into(), start);
    assert!(first.allowed);
    let refused = store.consume("ann", Cost::All(1).into(), start.saturating_add(window).saturating_sub(MICRO));
    assert!(!refused.allowed, "{refused:?}");
    let rounded_up = Timestamp::from_micros(60_002_000);
    assert!(store.consume("ann", Cost::All(1).into(), rounded_up).allowed);
}

const MICRO: Span = Span::from_micros(1);

#[test]
fn a_refund_of_a_window_of_a_millisecond_does_not_reach_the_next() {
    let server = Server::start();
    let short = Policy { limit: 1, window: Span::from_millis(1), ..Policy::default() };
    let mut store = Store::new(&server, vec![short]);
    let at = Timestamp::from_millis;
    let first = store.consume("ann", Cost::All(1).into(), at(10));
    assert!(store.consume("ann", Cost::All(1).into(), at(11)).allowed);
    store.settle("ann", &first, Cost::All(0), at(11));
    assert!(!store.consume("ann", Cost::All(1).into(), at(11)).allowed);
}
