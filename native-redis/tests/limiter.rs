//! What a user of the limiter in memory sees.

#![allow(clippy::expect_used, reason = "a test that cannot go on panics")]

use std::net::IpAddr;
use std::time::Duration;

use tollgate::{Algorithm, ConfigError, Cost, Key, ManualClock, Policies, Policy, RateLimiter, RetryAfter, Source};

const HOUR: Duration = Duration::from_secs(3_600);

fn limiter(policies: impl Into<Policies>) -> RateLimiter<ManualClock> {
    RateLimiter::with_clock(policies, ManualClock::new()).expect("valid policies")
}

fn refusal(policies: impl Into<Policies>) -> ConfigError {
    RateLimiter::new(policies).expect_err("an invalid policy")
}

#[test]
fn a_decision_tells_about_the_policy_that_binds() {
    let limiter = limiter([Policy::per_hour(2).named("hour"), Policy::per_day(10).named("day")]);
    let decision = limiter.check("ann");
    assert_eq!((decision.limit, decision.remaining, decision.policy_name()), (2, 1, "hour"));
    assert_eq!((decision.retry_after, decision.reset_after, decision.source), (RetryAfter::Now, HOUR, Source::Memory));
    let states: Vec<_> = decision.policies().map(|state| (state.name, state.remaining)).collect();
    assert_eq!(states, [("hour", 1), ("day", 9)]);
    assert!(limiter.check("ann").allowed);
    let denied = limiter.check("ann");
    assert_eq!((denied.allowed, denied.retry_after), (false, RetryAfter::After(HOUR)));
    assert_eq!(denied.violated().collect::<Vec<_>>(), ["hour"]);
}

#[test]
fn a_decision_outlives_its_limiter() {
    let decision = limiter(Policy::per_hour(2).named("short")).check("ann");
    assert_eq!(decision.policy_name(), "short");
}

#[test]
fn clones_are_one_limiter() {
    let limiter = limiter(Policy::per_hour(1));
    assert!(limiter.clone().check("ann").allowed);
    assert!(!limiter.check("ann").allowed);
}

#[test]
fn kinds_of_keys_that_mean_the_same_are_the_same() {
    let address: IpAddr = "::ffff:192.0.2.1".parse().expect("an address");
    let keys: [(&dyn Key, &dyn Key); 4] =
        [(&"7", &7_u64), (&"ann".to_owned(), b"ann"), (&address, &"192.0.2.1"), (&("a", 1_u8), &"1:a,1")];
    for (one, other) in keys {
        let limiter = limiter(Policy::per_hour(1));
        assert!(limiter.check(one).allowed);
        assert!(!limiter.check(other).allowed, "{:?}", one.bytes());
    }
}

#[test]
fn costs_are_settled_to_what_they_were() {
    let limiter = limiter([Policy::per_hour(10).named("calls"), Policy::per_hour(1_000).named("tokens")]);
    let left = || limiter.peek("ann").policies().map(|state| state.remaining).collect::<Vec<_>>();
    let estimate = limiter.check_n("ann", [1, 400]);
    assert_eq!(left(), [9, 600]);
    limiter.settle("ann", estimate, [1, 150]);
    assert_eq!(left(), [9, 850]);
    let wasted = limiter.check_n("ann", Cost::from(5));
    limiter.refund("ann", wasted);
    assert_eq!(left(), [9, 850]);
}

#[test]
fn a_caller_may_have_a_limit_of_its_own() {
    let limiter = limiter(Policy::per_hour(1));
    assert!(limiter.check("ann").allowed);
    assert_eq!(limiter.check_n("ann", Cost::ONE.limits([5])).remaining, 4);
    assert!(!limiter.check("ann").allowed);
}

#[test]
fn a_block_holds_until_it_ends_or_is_reset() {
    let clock = ManualClock::new();
    let limiter = RateLimiter::with_clock(Policy::per_hour(9), clock.clone()).expect("valid");
    limiter.block("ann", HOUR);
    assert!(limiter.check("ann").blocked());
    clock.advance(HOUR);
    assert!(limiter.check("ann").allowed);
    limiter.block("ann", HOUR);
    limiter.reset("ann");
    assert_eq!(limiter.check("ann").remaining, 8);
}

#[test]
fn an_error_names_field_value_and_what_is_allowed() {
    let error = refusal(Policy::new(1, Duration::from_micros(1)));
    assert_eq!((error.code(), error.field(), error.value()), ("CONFIG_WINDOW", "window", "1 µs"));
    let error = refusal([Policy::per_second(1), Policy::per_second(2).block_for(Duration::ZERO)]);
    assert_eq!((error.code(), error.field()), ("CONFIG_BLOCK_FOR", "policies[1].block_for"));
    let error = refusal(Policy::per_second(1).burst(2).algorithm(Algorithm::FixedWindow));
    assert_eq!(
        error.to_string(),
        "burst: 2 with algorithm \"fixed-window\" is not allowed; expected only with algorithm \"token-bucket\""
    );
    assert_eq!(refusal(Policies::new([])).code(), "CONFIG_POLICIES");
    assert_eq!(refusal(Policy::per_second(1).named("é")).code(), "CONFIG_NAME");
    let keys = RateLimiter::builder(Policy::per_second(1)).max_keys(3).build().expect_err("too few");
    assert_eq!((keys.code(), keys.field(), keys.value()), ("CONFIG_MAX_KEYS", "max_keys", "3"));
    assert_eq!("100 a minute".parse::<Policy>().expect_err("no rate").code(), "CONFIG_RATE");
    assert_eq!("1/s,".parse::<Policies>().expect_err("no rate").code(), "CONFIG_RATE");
}

#[test]
fn the_longest_and_largest_work() {
    let policy = Policy::new((1 << 53) - 1, Duration::from_secs(3_652 * 86_400));
    let limiter = limiter(policy);
    assert!(limiter.check_n("ann", (1 << 53) - 1).allowed);
    assert!(!limiter.check("ann").allowed);
    assert_eq!(limiter.check_n("bob", u64::MAX).retry_after, RetryAfter::Never);
    limiter.block("cy", Duration::MAX);
    assert!(limiter.check("cy").blocked());
}
