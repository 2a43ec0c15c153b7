//! The clocks of a process: they drift, stop with their machine, and are set.

use tollgate_core::Timestamp;
use tollgate_core::share::Clocks;

/// How wall clocks begin: far from 0, so that they can be set back.
const WALL_ORIGIN: u64 = 1_000_000_000_000;

/// Both clocks of a process. True time is in microseconds.
#[derive(Clone, Debug)]
pub struct OwnClocks {
    born: u64,
    /// Parts per million that they are fast.
    drift: i64,
    /// Time that the monotonic one has missed.
    stopped_for: u64,
    /// By how much the wall clock was set.
    wall_jump: i64,
}

impl OwnClocks {
    /// Those of a process that is born at `now`.
    #[must_use]
    pub fn new(drift: i64, now: u64) -> Self {
        Self { born: now, drift, stopped_for: 0, wall_jump: 0 }
    }

    /// What they say.
    #[must_use]
    pub fn at(&self, now: u64) -> Clocks {
        let lived = now - self.born;
        Clocks {
            monotonic: Timestamp::from_micros(self.drifted(lived.saturating_sub(self.stopped_for))),
            wall: Timestamp::from_micros((WALL_ORIGIN + self.drifted(lived)).saturating_add_signed(self.wall_jump)),
        }
    }

    /// When the monotonic one will show `at`.
    #[must_use]
    pub fn true_time(&self, at: Timestamp) -> u64 {
        let shown = i128::from(at.as_micros());
        let lived = (shown * 1_000_000).div_euclid(1_000_000 + i128::from(self.drift)) + 1;
        self.born + self.stopped_for + u64::try_from(lived).unwrap_or(u64::MAX / 4).min(u64::MAX / 4)
    }

    /// Somebody sets the wall clock.
    pub fn set_wall(&mut self, jump: i64) {
        self.wall_jump = self.wall_jump.saturating_add(jump);
    }

    /// The monotonic one has missed so much.
    pub fn miss(&mut self, missed: u64) {
        self.stopped_for += missed;
    }

    fn drifted(&self, span: u64) -> u64 {
        let fast = i128::from(span) * i128::from(self.drift) / 1_000_000;
        span.saturating_add_signed(i64::try_from(fast).unwrap_or(0))
    }
}
