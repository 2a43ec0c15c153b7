//! What one call brings along.

use std::time::Duration;

use crate::cost::Cost;

/// What one call brings along: its cost, and how it waits.
///
/// ```
/// use std::time::Duration;
/// use tollgate::Pace;
/// let urgent = Pace::new([1, 1_200]).priority(5).max_delay(Duration::from_secs(30));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    pub(super) cost: Cost,
    pub(super) priority: i32,
    pub(super) lane: u32,
    pub(super) max_delay: Option<Duration>,
}

impl Pace {
    /// A call with this cost, which waits its turn for as long as the pacer says.
    #[must_use]
    pub fn new(cost: impl Into<Cost>) -> Self {
        Self { cost: cost.into(), priority: 0, lane: 0, max_delay: None }
    }

    /// Calls with a higher one go first in their lane: a step counts like 10 s of waiting, so nobody starves.
    #[must_use]
    pub fn priority(self, priority: i32) -> Self {
        Self { priority, ..self }
    }

    /// Lanes that wait take turns, so that one tenant's calls do not hold up the others'.
    #[must_use]
    pub fn lane(self, lane: u32) -> Self {
        Self { lane, ..self }
    }

    /// The longest that this call waits; then it is refused with [`PaceError::Timeout`](crate::PaceError::Timeout).
    #[must_use]
    pub fn max_delay(self, max_delay: Duration) -> Self {
        Self { max_delay: Some(max_delay), ..self }
    }
}

impl<C: Into<Cost>> From<C> for Pace {
    fn from(cost: C) -> Self {
        Self::new(cost)
    }
}
