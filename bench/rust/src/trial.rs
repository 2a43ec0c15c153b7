//! The trials: what one child process does with one subject, and the numbers it prints.

use crate::key::{Key, Numbers};
use crate::meter::{cpu_nanos, resident_bytes};
use crate::subject::{LIMIT, Subject};

/// Calls in a row under one key in the hot trial: a tenth above the limit, so that some are refused.
const HOT_CALLS: u32 = LIMIT + LIMIT / 9;
const FEW_KEYS: u32 = 10_000;

/// CPU nanoseconds a call.
#[derive(Clone, Copy)]
pub(crate) struct Speed {
    pub(crate) hot: f64,
    pub(crate) few: f64,
    pub(crate) insert: f64,
    pub(crate) many: f64,
}

/// What it takes to hold many keys.
#[derive(Clone, Copy)]
pub(crate) struct Growth {
    pub(crate) bytes_a_key: f64,
    pub(crate) longest_micros: f64,
    /// The longest when each insertion counts with its shortest time in three runs that do the same.
    pub(crate) repeated_micros: f64,
}

impl Speed {
    /// The smaller of each number: noise only adds.
    pub(crate) fn best(self, other: Self) -> Self {
        Self {
            hot: self.hot.min(other.hot),
            few: self.few.min(other.few),
            insert: self.insert.min(other.insert),
            many: self.many.min(other.many),
        }
    }
}

impl Growth {
    /// The smaller of each number: noise only adds.
    pub(crate) fn best(self, other: Self) -> Self {
        Self {
            bytes_a_key: self.bytes_a_key.min(other.bytes_a_key),
            longest_micros: self.longest_micros.min(other.longest_micros),
            repeated_micros: self.repeated_micros.min(other.repeated_micros),
        }
    }
}

/// Speed with one hot key, 10,000 keys, and `many` keys.
pub(crate) fn speed<S: Subject>(make: fn() -> S, many: u32) -> Speed {
    let hot: Vec<u32> = (0..many / HOT_CALLS).flat_map(|n| std::iter::repeat_n(n, HOT_CALLS as usize)).collect();
    let (_, hot) = run(&mut make(), &[], &hot);
    let (_, few) = run(&mut make(), &in_order(FEW_KEYS), &at_random(many, FEW_KEYS));
    let (insert, many) = run(&mut make(), &in_order(many), &at_random(many, many));
    Speed { hot, few, insert, many }
}

fn in_order(keys: u32) -> Vec<u32> {
    (0..keys).collect()
}

fn at_random(calls: u32, keys: u32) -> Vec<u32> {
    let mut numbers = Numbers(u64::from(keys));
    (0..calls).map(|_| numbers.below(keys)).collect()
}

/// CPU nanoseconds a call: of the calls that fill the subject, then of those after them. Keys lie in
/// memory in the order of the calls, as fresh as from a socket.
fn run<S: Subject>(subject: &mut S, fill: &[u32], calls: &[u32]) -> (f64, f64) {
    let fill_keys: Vec<S::Key> = fill.iter().map(|&number| S::Key::of(number)).collect();
    let call_keys: Vec<S::Key> = calls.iter().map(|&number| S::Key::of(number)).collect();
    let (allowed_fill, fill_cost) = check_all(subject, &fill_keys);
    let (allowed, cost) = check_all(subject, &call_keys);
    let right = if S::LIMITS { expected(fill.iter().chain(calls)) } else { (fill.len() + calls.len()) as u64 };
    assert_eq!(allowed_fill + allowed, right, "calls allowed");
    (fill_cost, cost)
}

#[inline(never)]
fn check_all<S: Subject>(subject: &mut S, keys: &[S::Key]) -> (u64, f64) {
    let start = cpu_nanos();
    let allowed = keys.iter().map(|key| u64::from(subject.check(key))).sum();
    (allowed, (cpu_nanos() - start) as f64 / keys.len().max(1) as f64)
}

/// How many of these calls an exact limiter allows.
fn expected<'a>(calls: impl Iterator<Item = &'a u32> + Clone) -> u64 {
    let keys = calls.clone().max().map_or(0, |&most| most as usize + 1);
    let mut counts = vec![0_u32; keys];
    for &number in calls {
        if let Some(count) = counts.get_mut(number as usize) {
            *count += 1;
        }
    }
    counts.into_iter().map(|count| u64::from(count.min(LIMIT))).sum()
}

/// Memory of `keys` keys, and the longest insertion of one of them, the making of the key and the reading
/// of the CPU clock included.
pub(crate) fn growth<S: Subject>(make: fn() -> S, keys: u32) -> Growth {
    let mut shortest = vec![u32::MAX; keys as usize];
    let resident = resident_bytes();
    let mut first = make();
    let longest = insert_all(&mut first, &mut shortest);
    let bytes = resident_bytes().saturating_sub(resident);
    assert_limited(&mut first);
    if S::REPEATS {
        // The first stays, so that the others do not live in memory that was used before.
        let mut others = [make(), make()];
        for other in &mut others {
            insert_all(other, &mut shortest);
        }
    }
    let repeated = shortest.into_iter().max().unwrap_or(0);
    Growth {
        bytes_a_key: bytes as f64 / f64::from(keys),
        longest_micros: f64::from(longest) / 1_000.0,
        repeated_micros: f64::from(repeated) / 1_000.0,
    }
}

/// Inserts a key for each element of `shortest`, which keeps the least time its insertion ever took; the
/// longest of this time, in nanoseconds.
fn insert_all<S: Subject>(subject: &mut S, shortest: &mut [u32]) -> u32 {
    let (mut key, mut longest, mut last) = (S::Key::default(), 0, cpu_nanos());
    for (number, shortest) in (0..).zip(shortest) {
        key.become_number(number);
        assert!(subject.check(&key), "a first call is allowed");
        let now = cpu_nanos();
        let took = u32::try_from(now - last).unwrap_or(u32::MAX);
        (longest, *shortest) = (longest.max(took), took.min(*shortest));
        last = now;
    }
    longest
}

/// The subject still knows a key: it allows what is left of its limit and no more.
fn assert_limited<S: Subject>(subject: &mut S) {
    let key = S::Key::of(1);
    let allowed = (0..LIMIT * 2).filter(|_| subject.check(&key)).count();
    assert_eq!(allowed as u32, LIMIT - 1, "calls allowed after the first");
}
