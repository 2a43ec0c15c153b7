//! Durations of the standard library, and the core's: whole microseconds below 2^53.

use std::time::Duration;

use tollgate_core::{Span, Timestamp};

const MICROS_A_SECOND: u64 = 1_000_000;

/// Rounded up to the microsecond, so that nothing ends early; saturates.
pub(crate) const fn span(duration: Duration) -> Span {
    let whole = duration.as_secs().saturating_mul(MICROS_A_SECOND);
    Span::from_micros(whole.saturating_add(duration.subsec_nanos().div_ceil(1_000) as u64))
}

/// The point this long after the origin, rounded down to the microsecond; saturates.
#[inline]
pub(crate) const fn timestamp(since_origin: Duration) -> Timestamp {
    let whole = since_origin.as_secs().saturating_mul(MICROS_A_SECOND);
    Timestamp::from_micros(whole.saturating_add(since_origin.subsec_micros() as u64))
}

#[inline]
pub(crate) const fn duration(span: Span) -> Duration {
    Duration::from_micros(span.as_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_round_up_and_points_down() {
        let odd = Duration::from_nanos(1_500);
        assert_eq!(span(odd), Span::from_micros(2));
        assert_eq!(timestamp(odd), Timestamp::from_micros(1));
        assert_eq!(duration(span(Duration::from_secs(7))), Duration::from_secs(7));
        assert_eq!(span(Duration::MAX), Span::MAX);
        assert_eq!(timestamp(Duration::MAX), Timestamp::MAX);
    }
}
