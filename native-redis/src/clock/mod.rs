//! What time it is.

mod alarm;
mod manual;
mod monotonic;

use std::future::Future;
use std::time::Duration;

pub use manual::ManualClock;
pub use monotonic::MonotonicClock;

/// A clock that a limiter goes by.
///
/// The limiter reads it at every call. Where it goes backwards, no time has passed.
pub trait Clock: Clone + Send + Sync + 'static {
    /// The time since an origin that stays the same for all clones of this clock, in this process.
    fn now(&self) -> Duration;

    /// Waits until this much time has passed on this clock. Waking up late or early is allowed.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}
