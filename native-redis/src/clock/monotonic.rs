//! The clock of the operating system.

use std::future::Future;
use std::sync::OnceLock;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use super::Clock;
use super::alarm::{Alarm, Ringer, Sleep};

/// The operating system's monotonic clock; all values of this type show the same time.
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
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        ORIGIN.get_or_init(Instant::now).elapsed()
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

/// Rings until the process ends.
fn watch() {
    let clock = MonotonicClock;
    loop {
        let next = clock.alarm().ring(clock.now());
        let wait = next.map_or(LONGEST_WAIT, |at| at.saturating_sub(clock.now()));
        thread::park_timeout(wait.min(LONGEST_WAIT));
    }
}
