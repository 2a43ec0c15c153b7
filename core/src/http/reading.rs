//! Header values as a client reads them.

use alloc::string::String;
use alloc::vec::Vec;

use super::told::{Told, first};
use super::vendor;
use super::wall::{Wall, whole};
use crate::time::Span;

/// How many limits of one response are read; further ones are ignored.
pub const MAX_LIMITS: usize = 64;

/// What a response tells about one limit; what it does not tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Name of the policy: [`Dialect::Draft11`](super::Dialect::Draft11) only.
    pub name: Option<String>,
    /// How much may go in one window.
    pub quota: Option<u64>,
    /// What is left.
    pub remaining: Option<u64>,
    /// Length of the window.
    pub window: Option<Span>,
    /// Time until there is room again.
    pub reset_after: Option<Span>,
}

/// What a response tells about limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The limits, in the order of the fields; at most [`MAX_LIMITS`].
    pub limits: Vec<Limit>,
    /// `Retry-After`; zero for a date that has passed.
    pub retry_after: Option<Span>,
}

impl Reading {
    /// How long to hold further calls back: `Retry-After` where it is given, else until the last of the limits
    /// that have nothing left has room again. None where nothing says to wait.
    #[must_use]
    pub fn wait(&self) -> Option<Span> {
        let used_up = self.limits.iter().filter(|limit| limit.remaining == Some(0));
        self.retry_after.or_else(|| used_up.filter_map(|limit| limit.reset_after).max())
    }
}

/// Reads the limits in a response's header fields, whichever [`Dialect`](super::Dialect) they are in, and
/// `Retry-After`.
///
/// Of several dialects, the newest counts. Names are compared without case; a List may be split over several
/// fields. Whatever is malformed is ignored, and so are the limits in a response from a cache (`Age` above
/// 0). A reset of [`Dialect::Draft6`](super::Dialect::Draft6) or [`Dialect::Legacy`](super::Dialect::Legacy)
/// that is too large to be a number of seconds from now (10⁹, 31 years) is a point in time: seconds since
/// 1970, or milliseconds where it is too large for those, too (10¹¹). `Retry-After` is a number of seconds or
/// an IMF-fixdate. Limits whose names are part of the fields' (`x-ratelimit-remaining-tokens` of OpenAI,
/// `anthropic-ratelimit-tokens-remaining`) are read as well; where there are any, those of `X-RateLimit-*` without a
/// name are not. `wall_secs` is the time in seconds since 1970, for what is told as a point in time.
#[must_use]
pub fn parse<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>, wall_secs: u64) -> Reading {
    let mut told = Told::at(Wall { secs: wall_secs });
    for (name, value) in fields {
        let value = value.trim_matches([' ', '\t']);
        match FIELDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, read)) => read(&mut told, value),
            None => vendor::read(&mut told, name, value),
        }
    }
    told.reading()
}

/// Reads the value of one field.
type Reader = fn(&mut Told, &str);

/// The fields that are read, and how.
const FIELDS: [(&str, Reader); 10] = [
    ("RateLimit-Policy", Told::policies),
    ("RateLimit", Told::standings),
    ("RateLimit-Limit", Told::draft6_limit),
    ("RateLimit-Remaining", |told, text| first(&mut told.draft6.remaining, whole(text))),
    ("RateLimit-Reset", |told, text| first(&mut told.draft6.reset_after, told.wall.until(text))),
    ("X-RateLimit-Limit", |told, text| first(&mut told.legacy.quota, whole(text))),
    ("X-RateLimit-Remaining", |told, text| first(&mut told.legacy.remaining, whole(text))),
    ("X-RateLimit-Reset", |told, text| first(&mut told.legacy.reset_after, told.wall.until(text))),
    ("Retry-After", |told, text| first(&mut told.retry_after, told.wall.retry_after(text))),
    ("Age", |told, text| told.cached |= whole(text).is_some_and(|age| age > 0)),
];

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec;

    use super::*;

    const WALL: u64 = 1_700_000_000;

    fn limits(fields: &[(&str, &str)]) -> Vec<Limit> {
        parse(fields.iter().copied(), WALL).limits
    }

    fn limit(quota: u64, remaining: u64, window_secs: u64, reset_secs: u64) -> Limit {
        Limit {
            name: None,
            quota: Some(quota),
            remaining: Some(remaining),
            window: Some(Span::from_secs(window_secs)),
            reset_after: Some(Span::from_secs(reset_secs)),
        }
    }

    fn named(name: &str, limit: Limit) -> Limit {
        Limit { name: Some(name.into()), ..limit }
    }

    #[test]
    fn the_newest_draft_joins_policies_and_standings_by_name() {
        let expected = vec![named("burst", limit(100, 50, 60, 30)), named("daily", limit(1000, 900, 86_400, 36_000))];
        let standing = ("RateLimit", r#""daily";r=900;t=36000;pk=:aa==:, "burst";r=50;t=30;new=1"#);
        let policies = [
            ("ratelimit-policy", r#""burst";q=100;w=60"#),
            ("RATELIMIT-POLICY", r#""daily";q=1000;w=86400;qu="requests";pk=:aa==:"#),
        ];
        assert_eq!(limits(&[policies[0], policies[1], standing]), expected);
        let mut found = limits(&[standing, policies[0], policies[1]]);
        found.reverse();
        assert_eq!(found, expected);
    }

    #[test]
    fn partitions_of_one_policy_are_apart() {
        let fields = [("RateLimit-Policy", "a;q=9;w=1"), ("RateLimit", "a;r=1;t=1;pk=:AA:, a;r=2;t=2;pk=:BB:")];
        let second = Limit { quota: None, window: None, ..limit(0, 2, 0, 2) };
        assert_eq!(limits(&fields), [named("a", limit(9, 1, 1, 1)), named("a", second)]);
    }

    #[test]
    fn the_first_of_items_of_one_name_counts() {
        let fields = [("RateLimit-Policy", "a;q=9, a;q=8;w=1"), ("RateLimit", "a;r=1, a;r=2;t=1")];
        let told_first = Limit { window: None, reset_after: None, ..limit(9, 1, 0, 0) };
        assert_eq!(limits(&fields), [named("a", told_first)]);
    }

    #[test]
    fn older_dialects_find_their_window_in_the_policy_of_the_same_quota() {
        let policy = ("RateLimit-Policy", "1000;w=3600, 100;w=60;comment=\"x\"");
        let draft7 = ("RateLimit", "limit=100, remaining=50, reset=5");
        assert_eq!(limits(&[policy, draft7]), [limit(100, 50, 60, 5)]);
        let draft6 = [("RateLimit-Limit", "100"), ("RateLimit-Remaining", "50"), ("RateLimit-Reset", "5")];
        assert_eq!(limits(&[draft6[0], draft6[1], policy, draft6[2]]), [limit(100, 50, 60, 5)]);
        assert_eq!(limits(&[("RateLimit-Limit", "100, 100;w=60"), draft6[1], draft6[2]]), [limit(100, 50, 60, 5)]);
        assert_eq!(limits(&[policy]).len(), 2);
    }

    #[test]
    fn a_legacy_reset_is_seconds_from_now_or_a_point_in_time() {
        for (reset, secs) in
            [("30", 30), ("1700000030", 30), ("1700000029.5", 30), ("1700000030000", 30), ("1600000000", 0)]
        {
            let fields =
                [("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "50.0"), ("x-ratelimit-reset", reset)];
            assert_eq!(limits(&fields), [Limit { window: None, ..limit(100, 50, 0, secs) }], "{reset}");
        }
    }

    #[test]
    fn the_newest_dialect_counts() {
        let newest_first = [
            ("RateLimit", "a;r=11"),
            ("RateLimit", "remaining=7"),
            ("RateLimit-Remaining", "6"),
            ("X-RateLimit-Remaining", "5"),
        ];
        for (i, expected) in [11, 7, 6, 5].into_iter().enumerate() {
            let found = limits(&newest_first[i..]);
            assert_eq!((found.len(), found[0].remaining), (1, Some(expected)));
        }
    }

    #[test]
    fn what_is_malformed_is_ignored() {
        for field in [
            ("RateLimit", "a;r=1,"),
            ("RateLimit", "a;r=-1"),
            ("RateLimit", "a;r=\"1\""),
            ("RateLimit", "a;t=1"),
            ("RateLimit", "1;r=1"),
            ("RateLimit", "limit=x, remaining=-1, reset=1.5"),
            ("RateLimit-Policy", "a;w=1"),
            ("RateLimit-Policy", "100"),
            ("RateLimit-Policy", "100;w=0"),
            ("RateLimit-Limit", "many"),
            ("X-RateLimit-Limit", "-1"),
            ("X-RateLimit-Remaining", "1e3"),
            ("X-RateLimit-Reset", "soon"),
            ("X-RateLimit-Limitless", "1"),
            ("Retry-After", "soon"),
        ] {
            assert_eq!(parse([field], WALL), Reading::default(), "{field:?}");
        }
        assert_eq!(limits(&[("RateLimit", "\"a"), ("RateLimit", "b;r=1")]).len(), 1);
    }

    #[test]
    fn what_a_cache_answers_tells_no_limits() {
        let fields = |age| [("RateLimit", "a;r=1"), ("Retry-After", "3"), ("Age", age)];
        assert!(parse(fields("1"), WALL).limits.is_empty());
        assert_eq!(parse(fields("1"), WALL).retry_after, Some(Span::from_secs(3)));
        assert_eq!(limits(&fields("0")).len(), 1);
        assert_eq!(limits(&fields("old")).len(), 1);
    }

    #[test]
    fn retry_after_outweighs_resets() {
        let used_up = ("RateLimit", "a;r=0;t=9, b;r=0;t=20, c;r=1;t=99");
        assert_eq!(parse([used_up], WALL).wait(), Some(Span::from_secs(20)));
        assert_eq!(parse([used_up, ("Retry-After", "3")], WALL).wait(), Some(Span::from_secs(3)));
        assert_eq!(parse([("RateLimit", "a;r=1;t=9")], WALL).wait(), None);
    }

    #[test]
    fn a_flood_of_limits_is_cut_off() {
        let lines: Vec<_> = (0..1_000).map(|i| format!("a{i};r=1;t=1, b{i};r=1")).collect();
        assert_eq!(parse(lines.iter().map(|line| ("RateLimit", line.as_str())), WALL).limits.len(), MAX_LIMITS);
        let lines: Vec<_> = (0..1_000).map(|i| format!("{i};w=1")).collect();
        assert_eq!(parse(lines.iter().map(|line| ("RateLimit-Policy", line.as_str())), WALL).limits.len(), MAX_LIMITS);
    }
}
