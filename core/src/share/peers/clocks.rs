//! A moment on two clocks with opposite roles.

use crate::time::{Span, Timestamp};

/// A moment, as a host reads it from its two clocks.
///
/// The monotonic clock stops while a machine is suspended; the wall clock does not, but is set at times. What must not
/// be too short (a window) is measured by the monotonic one; what must not be too long (a deadline) by whichever says
/// more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    /// Time since an origin of the process's own. It never runs backwards.
    pub monotonic: Timestamp,
    /// Time of day, from an origin that all readings of this process share.
    pub wall: Timestamp,
}

impl Clocks {
    /// How long ago `earlier` was at most.
    pub(crate) fn age_of(self, earlier: Self) -> Span {
        self.monotonic.saturating_since(earlier.monotonic).max(self.wall.saturating_since(earlier.wall))
    }
}
