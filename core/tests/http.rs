//! Header fields: what is written reads back, and nothing that is read can do harm.

use proptest::prelude::*;
use tollgate_core::http::{
    Dialect, Limit, MAX_FIELD_INTEGER, MAX_LIMITS, Quota, field_values, parse, problem_json, quotas, retry_after,
};
use tollgate_core::{Decision, Limiter, LimiterConfig, MAX_SAFE_INTEGER, Policy, RetryAfter, Span, Timestamp};

const WALL: u64 = 1_700_000_000;

#[derive(Clone, Debug)]
struct Told {
    window: Span,
    limit: u64,
    remaining: u64,
    reset_after: Span,
    retry_after: RetryAfter,
}

impl Told {
    fn quota<'a>(&self, name: &'a str) -> Quota<'a> {
        let Self { window, limit, remaining, reset_after, retry_after } = *self;
        Quota { name, window, limit, remaining, reset_after, retry_after }
    }

    /// Whole seconds, rounded up, until there is room.
    fn room_after(&self) -> Span {
        let room_after = match self.retry_after {
            RetryAfter::After(span) => span,
            _ => self.reset_after,
        };
        secs_ceil(room_after)
    }
}

fn secs_ceil(span: Span) -> Span {
    Span::from_secs(span.as_micros().div_ceil(1_000_000))
}

/// Up to ten years: longer resets cannot be told from points in time in all dialects.
fn span() -> impl Strategy<Value = Span> {
    prop_oneof![0..3_000_000_u64, 0..=Policy::MAX_WINDOW.as_micros()].prop_map(Span::from_micros)
}

fn told() -> impl Strategy<Value = Told> {
    let retry = prop_oneof![Just(RetryAfter::Now), Just(RetryAfter::Never), span().prop_map(RetryAfter::After)];
    let number = || prop_oneof![0..1_000_u64, 0..=MAX_SAFE_INTEGER];
    (span(), number(), number(), span(), retry).prop_map(|(window, limit, remaining, reset_after, retry_after)| Told {
        window: window.max(Policy::MIN_WINDOW),
        limit,
        remaining,
        reset_after,
        retry_after,
    })
}

/// What a client should understand from `told`.
fn understood(dialect: Dialect, name: &str, told: &Told) -> Limit {
    let below_one = told.window < Span::from_secs(1);
    Limit {
        name: (dialect == Dialect::Draft11).then(|| name.to_owned()),
        quota: Some(told.limit.min(MAX_FIELD_INTEGER)),
        remaining: Some(told.remaining.min(MAX_FIELD_INTEGER)),
        window: match dialect {
            Dialect::Legacy => None,
            Dialect::Draft11 if below_one => None,
            Dialect::Draft11 | Dialect::Draft7 | Dialect::Draft6 => Some(secs_ceil(told.window)),
        },
        reset_after: Some(told.room_after()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(
        told in prop::collection::btree_map("[ -~]{1,64}", told(), 1..8),
        binding in 0..8_usize,
    ) {
        let quotas: Vec<_> = told.iter().map(|(name, told)| told.quota(name)).collect();
        let binding = binding % quotas.len();
        for dialect in Dialect::ALL {
            let values = field_values(dialect, &quotas, binding, WALL);
            prop_assert!(values.iter().all(|value| value.bytes().all(|byte| (b' '..=b'~').contains(&byte))));
            prop_assert_eq!(values.len(), dialect.field_names().len());
            let fields = dialect.field_names().iter().copied().zip(values.iter().map(String::as_str));
            let all = told.iter().map(|(name, told)| understood(dialect, name, told));
            let expected: Vec<_> = match dialect {
                Dialect::Draft11 => all.collect(),
                _ => all.skip(binding).take(1).collect(),
            };
            prop_assert_eq!(parse(fields, WALL).limits, expected, "{:?}", values);
        }
    }

    #[test]
    fn retry_after_reads_back_and_is_not_earlier_than_the_call_fits(micros in 0..=MAX_SAFE_INTEGER) {
        let exact = Span::from_micros(micros);
        let value = retry_after(RetryAfter::After(exact)).unwrap();
        let read = parse([("retry-after", value.as_str())], WALL).retry_after.unwrap();
        prop_assert!(read >= exact);
        prop_assert!(read.as_micros() - exact.as_micros() <= 1_000_000);
    }

    #[test]
    fn any_policy_name_survives_in_a_problem(names in prop::collection::vec(any::<String>(), 0..4)) {
        let text = problem_json(429, names.iter().map(String::as_str), RetryAfter::Never);
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&body["violated-policies"], &serde_json::json!(names));
    }

    #[test]
    fn any_name_gives_a_value_without_control_characters(name in any::<String>(), told in told()) {
        let values = field_values(Dialect::Draft11, &[told.quota(&name)], 0, WALL);
        prop_assert_eq!(values.len(), 2);
        prop_assert!(values.iter().all(|value| value.bytes().all(|byte| (b' '..=b'~').contains(&byte))));
        let fields = Dialect::Draft11.field_names().iter().copied().zip(values.iter().map(String::as_str));
        prop_assert_eq!(parse(fields, WALL).limits.len(), 1);
    }

    #[test]
    fn arbitrary_fields_do_no_harm(
        values in prop::collection::vec((0..FIELDS.len(), hostile()), 0..12),
        wall_secs in any::<u64>(),
    ) {
        let fields = values.iter().map(|(field, value)| (FIELDS[*field], value.as_str()));
        let reading = parse(fields, wall_secs);
        prop_assert!(reading.limits.len() <= MAX_LIMITS);
        for limit in &reading.limits {
            prop_assert!(limit.quota.max(limit.remaining) <= Some(MAX_SAFE_INTEGER));
        }
    }
}

const FIELDS: [&str; 10] = [
    "RateLimit-Policy",
    "RateLimit",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "Retry-After",
    "Age",
];

/// Anything, and what looks like a field until it goes wrong.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "\"",
        "\\",
        "a",
        "é",
        ";",
        "=",
        ",",
        " ",
        "\t",
        "q=1",
        ";r=0",
        ";t=9",
        ";w=",
        ":",
        "aGk=",
        "?1",
        "@",
        "%\"",
        "-",
        "9",
        "999999999999999",
        "99999999999999999999",
        ".",
        "(",
        ")",
        "*",
        "limit=",
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "\0",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())]
}

fn config(policies: Vec<Policy>) -> LimiterConfig {
    LimiterConfig { policies, max_keys: 16, ..LimiterConfig::default() }
}

fn written(limiter: &Limiter, decision: &Decision, dialect: Dialect) -> Vec<String> {
    field_values(dialect, &quotas(limiter.policies(), decision), decision.binding, WALL)
}

#[test]
fn the_fields_of_a_refusal_say_when_its_call_fits() {
    let mut limiter = Limiter::new(config(vec![
        Policy { name: Some("burst".into()), limit: 2, window: Span::from_millis(1_500), ..Policy::default() },
        Policy { name: Some("daily".into()), limit: 1_000, window: Span::from_secs(86_400), ..Policy::default() },
    ]))
    .unwrap();
    let now = Timestamp::ZERO;
    assert!(limiter.consume(b"ann", 2, now).allowed);
    let refused = limiter.consume(b"ann", 1, now);
    let values = written(&limiter, &refused, Dialect::Draft11);
    assert_eq!(values, [r#""burst";q=2;w=2, "daily";q=1000;w=86400"#, r#""burst";r=0;t=2, "daily";r=998;t=86400"#]);
    assert_eq!(written(&limiter, &refused, Dialect::Draft7), ["2;w=2", "limit=2, remaining=0, reset=2"]);
    assert_eq!(written(&limiter, &refused, Dialect::Legacy), ["2", "0", "1700000002"]);
    assert_eq!(retry_after(refused.retry_after).as_deref(), Some("2"));
}

#[test]
fn a_client_that_waits_as_told_is_let_through() {
    let policy = Policy { limit: 3, window: Span::from_millis(2_700), ..Policy::default() };
    let mut limiter = Limiter::new(config(vec![policy])).unwrap();
    let mut now = Timestamp::from_micros(17);
    for dialect in Dialect::ALL {
        assert!(limiter.consume(b"ann", 3, now).allowed, "{dialect:?}");
        let refused = limiter.consume(b"ann", 1, now);
        let values = written(&limiter, &refused, dialect);
        let reading = parse(dialect.field_names().iter().copied().zip(values.iter().map(String::as_str)), WALL);
        assert_eq!(reading.wait(), Some(Span::from_secs(3)));
        now = now.saturating_add(Span::from_secs(3));
    }
}
