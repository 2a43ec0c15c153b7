//! Limits in fields whose names contain that of the limit: `x-ratelimit-remaining-tokens` (OpenAI and those who follow
//! it), `anthropic-ratelimit-tokens-remaining`.

use super::reading::Limit;
use super::told::{Told, first};
use super::wall::whole;
use crate::duration::parse_duration;
use crate::time::Span;

const OPENAI: &str = "x-ratelimit-";
const ANTHROPIC: &str = "anthropic-ratelimit-";

/// What a field tells about its limit.
#[derive(Clone, Copy)]
enum Part {
    Quota,
    Remaining,
    Reset,
}

/// Reads a field, if it is one of these.
pub(super) fn read(told: &mut Told, field: &str, text: &str) {
    let Some((part, name)) = openai(field).or_else(|| anthropic(field)) else { return };
    let reset = told.wall.until(text).or_else(|| go_duration(text));
    if let Some(limit) = told.named(name) {
        put(limit, part, text, reset);
    }
}

fn put(limit: &mut Limit, part: Part, text: &str, reset: Option<Span>) {
    match part {
        Part::Quota => first(&mut limit.quota, whole(text)),
        Part::Remaining => first(&mut limit.remaining, whole(text)),
        Part::Reset => first(&mut limit.reset_after, reset),
    }
}

/// `x-ratelimit-remaining-tokens`. `X-RateLimit-Reset-After` is a time, and no limit called "after".
fn openai(field: &str) -> Option<(Part, &str)> {
    let (word, name) = after(field, OPENAI)?.split_once('-')?;
    Some((part(word)?, name)).filter(|(_, name)| !name.eq_ignore_ascii_case("after"))
}

/// `anthropic-ratelimit-input-tokens-remaining`.
fn anthropic(field: &str) -> Option<(Part, &str)> {
    let (name, word) = after(field, ANTHROPIC)?.rsplit_once('-')?;
    Some((part(word)?, name))
}

fn part(word: &str) -> Option<Part> {
    let parts = [("limit", Part::Quota), ("remaining", Part::Remaining), ("reset", Part::Reset)];
    parts.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, part)| part)
}

/// What follows a prefix, in any case.
fn after<'a>(field: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = field.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// A duration as Go writes it: `6m0s`, `1h2m3.5s`, `120ms`. Rounded to whole microseconds by what follows them.
fn go_duration(text: &str) -> Option<Span> {
    let mut rest = text;
    let mut micros = 0_u64;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let unit = rest.get(unit_at..)?;
        let end = unit.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(unit.len());
        let (part, after) = rest.split_at_checked(unit_at + end)?;
        micros = micros.saturating_add(parse_duration(part).ok()?.as_micros());
        rest = after;
    }
    (!text.is_empty()).then_some(Span::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::super::reading::parse;
    use super::*;

    #[test]
    fn openai_tells_each_limit_in_fields_of_its_own() {
        let fields = [
            ("x-ratelimit-limit-requests", "500"),
            ("x-ratelimit-limit-tokens", "30000"),
            ("x-ratelimit-remaining-requests", "499"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-requests", "120ms"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ];
        let reading = parse(fields, 0);
        let told = |i: usize| {
            let limit: &Limit = &reading.limits[i];
            (limit.name.as_deref(), limit.quota, limit.remaining, limit.reset_after)
        };
        assert_eq!(told(0), (Some("requests"), Some(500), Some(499), Some(Span::from_millis(120))));
        assert_eq!(told(1), (Some("tokens"), Some(30_000), Some(0), Some(Span::from_secs(360))));
        assert_eq!(reading.wait(), Some(Span::from_secs(360)));
    }

    #[test]
    fn anthropic_tells_resets_as_dates() {
        let fields = [
            ("Anthropic-RateLimit-Input-Tokens-Remaining", "7"),
            ("anthropic-ratelimit-Input-Tokens-reset", "2023-11-14T22:13:30Z"),
        ];
        let reading = parse(fields, 1_700_000_000);
        assert_eq!(reading.limits.len(), 1);
        assert_eq!(reading.limits[0].remaining, Some(7));
        assert_eq!(reading.limits[0].reset_after, Some(Span::from_secs(10)));
    }

    #[test]
    fn what_looks_like_a_limit_and_is_none_is_ignored() {
        for field in ["x-ratelimit-reset-after", "x-ratelimit-used", "x-ratelimit-resource-x", "anthropic-ratelimit-"] {
            assert!(parse([(field, "5")], 0).limits.is_empty(), "{field}");
        }
    }

    #[test]
    fn durations_are_sums_of_parts() {
        for (text, micros) in [
            ("6m0s", Some(360_000_000)),
            ("1h2m3.5s", Some(3_723_500_000)),
            ("17ms", Some(17_000)),
            ("", None),
            ("5", None),
            ("m", None),
            ("1x", None),
        ] {
            assert_eq!(go_duration(text), micros.map(Span::from_micros), "{text}");
        }
    }
}
