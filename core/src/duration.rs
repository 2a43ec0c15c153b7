//! The one parser of `"30d"` and `"100 per minute"`.

use alloc::format;

use crate::policy::{ConfigError, Policy};
use crate::time::{MAX_SAFE_INTEGER, Span};

/// Unit names and their microseconds; the first of each is the short one.
const UNITS: [(u64, &[&str]); 5] = [
    (1_000, &["ms", "millisecond", "milliseconds"]),
    (1_000_000, &["s", "sec", "secs", "second", "seconds"]),
    (60_000_000, &["m", "min", "mins", "minute", "minutes"]),
    (3_600_000_000, &["h", "hour", "hours"]),
    (86_400_000_000, &["d", "day", "days"]),
];

const DURATIONS: &str = "a number and a unit (ms, s, m, h or d), such as \"30s\", \"1.5h\" or \"30d\"";
const RATES: &str = "a limit and a window, such as \"100 per minute\", \"100/1m\" or \"5 per 10s\"";

/// Reads a length of time such as `"250ms"`, `"1.5 h"` or `"30 days"`; exact to the microsecond.
///
/// # Errors
/// `CONFIG_DURATION` where the text is something else, or longer than 2^53 µs.
pub fn parse_duration(text: &str) -> Result<Span, ConfigError> {
    duration(text.trim(), false)
        .ok_or_else(|| ConfigError::new("CONFIG_DURATION", "duration", format!("{text:?}"), DURATIONS))
}

/// Reads a limit and its window: `"100 per minute"`, `"100/1m"`, `"5 per 10s"`.
///
/// # Errors
/// `CONFIG_RATE` where the text is something else. Bounds are checked when a limiter is made.
pub fn parse_rate(text: &str) -> Result<Policy, ConfigError> {
    rate(text).ok_or_else(|| ConfigError::new("CONFIG_RATE", "rate", format!("{text:?}"), RATES))
}

fn rate(text: &str) -> Option<Policy> {
    let (limit, window) = match text.split_once('/') {
        Some(parts) => parts,
        None => text.split_once(" per ")?,
    };
    let limit = whole(limit.trim())?;
    Some(Policy { limit, window: duration(window.trim(), true)?, ..Policy::default() })
}

/// `bare_unit`: whether "minute" alone means one of them.
fn duration(text: &str, bare_unit: bool) -> Option<Span> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(unit_at);
    let micros = unit_micros(unit.trim_start())?;
    if number.is_empty() && bare_unit { Some(Span::from_micros(micros)) } else { scaled(number, micros) }
}

fn unit_micros(unit: &str) -> Option<u64> {
    UNITS.iter().find(|(_, names)| names.contains(&unit)).map(|&(micros, _)| micros)
}

/// A decimal number times `micros`; nothing below a microsecond may be left over.
fn scaled(number: &str, micros: u64) -> Option<Span> {
    let (whole_part, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let parts = u128::from(10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?);
    let all = u128::from(whole(whole_part)?).checked_mul(parts)?.checked_add(u128::from(whole(fraction)?))?;
    let scaled = all.checked_mul(u128::from(micros))?;
    if scaled.checked_rem(parts)? != 0 {
        return None;
    }
    u64::try_from(scaled.checked_div(parts)?).ok().filter(|&micros| micros <= MAX_SAFE_INTEGER).map(Span::from_micros)
}

fn whole(digits: &str) -> Option<u64> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact() {
        for (text, micros) in [
            ("1ms", 1_000),
            ("0.25 ms", 250),
            ("30s", 30_000_000),
            ("1.5h", 5_400_000_000),
            ("2 minutes", 120_000_000),
            ("30d", 2_592_000_000_000),
            ("3652.5d", 315_576_000_000_000),
        ] {
            assert_eq!(parse_duration(text).map(Span::as_micros), Ok(micros), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in
            ["", "s", "5", "-5s", "5 parsecs", "1.2.3s", "1e3s", ".5s", "5.s", "0.0000001s", "99999999999999d", "5S"]
        {
            let error = parse_duration(text).expect_err(text);
            assert_eq!(error.code(), "CONFIG_DURATION");
            assert!(error.value().contains(text), "{error}");
        }
    }

    #[test]
    fn rates_are_read_in_every_spelling() {
        for (text, limit, micros) in [
            ("100 per minute", 100, 60_000_000),
            ("100/1m", 100, 60_000_000),
            ("100/minute", 100, 60_000_000),
            ("5 per 10s", 5, 10_000_000),
            ("1000 per 1d", 1000, 86_400_000_000),
            ("7 / s", 7, 1_000_000),
        ] {
            let policy = parse_rate(text).expect(text);
            assert_eq!((policy.limit, policy.window.as_micros()), (limit, micros), "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in ["", "100", "per minute", "100 per", "100 a minute", "-1 per s", "1.5 per s", "1e3/s", "100//m"] {
            assert_eq!(parse_rate(text).expect_err(text).code(), "CONFIG_RATE");
        }
    }
}
