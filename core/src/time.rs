//! Time as whole microseconds below 2^53, so that Rust, JavaScript and Lua compute with the same numbers.

#![warn(clippy::arithmetic_side_effects)]

/// The largest number of microseconds, and the largest limit or cost: 2^53 − 1.
///
/// Up to here every integer has an exact IEEE 754 double, which is what JavaScript and Lua count in.
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// A point on the host's monotonic clock: whole microseconds since an origin of the host's choice.
///
/// Never above [`MAX_SAFE_INTEGER`]; every operation saturates there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// A length of time: whole microseconds, never above [`MAX_SAFE_INTEGER`] (about 285 years).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl Timestamp {
    /// The origin of the clock.
    pub const ZERO: Self = Self(0);
    /// The last representable point: what is due then never comes.
    pub const MAX: Self = Self(MAX_SAFE_INTEGER);

    /// A point `micros` µs after the origin; larger values saturate to [`Timestamp::MAX`].
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(saturate(micros))
    }

    /// A point `millis` ms after the origin; saturates.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(saturate(millis.saturating_mul(1_000)))
    }

    /// Microseconds since the origin.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// This point moved later by `span`; saturates to [`Timestamp::MAX`].
    #[must_use]
    pub const fn saturating_add(self, span: Span) -> Self {
        Self(saturate(self.0.saturating_add(span.0)))
    }

    /// This point moved earlier by `span`; stops at the origin.
    #[must_use]
    pub const fn saturating_sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// The time from `earlier` to this point; zero when `earlier` is later.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0);
    /// The longest span.
    pub const MAX: Self = Self(MAX_SAFE_INTEGER);

    /// `micros` microseconds; saturates.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(saturate(micros))
    }

    /// `millis` milliseconds; saturates.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(saturate(millis.saturating_mul(1_000)))
    }

    /// `secs` seconds; saturates.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(saturate(secs.saturating_mul(1_000_000)))
    }

    /// Whole microseconds.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole seconds, a fraction rounded up: what `Retry-After` needs, which may not be too early.
    #[must_use]
    pub const fn as_secs_ceil(self) -> u64 {
        self.0.div_ceil(1_000_000)
    }

    /// Both, one after the other.
    #[must_use]
    pub(crate) const fn saturating_add(self, other: Self) -> Self {
        Self::from_micros(self.0.saturating_add(other.0))
    }

    /// So many times as long; the longest span where that is longer.
    #[must_use]
    pub(crate) const fn times(self, factor: u64) -> Self {
        Self::from_micros(self.0.saturating_mul(factor))
    }

    /// This part of it, rounded down; the same where `parts` is 0.
    #[must_use]
    pub(crate) const fn divided_by(self, parts: u64) -> Self {
        match self.0.checked_div(parts) {
            Some(micros) => Self(micros),
            None => self,
        }
    }

    /// Whether this is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

const fn saturate(micros: u64) -> u64 {
    if micros > MAX_SAFE_INTEGER { MAX_SAFE_INTEGER } else { micros }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_saturates_at_two_to_the_53_minus_one() {
        assert_eq!(Timestamp::from_micros(u64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::from_millis(u64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.saturating_add(Span::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::ZERO.saturating_since(Timestamp::MAX), Span::ZERO);
        assert_eq!(Span::from_secs(u64::MAX), Span::MAX);
    }

    #[test]
    fn seconds_round_up() {
        assert_eq!(Span::from_micros(1).as_secs_ceil(), 1);
        assert_eq!(Span::from_secs(3).as_secs_ceil(), 3);
        assert_eq!(Span::ZERO.as_secs_ceil(), 0);
    }
}
