//! A flood of keys: memory stays bounded, and nobody who is exhausted or blocked is freed by it.

use tollgate_core::{Algorithm, Cost, Limiter, LimiterConfig, Policy, Request, Span, Timestamp};

const CAP: usize = 4_096;
const WINDOW: Span = Span::from_secs(60);

fn limiter(algorithm: Algorithm, block_for: Option<Span>) -> Limiter {
    let policy = Policy { limit: 2, window: WINDOW, algorithm, block_for, ..Policy::default() };
    let config = LimiterConfig { policies: vec![policy], max_keys: CAP, seed: [1, 2] };
    Limiter::new(config).unwrap()
}

/// Ten times as many keys as fit, each exhausted; the time is the number of the key in microseconds.
fn flood(limiter: &mut Limiter, mut each: impl FnMut(&mut Limiter, &[u8], Timestamp)) -> Timestamp {
    let mut now = Timestamp::ZERO;
    for i in 0..10 * CAP as u64 {
        now = Timestamp::from_micros(i);
        each(limiter, &i.to_le_bytes(), now);
    }
    now
}

fn exhaust(limiter: &mut Limiter, key: &[u8], now: Timestamp) {
    while limiter.consume(key, 1, now).allowed {}
}

/// Bytes that a table of this cap may take: slots of tag and state, some of them free, and the directory.
fn most_bytes(state: usize) -> usize {
    2 * CAP * (8 + state) + 16_384
}

#[test]
fn a_flood_frees_no_exhausted_key_and_memory_stays_bounded() {
    for (algorithm, state) in
        [(Algorithm::FixedWindow, 8), (Algorithm::SlidingWindow, 96), (Algorithm::TokenBucket, 16)]
    {
        let mut limiter = limiter(algorithm, None);
        let victims: Vec<_> = (0..100).map(|i| format!("victim {i}")).collect();
        victims.iter().for_each(|key| exhaust(&mut limiter, key.as_bytes(), Timestamp::ZERO));
        let now = flood(&mut limiter, exhaust);
        for key in &victims {
            assert!(!limiter.consume(key.as_bytes(), 1, now).allowed, "{algorithm:?} freed {key}");
        }
        for i in 0..10 * CAP as u64 {
            assert!(!limiter.peek(&i.to_le_bytes(), 1, now).allowed, "{algorithm:?} freed {i}");
        }
        let size = limiter.size();
        assert!(size.keys <= CAP && size.overflowed > 0, "{size:?}");
        assert!(size.bytes <= most_bytes(state), "{algorithm:?}: {size:?}");
    }
}

#[test]
fn a_flood_of_blocks_frees_no_blocked_key() {
    let mut limiter = limiter(Algorithm::FixedWindow, Some(Span::from_secs(3_600)));
    limiter.block(b"victim", Span::from_secs(3_600), Timestamp::ZERO);
    exhaust(&mut limiter, b"offender", Timestamp::ZERO);
    flood(&mut limiter, |limiter, key, now| {
        exhaust(limiter, key, now);
        limiter.block(key, Span::from_secs(30), now);
    });
    // Every window has ended since, and with it all that a call without a block could be refused for.
    let late = Timestamp::from_millis(3_599_999);
    for key in [&b"victim"[..], b"offender"] {
        let decision = limiter.consume(key, 1, late);
        assert!(!decision.allowed && decision.blocked);
    }
    for i in 0..10 * CAP as u64 {
        assert!(limiter.peek(&i.to_le_bytes(), 1, late).blocked, "{i} was freed");
    }
    let slots = most_bytes(16) + most_bytes(8);
    assert!(limiter.size().bytes <= slots, "{:?}", limiter.size());
}

#[test]
fn keys_that_shared_a_bucket_never_start_afresh_when_room_is_made() {
    for algorithm in Algorithm::ALL {
        let mut limiter = limiter(algorithm, None);
        // A sixteenth of the cap are shared buckets; as many keys as have a place of their own fill the table.
        for i in 0..(CAP - CAP / 16) as u64 {
            exhaust(&mut limiter, &i.to_le_bytes(), Timestamp::ZERO);
        }
        assert_eq!(limiter.size().overflowed, 0);
        let late = Timestamp::from_millis(50_000);
        let strangers: Vec<_> = (0..200).map(|i| format!("stranger {i}")).collect();
        strangers.iter().for_each(|key| exhaust(&mut limiter, key.as_bytes(), late));
        // The fillers' windows have ended, and enough calls are made to give up all of them.
        let now = Timestamp::from_millis(70_000);
        for i in 0..4 * CAP {
            assert!(limiter.consume(format!("new {i}").as_bytes(), 0, now).allowed);
        }
        let refused = strangers.iter().filter(|key| !limiter.consume(key.as_bytes(), 1, now).allowed).count();
        // Two tokens in 60 s: after 20 s a bucket, too, holds less than one.
        assert_eq!(refused, strangers.len(), "{algorithm:?}");
    }
}

#[test]
fn idle_keys_are_forgotten_and_their_memory_is_given_back() {
    for algorithm in Algorithm::ALL {
        let mut limiter = limiter(algorithm, Some(WINDOW));
        let empty = limiter.size().bytes;
        for i in 0..CAP as u64 / 2 {
            exhaust(&mut limiter, &i.to_le_bytes(), Timestamp::ZERO);
            limiter.reset(&i.to_le_bytes(), Timestamp::ZERO);
            exhaust(&mut limiter, &i.to_le_bytes(), Timestamp::ZERO);
        }
        assert_eq!(limiter.size().keys, CAP / 2);
        let full = limiter.size().bytes;
        let late = Timestamp::from_millis(200_000);
        for _ in 0..2 * CAP {
            assert!(limiter.consume(b"someone", 0, late).allowed);
        }
        assert_eq!(limiter.size().keys, 0, "{algorithm:?}");
        assert!(limiter.size().bytes < empty + full / 20, "{algorithm:?}: {empty} {full} {:?}", limiter.size());
    }
}

#[test]
fn a_flood_of_limits_of_their_own_frees_nobody_and_stays_bounded() {
    let mut limiter = limiter(Algorithm::FixedWindow, None);
    assert!(consume_own(&mut limiter, b"victim", 7, Timestamp::ZERO));
    let now = flood(&mut limiter, |limiter, key, now| {
        let limit = 3 + now.as_micros() % 500;
        let fits = consume_own(limiter, key, limit, now);
        assert!(fits || limiter.size().overflowed > 0);
        assert!(!consume_own(limiter, key, limit, now));
    });
    assert!(!consume_own(&mut limiter, b"victim", 7, now));
    assert!(limiter.size().bytes <= 2 * most_bytes(16));
}

/// Takes all of a limit that comes with the call.
fn consume_own(limiter: &mut Limiter, key: &[u8], limit: u64, now: Timestamp) -> bool {
    limiter.consume(key, Request { cost: Cost::All(limit), limits: &[limit] }, now).allowed
}
