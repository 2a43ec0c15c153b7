//! Header values from quotas.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

use super::{Dialect, Quota};
use crate::decision::RetryAfter;

/// The largest integer that a structured field may hold (RFC 9651, section 3.3.1): 15 digits. Larger
/// limits, remainders and times are written as this.
pub const MAX_FIELD_INTEGER: u64 = 999_999_999_999_999;

/// The values of the dialect's fields, in the order of [`Dialect::field_names`]; none without a quota.
///
/// `binding` is the index of the quota that the dialects tell about which know only one (the first where
/// it is out of range). `wall_secs` is the time in seconds since 1970, used by [`Dialect::Legacy`] only;
/// round it up, so that no client comes early.
#[must_use]
pub fn field_values(dialect: Dialect, quotas: &[Quota<'_>], binding: usize, wall_secs: u64) -> Vec<String> {
    let mut joined = String::with_capacity(128);
    write_field_values(&mut joined, dialect, quotas, binding, wall_secs, '\n');
    if quotas.is_empty() { Vec::new() } else { joined.split('\n').map(ToOwned::to_owned).collect() }
}

/// Appends [`field_values`] to `out`, `separator` between them. Values are printable ASCII, so that a
/// control character such as `'\n'` separates them safely.
pub fn write_field_values(
    out: &mut String,
    dialect: Dialect,
    quotas: &[Quota<'_>],
    binding: usize,
    wall_secs: u64,
    separator: char,
) {
    let Some(binding) = quotas.get(binding).or_else(|| quotas.first()) else { return };
    let facts = Facts { quotas, binding, wall_secs };
    for (i, write) in writers(dialect).iter().enumerate() {
        if i > 0 {
            out.push(separator);
        }
        write(out, &facts);
    }
}

/// The value of `Retry-After`: whole seconds, rounded up, at least 1. None where the call was not refused,
/// or would be refused for ever.
#[must_use]
pub fn retry_after(retry: RetryAfter) -> Option<String> {
    retry_secs(retry).map(|secs| secs.to_string())
}

/// Seconds until a refused call may be tried again, as `Retry-After` gives them.
pub(super) fn retry_secs(retry: RetryAfter) -> Option<u64> {
    match retry {
        RetryAfter::After(span) => Some(span.as_secs_ceil().max(1)),
        RetryAfter::Now | RetryAfter::Never => None,
    }
}

/// What there is to tell.
struct Facts<'a> {
    quotas: &'a [Quota<'a>],
    binding: &'a Quota<'a>,
    wall_secs: u64,
}

/// Appends the value of one field.
type Writer = fn(&mut String, &Facts<'_>);

/// How the fields of [`Dialect::field_names`] are written, in their order.
const fn writers(dialect: Dialect) -> &'static [Writer] {
    match dialect {
        Dialect::Draft11 => &[named_policies, named_standings],
        Dialect::Draft7 => &[binding_policy, binding_standing],
        Dialect::Draft6 => &[limit, remaining, reset_after, binding_policy],
        Dialect::Legacy => &[limit, remaining, reset_at],
    }
}

/// `"burst";q=10;w=1, "daily";q=1000;w=86400`
fn named_policies(out: &mut String, facts: &Facts<'_>) {
    each(out, facts.quotas, |out, quota| {
        name(out, quota.name);
        parameter(out, ";q=", quota.limit);
        if let Some(secs) = quota.window_secs() {
            parameter(out, ";w=", secs);
        }
    });
}

/// `"burst";r=9;t=1, "daily";r=900;t=36000`
fn named_standings(out: &mut String, facts: &Facts<'_>) {
    each(out, facts.quotas, |out, quota| {
        name(out, quota.name);
        parameter(out, ";r=", quota.remaining);
        parameter(out, ";t=", quota.room_after_secs());
    });
}

/// `100;w=60`
fn binding_policy(out: &mut String, facts: &Facts<'_>) {
    integer(out, facts.binding.limit);
    parameter(out, ";w=", facts.binding.window_secs().unwrap_or(1));
}

/// `limit=100, remaining=50, reset=5`
fn binding_standing(out: &mut String, facts: &Facts<'_>) {
    parameter(out, "limit=", facts.binding.limit);
    parameter(out, ", remaining=", facts.binding.remaining);
    parameter(out, ", reset=", facts.binding.room_after_secs());
}

fn limit(out: &mut String, facts: &Facts<'_>) {
    integer(out, facts.binding.limit);
}

fn remaining(out: &mut String, facts: &Facts<'_>) {
    integer(out, facts.binding.remaining);
}

fn reset_after(out: &mut String, facts: &Facts<'_>) {
    integer(out, facts.binding.room_after_secs());
}

fn reset_at(out: &mut String, facts: &Facts<'_>) {
    integer(out, facts.wall_secs.saturating_add(facts.binding.room_after_secs()));
}

/// The members of a List.
fn each(out: &mut String, quotas: &[Quota<'_>], item: impl Fn(&mut String, &Quota<'_>)) {
    for (i, quota) in quotas.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        item(out, quota);
    }
}

/// A String (RFC 9651, section 4.1.6).
fn name(out: &mut String, name: &str) {
    out.push('"');
    for character in name.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            ' '..='~' => out.push(character),
            _ => out.push('?'),
        }
    }
    out.push('"');
}

fn parameter(out: &mut String, key: &str, value: u64) {
    out.push_str(key);
    integer(out, value);
}

fn integer(out: &mut String, value: u64) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{}", value.min(MAX_FIELD_INTEGER));
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::time::Span;

    const WALL: u64 = 1_700_000_000;

    fn quota(name: &str) -> Quota<'_> {
        Quota {
            name,
            window: Span::from_secs(60),
            limit: 100,
            remaining: 50,
            reset_after: Span::from_millis(29_001),
            retry_after: RetryAfter::Now,
        }
    }

    fn values(dialect: Dialect, quotas: &[Quota<'_>], binding: usize) -> Vec<String> {
        field_values(dialect, quotas, binding, WALL)
    }

    #[test]
    fn every_dialect_has_its_form() {
        let two = [quota("burst"), Quota { limit: 1_000, remaining: 7, ..quota("daily") }];
        let expected: [(Dialect, &[&str]); 4] = [
            (
                Dialect::Draft11,
                &[r#""burst";q=100;w=60, "daily";q=1000;w=60"#, r#""burst";r=50;t=30, "daily";r=7;t=30"#],
            ),
            (Dialect::Draft7, &["1000;w=60", "limit=1000, remaining=7, reset=30"]),
            (Dialect::Draft6, &["1000", "7", "30", "1000;w=60"]),
            (Dialect::Legacy, &["1000", "7", "1700000030"]),
        ];
        for (dialect, expected) in expected {
            assert_eq!(values(dialect, &two, 1), expected);
            assert_eq!(dialect.field_names().len(), expected.len());
        }
    }

    #[test]
    fn a_policy_that_refused_tells_when_the_call_would_fit() {
        let refused = Quota { retry_after: RetryAfter::After(Span::from_micros(2_000_001)), ..quota("a") };
        assert_eq!(values(Dialect::Draft11, &[refused], 0)[1], r#""a";r=50;t=3"#);
        assert_eq!(values(Dialect::Legacy, &[refused], 0)[2], "1700000003");
        let never = Quota { retry_after: RetryAfter::Never, ..quota("a") };
        assert_eq!(values(Dialect::Draft11, &[never], 0)[1], r#""a";r=50;t=30"#);
    }

    #[test]
    fn windows_are_whole_seconds_rounded_up_and_left_out_below_one() {
        for (millis, newest, older) in [(1_500, r#""a";q=100;w=2"#, "100;w=2"), (999, r#""a";q=100"#, "100;w=1")] {
            let quotas = [Quota { window: Span::from_millis(millis), ..quota("a") }];
            assert_eq!(values(Dialect::Draft11, &quotas, 0)[0], newest);
            assert_eq!(values(Dialect::Draft7, &quotas, 0)[0], older);
        }
    }

    #[test]
    fn names_are_escaped_and_cannot_break_out_of_their_field() {
        let hostile = [quota("a\"b\\c\r\nX: é")];
        assert_eq!(values(Dialect::Draft11, &hostile, 0)[0], r#""a\"b\\c??X: ?";q=100;w=60"#);
    }

    #[test]
    fn integers_have_at_most_fifteen_digits() {
        let huge = [Quota { limit: u64::MAX, remaining: u64::MAX, ..quota("a") }];
        assert_eq!(values(Dialect::Draft11, &huge, 0)[0], r#""a";q=999999999999999;w=60"#);
        assert_eq!(field_values(Dialect::Legacy, &huge, 0, u64::MAX), vec!["999999999999999"; 3]);
    }

    #[test]
    fn no_quota_gives_no_value_and_a_binding_out_of_range_is_the_first() {
        for dialect in Dialect::ALL {
            assert!(values(dialect, &[], 0).is_empty());
            assert_eq!(values(dialect, &[quota("a")], usize::MAX), values(dialect, &[quota("a")], 0));
        }
    }

    #[test]
    fn retry_after_is_never_early_and_only_for_calls_that_can_succeed() {
        let after = |micros| retry_after(RetryAfter::After(Span::from_micros(micros)));
        assert_eq!(after(0).as_deref(), Some("1"));
        assert_eq!(after(1_000_001).as_deref(), Some("2"));
        assert_eq!(retry_after(RetryAfter::Now), None);
        assert_eq!(retry_after(RetryAfter::Never), None);
    }
}
