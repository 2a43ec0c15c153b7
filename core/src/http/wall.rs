//! Numbers and points in time as servers write them outside structured fields.

use super::date::{imf_fixdate, rfc3339};
use crate::time::{MAX_SAFE_INTEGER, Span};

/// A number without sign, its fraction dropped (some servers count in floats).
pub(super) fn whole(text: &str) -> Option<u64> {
    decimal(text).map(|(whole, _)| whole)
}

/// A number without sign, rounded up.
fn ceil(text: &str) -> Option<u64> {
    decimal(text).map(|(whole, fraction)| whole.saturating_add(u64::from(fraction)))
}

/// A number without sign: its whole part, at most 2^53 − 1, and whether there is a fraction.
fn decimal(text: &str) -> Option<(u64, bool)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let whole = whole.parse().unwrap_or(u64::MAX).min(MAX_SAFE_INTEGER);
    Some((whole, fraction.bytes().any(|digit| digit != b'0')))
}

/// The wall time at which fields are read.
#[derive(Clone, Copy, Default)]
pub(super) struct Wall {
    /// Seconds since 1970.
    pub(super) secs: u64,
}

impl Wall {
    /// From here on, a reset is in seconds since 1970 (9 September 2001); below, in seconds from now.
    const FIRST_EPOCH: u64 = 1_000_000_000;
    /// From here on, a reset is in milliseconds since 1970 (3 March 1973); below, in seconds (to the year 5138).
    const FIRST_EPOCH_MILLIS: u64 = 100_000_000_000;

    /// The time until a reset; zero where it has passed.
    pub(super) fn until(self, reset: &str) -> Option<Span> {
        let Some(number) = ceil(reset) else { return rfc3339(reset).map(|at| self.until_epoch(at)) };
        Some(match number {
            secs @ ..Self::FIRST_EPOCH => Span::from_secs(secs),
            secs @ ..Self::FIRST_EPOCH_MILLIS => self.until_epoch(secs),
            millis => self.until_epoch(millis.div_ceil(1_000)),
        })
    }

    /// The time in a `Retry-After`: a number of seconds, or until a date.
    pub(super) fn retry_after(self, text: &str) -> Option<Span> {
        ceil(text).map(Span::from_secs).or_else(|| imf_fixdate(text).map(|at| self.until_epoch(at)))
    }

    fn until_epoch(self, at: u64) -> Span {
        Span::from_secs(at.saturating_sub(self.secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALL: Wall = Wall { secs: 784_111_700 };

    #[test]
    fn numbers_are_read_without_floats() {
        for (text, read) in [
            ("0", Some((0, false))),
            ("007", Some((7, false))),
            ("599.0", Some((599, false))),
            ("1.01", Some((1, true))),
            ("99999999999999999999999", Some((MAX_SAFE_INTEGER, false))),
            ("", None),
            (".5", None),
            ("5.", None),
            ("1.2.3", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("1 2", None),
            ("٣", None),
        ] {
            assert_eq!(decimal(text), read, "{text}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        for (text, secs) in [
            ("120", Some(120)),
            ("0", Some(0)),
            ("1.5", Some(2)),
            ("2000000000", Some(2_000_000_000)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(77)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-5", None),
            ("tomorrow", None),
        ] {
            assert_eq!(WALL.retry_after(text), secs.map(Span::from_secs), "{text}");
        }
        assert_eq!(WALL.retry_after("99999999999999999999"), Some(Span::MAX));
    }

    #[test]
    fn the_size_of_a_reset_tells_what_it_counts() {
        let wall = Wall { secs: 1_700_000_000 };
        for (text, secs) in [
            ("999999999", 999_999_999),
            ("1000000000", 0),
            ("1700000001", 1),
            ("99999999999", 98_299_999_999),
            ("100000000000", 0),
            ("1700000000001", 1),
        ] {
            assert_eq!(wall.until(text), Some(Span::from_secs(secs)), "{text}");
        }
        assert_eq!(wall.until("99999999999999999999"), Some(Span::MAX));
        assert_eq!(wall.until("2023-11-14T22:13:30Z"), Some(Span::from_secs(10)));
        assert_eq!(wall.until("2026-11-23T09:00Z"), None);
    }
}
