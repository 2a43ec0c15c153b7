//! Many decisions in one call, and what a call costs the server.

use redis::Value;
use tollgate_core::store::{Op, Script};
use tollgate_core::{Algorithm, Cost, Policy, Span, Timestamp};

use crate::server::Server;
use crate::store::Store;

fn policies(algorithm: Algorithm, limit: u64) -> Vec<Policy> {
    vec![Policy { limit, window: Span::from_secs(60), algorithm, ..Policy::default() }]
}

/// How often each command ran since the counts were reset, those of the harness aside.
fn commands(connection: &mut redis::Connection) -> Vec<(String, u64)> {
    let stats: String = redis::cmd("INFO").arg("commandstats").query(connection).unwrap();
    let lines = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_"));
    let counted = lines.filter_map(|line| {
        let (name, rest) = line.split_once(":calls=")?;
        Some((name.to_owned(), rest.split(',').next()?.parse().ok()?))
    });
    let of_scripts = ["incrby", "decrby", "pttl", "pexpire", "get", "mget", "set", "exists", "time"];
    counted.filter(|(name, _)| of_scripts.contains(&name.as_str())).collect()
}

#[test]
fn a_batch_decides_one_after_the_other() {
    let server = Server::start();
    let mut connection = server.connect();
    for algorithm in [Algorithm::FixedWindow, Algorithm::SlidingWindow, Algorithm::TokenBucket] {
        let mut store = Store::new(&mut connection, policies(algorithm, 3));
        let asked: Vec<_> = ["ann", "bob", "ann", "ann", "ann", "bob"].map(|key| (key, Cost::All(1).into())).to_vec();
        let decided = store.decide_all(Op::Consume, &asked, Timestamp::from_millis(5));
        let allowed: Vec<bool> = decided.iter().map(|decision| decision.allowed).collect();
        assert_eq!(allowed, [true, true, true, true, false, true], "{algorithm:?}");
        let left: Vec<u64> = decided.iter().map(|decision| decision.policies().next().unwrap().remaining).collect();
        assert_eq!(left, [2, 2, 1, 0, 0, 1], "{algorithm:?}");
        store.assert_all_expire();
    }
}

#[test]
fn a_known_window_costs_two_commands_and_a_bucket_two() {
    let server = Server::start();
    let mut connection = server.connect();
    for (algorithm, count, expected) in [
        (Algorithm::FixedWindow, 128, [("incrby", 128), ("pttl", 128), ("time", 1)].as_slice()),
        (Algorithm::TokenBucket, 64, [("mget", 64), ("set", 64), ("time", 1)].as_slice()),
        (Algorithm::SlidingWindow, 64, [("mget", 64), ("set", 64), ("time", 1)].as_slice()),
    ] {
        let keys: Vec<String> = (0..count).map(|i| format!("caller {i}")).collect();
        let mut store = Store::new(&mut connection, policies(algorithm, 100));
        let names: Vec<&str> = keys.iter().map(String::as_str).collect();
        store.raw(&names);
        store.reset_counts();
        store.raw(&names);
        let mut counted = commands(&mut connection);
        counted.sort();
        let expected: Vec<_> = expected.iter().map(|&(name, calls)| (name.to_owned(), calls)).collect();
        assert_eq!(counted, expected, "{algorithm:?}");
    }
}

#[test]
fn a_value_that_is_not_ours_fails_its_own_decision_alone() {
    let server = Server::start();
    let mut connection = server.connect();
    for algorithm in [Algorithm::FixedWindow, Algorithm::TokenBucket, Algorithm::SlidingWindow] {
        for foreign in ["list", "text"] {
            let mut store = Store::new(&mut connection, policies(algorithm, 3));
            store.spoil("eve", foreign);
            let reply = store.raw(&["ann", "eve", "bob"]);
            let each = (reply.len() - 1) / 3;
            let firsts: Vec<&Value> = reply[1..].iter().step_by(each).collect();
            assert!(matches!(firsts[..], [Value::Int(_), Value::BulkString(_), Value::Int(_)]), "{firsts:?}");
            assert!(store.still_holds("eve", foreign), "{algorithm:?}: what is not ours stays");
        }
    }
}

#[test]
fn a_block_by_hand_costs_others_nothing_and_ends() {
    let server = Server::start();
    let mut connection = server.connect();
    let mut store = Store::new(&mut connection, policies(Algorithm::FixedWindow, 2));
    assert_eq!(store.usual_script(), Script::Window);
    let at = Timestamp::from_millis;
    let one = || Cost::All(1).into();
    assert!(store.decide(Op::Consume, "ann", one(), at(0)).allowed);
    store.block("ann", Span::from_secs(10), at(1_000));
    assert!(!store.decide(Op::Consume, "ann", one(), at(10_999)).allowed);
    assert!(store.decide(Op::Consume, "bob", one(), at(10_999)).allowed);
    assert!(store.decide(Op::Consume, "ann", one(), at(11_000)).allowed, "the second of its window");
    assert!(!store.decide(Op::Consume, "ann", one(), at(11_001)).allowed, "what was used before the block counts");
    store.assert_all_expire();
}
