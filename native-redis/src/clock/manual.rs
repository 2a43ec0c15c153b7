//! A clock for tests.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Clock;
use super::alarm::{Alarm, Ringer, Sleep};
use crate::span::{duration, span};

/// A clock that stands still until it is told to go on. Clones show the same time.
///
/// ```
/// use std::time::Duration;
/// use tollgate::{ManualClock, Policy, RateLimiter};
/// let clock = ManualClock::new();
/// let limiter = RateLimiter::with_clock(Policy::per_minute(1), clock.clone())?;
/// assert!(limiter.check("ann").allowed);
/// assert!(!limiter.check("ann").allowed);
/// clock.advance(Duration::from_secs(60));
/// assert!(limiter.check("ann").allowed);
/// # Ok::<(), tollgate::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<Face>);

#[derive(Debug, Default)]
struct Face {
    micros: AtomicU64,
    alarm: Alarm,
}

impl ManualClock {
    /// A clock at its origin.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets time pass, a fraction of a microsecond as a whole one, and wakes who waits for that.
    pub fn advance(&self, time: Duration) {
        let micros = span(time).as_micros();
        self.0.micros.fetch_add(micros, Ordering::AcqRel);
        self.0.alarm.ring(self.now());
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        Duration::from_micros(self.0.micros.load(Ordering::Acquire))
    }

    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send {
        Sleep::until(self.now().saturating_add(duration(span(time))), self.clone())
    }
}

impl Ringer for ManualClock {
    fn alarm(&self) -> &Alarm {
        &self.0.alarm
    }

    fn will_ring(&self, _is_first: bool) -> bool {
        true
    }
}
