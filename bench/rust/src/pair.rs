//! R5: two threads on one limiter, ours and governor's, each as its users make it.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use tollgate::{Policy, RateLimiter};

use crate::key::{Key, Numbers};
use crate::meter::cpu_nanos;
use crate::subject::{Governor, LIMIT, WINDOW_SECS};

const THREADS: u32 = 2;
/// Calls of each thread.
const CALLS: u32 = 1_000_000;
/// Calls of each thread under one hot key: together they exceed its limit by a tenth.
const HOT_CALLS: u32 = (LIMIT + LIMIT / 9) / THREADS;

/// A limiter that threads share.
pub(crate) trait Shared: Sync {
    fn check(&self, key: &String) -> bool;
}

/// Our limiter in memory, with its own clock and locks.
pub(crate) struct Native(RateLimiter);

impl Native {
    #[expect(clippy::expect_used, reason = "a valid policy")]
    pub(crate) fn new() -> Self {
        let policy = Policy::new(LIMIT.into(), Duration::from_secs(WINDOW_SECS));
        Self(RateLimiter::builder(policy).max_keys(1 << 25).build().expect("a valid policy"))
    }
}

impl Shared for Native {
    #[inline]
    fn check(&self, key: &String) -> bool {
        self.0.check(key).allowed
    }
}

impl Shared for Governor<String> {
    #[inline]
    fn check(&self, key: &String) -> bool {
        self.check_key(key)
    }
}

/// Nanoseconds a call of two threads together: passed, and of CPU.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) passed: f64,
    pub(crate) cpu: f64,
}

impl Pace {
    /// The smaller of each number: noise only adds.
    pub(crate) fn best(self, other: Self) -> Self {
        Self { passed: self.passed.min(other.passed), cpu: self.cpu.min(other.cpu) }
    }
}

/// Two threads on the same hot key, on 10,000 and on `many` keys that have all been seen.
pub(crate) fn paces<S: Shared>(make: fn() -> S, many: u32) -> [Pace; 3] {
    let hot = |_| (0..CALLS / HOT_CALLS).flat_map(|n| std::iter::repeat_n(n, HOT_CALLS as usize)).collect();
    let random = |keys: u32| move |thread| random_numbers(thread, keys);
    [pace(&make(), 0, hot), pace(&make(), 10_000, random(10_000)), pace(&make(), many, random(many))]
}

fn random_numbers(thread: u32, keys: u32) -> Vec<u32> {
    let mut numbers = Numbers(u64::from(thread) + 1);
    (0..CALLS).map(|_| numbers.below(keys)).collect()
}

fn pace<S: Shared>(subject: &S, seen: u32, calls: impl Fn(u32) -> Vec<u32>) -> Pace {
    for number in 0..seen {
        assert!(subject.check(&String::of(number)), "a first call is allowed");
    }
    let keys: Vec<Vec<String>> = (0..THREADS).map(|i| calls(i).into_iter().map(String::of).collect()).collect();
    let start = Barrier::new(THREADS as usize);
    let ends = thread::scope(|scope| {
        let threads: Vec<_> = keys.iter().map(|keys| scope.spawn(|| check_all(subject, keys, &start))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect::<Vec<_>>()
    });
    assert_eq!(ends.len(), THREADS as usize, "a thread panicked");
    let all = keys.iter().map(Vec::len).sum::<usize>() as f64;
    let passed = ends.iter().map(|end| end.passed).fold(0.0, f64::max);
    Pace { passed: passed / all, cpu: ends.iter().map(|end| end.cpu).sum::<f64>() / all }
}

/// What one thread took for all its calls.
#[inline(never)]
fn check_all<S: Shared>(subject: &S, keys: &[String], start: &Barrier) -> Pace {
    start.wait();
    let (began, cpu) = (Instant::now(), cpu_nanos());
    let allowed = keys.iter().filter(|key| subject.check(key)).count();
    let pace = Pace { passed: began.elapsed().as_nanos() as f64, cpu: (cpu_nanos() - cpu) as f64 };
    assert!(allowed > 0, "calls allowed");
    pace
}
