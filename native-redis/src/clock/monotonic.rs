//! The clock of the operating system.

use std::future::Future;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::Clock;
use super::alarm::{Alarm, Ringer, Sleep};

/// The operating system's monotonic clock; all values of this type show the same time.
///
/// It is read through the processor's counter of cycles where that is reliable, which takes a third of the time. Ten
/// times a second the operating system is asked, so that the two differ by microseconds at most.
///
/// Whoever waits on it is woken by a thread of this crate, which is started when somebody waits for the first time and
/// sleeps until the next is due: so waiting works in every async runtime.
#[derive(Clone, Copy, Debug, Default)]
pub struct MonotonicClock;

/// No timer waits longer than this at once: a longer wait is several.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// Who sleeps on this clock.
static ALARM: OnceLock<Alarm> = OnceLock::new();
/// The thread that wakes them; none where it could not be started. Then sleepers ask for the time again and again.
static WATCH: OnceLock<Option<Thread>> = OnceLock::new();

impl MonotonicClock {
    /// The clock.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Clock for MonotonicClock {
    #[inline]
    fn now(&self) -> Duration {
        static FACE: OnceLock<Face> = OnceLock::new();
        Duration::from_micros(FACE.get_or_init(Face::new).micros())
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        Sleep::until(self.now().saturating_add(duration), *self)
    }
}

impl Ringer for MonotonicClock {
    fn alarm(&self) -> &Alarm {
        ALARM.get_or_init(Alarm::default)
    }

    fn will_ring(&self, is_first: bool) -> bool {
        let start = || thread::Builder::new().name("tollgate-clock".to_owned()).spawn(watch);
        let thread = WATCH.get_or_init(|| start().ok().map(|handle| handle.thread().clone()));
        if let Some(thread) = thread.as_ref().filter(|_| is_first) {
            thread.unpark();
        }
        thread.is_some()
    }
}

/// The time of the operating system, told by a counter that is corrected now and then.
struct Face {
    counter: quanta::Clock,
    counter_origin: quanta::Instant,
    origin: Instant,
    /// What the counter showed when it was last corrected, in microseconds.
    corrected_at: AtomicU64,
    /// What has to be added to it, modulo 2^64.
    correction: AtomicU64,
}

impl Face {
    /// Microseconds after which the counter is corrected.
    const GOOD_FOR: u64 = 100_000;

    fn new() -> Self {
        let counter = quanta::Clock::new();
        let (counter_origin, origin) = (counter.now(), Instant::now());
        let zero = || AtomicU64::new(0);
        Self { counter, counter_origin, origin, corrected_at: zero(), correction: zero() }
    }

    #[inline]
    fn micros(&self) -> u64 {
        let counted = self.counter.now().saturating_duration_since(self.counter_origin);
        let counted = counted.as_secs() * 1_000_000 + u64::from(counted.subsec_micros());
        // Also where the counter was set back: then this wraps.
        if counted.wrapping_sub(self.corrected_at.load(Ordering::Relaxed)) >= Self::GOOD_FOR {
            self.correct(counted);
        }
        counted.wrapping_add(self.correction.load(Ordering::Relaxed))
    }

    /// Threads that do this at once find nearly the same correction.
    #[cold]
    fn correct(&self, counted: u64) {
        let passed = self.origin.elapsed().as_micros() as u64;
        self.correction.store(passed.wrapping_sub(counted), Ordering::Relaxed);
        self.corrected_at.store(counted, Ordering::Relaxed);
    }
}

/// Rings until the process ends.
fn watch() {
    let clock = MonotonicClock;
    loop {
        let next = clock.alarm().ring(clock.now());
        let wait = next.map_or(LONGEST_WAIT, |at| at.saturating_sub(clock.now()));
        thread::park_timeout(wait.min(LONGEST_WAIT));
    }
}
