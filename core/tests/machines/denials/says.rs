//! What a remembered denial says, and which calls it answers.

use tollgate_core::{
    Cost, Decision, Denials, DenialsConfig, Limiter, LimiterConfig, Policy, Request, RetryAfter, Span, Timestamp,
};

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn after(millis: u64) -> RetryAfter {
    RetryAfter::After(Span::from_millis(millis))
}

/// A store with one policy of 10 per 800 ms, or with two, and a cache for it.
fn pair(policies: usize) -> (Limiter, Denials) {
    let policy = |name: &str, limit, millis| Policy {
        name: Some(name.to_owned()),
        limit,
        window: Span::from_millis(millis),
        ..Policy::default()
    };
    let mut policies = [policy("calls", 10, 800), policy("tokens", 100, 60_000)][..policies].to_vec();
    let limits = policies.iter().map(|policy| policy.limit).collect();
    policies.iter_mut().for_each(|policy| policy.block_for = None);
    let store = Limiter::new(LimiterConfig { policies, ..LimiterConfig::default() }).unwrap();
    (store, Denials::new(DenialsConfig { limits, ..DenialsConfig::default() }).unwrap())
}

/// Takes all there is at time 0, and learns that `request` is denied then.
fn exhausted<'a>(policies: usize, request: impl Into<Request<'a>>) -> (Decision, Denials) {
    let (mut store, mut denials) = pair(policies);
    let request = request.into();
    assert!(store.consume(b"ann", Request { cost: Cost::Each(&[8, 90]), ..request }, at(0)).allowed);
    let denied = store.consume(b"ann", request, at(0));
    assert!(!denied.allowed);
    denials.learn(b"ann", request, &denied, at(0));
    (denied, denials)
}

#[test]
fn the_same_call_is_answered_as_the_store_would() {
    let (denied, denials) = exhausted(2, &[3, 11][..]);
    let found = denials.find(b"ann", &[3, 11][..], at(0)).unwrap();
    assert_eq!(found, denied);
    let found = denials.find(b"ann", &[3, 11][..], at(300)).unwrap();
    assert_eq!((found.allowed, found.blocked, found.binding, found.at), (false, false, 1, at(300)));
    assert_eq!(found.retry_after, after(59_700));
    let (calls, tokens) = (found.policy(0).unwrap(), found.policy(1).unwrap());
    assert_eq!((calls.limit, calls.remaining, calls.charged, calls.retry_after), (10, 2, 0, after(500)));
    assert_eq!((tokens.limit, tokens.remaining, tokens.charged, tokens.retry_after), (100, 10, 0, after(59_700)));
    assert_eq!((calls.reset_after, tokens.reset_after), (Span::from_millis(500), Span::from_millis(59_700)));
    let found = denials.find(b"ann", &[3, 11][..], at(900)).unwrap();
    assert_eq!(found.policy(0).unwrap().retry_after, RetryAfter::Now);
    assert_eq!(found.policy(0).unwrap().reset_after, Span::ZERO);
    assert_eq!(found.violated().collect::<Vec<_>>(), [1]);
}

#[test]
fn a_denial_says_nothing_about_a_call_that_asks_for_less() {
    let (_, denials) = exhausted(2, &[3, 11][..]);
    for less in [[2, 11], [3, 10], [0, 0], [2, 1_000]] {
        assert_eq!(denials.find(b"ann", &less[..], at(1)), None, "{less:?}");
    }
    for more in [[3, 12], [4, 11], [1_000, 1_000]] {
        assert_eq!(denials.find(b"ann", &more[..], at(1)).unwrap().retry_after, after(59_999), "{more:?}");
    }
}

#[test]
fn the_answer_for_the_same_costs_goes_before_that_for_lower_ones() {
    let (mut store, mut denials) = pair(1);
    assert!(store.consume(b"ann", 8, at(0)).allowed);
    for cost in [3, 11] {
        let denied = store.consume(b"ann", cost, at(0));
        denials.learn(b"ann", cost, &denied, at(0));
    }
    assert_eq!(denials.find(b"ann", 11, at(1)).unwrap().retry_after, RetryAfter::Never);
    assert_eq!(denials.find(b"ann", 3, at(1)).unwrap().retry_after, after(799));
    assert_eq!(denials.find(b"ann", 12, at(1)).unwrap().retry_after, RetryAfter::Never);
    assert_eq!(denials.find(b"ann", 10, at(1)).unwrap().retry_after, after(799));
}

#[test]
fn a_denial_belongs_to_the_limits_in_force() {
    let own = Request { cost: Cost::All(3), limits: &[9] };
    let (_, denials) = exhausted(1, own);
    assert!(denials.find(b"ann", own, at(1)).is_some());
    assert_eq!(denials.find(b"ann", 3, at(1)), None);
    assert_eq!(denials.find(b"ann", Request { limits: &[8], ..own }, at(1)), None);
    let (_, denials) = exhausted(1, 3);
    assert!(denials.find(b"ann", Request { cost: Cost::All(3), limits: &[10] }, at(1)).is_some());
    assert!(denials.find(b"ann", Request { cost: Cost::All(3), limits: &[0, 7] }, at(1)).is_some());
    assert_eq!(denials.find(b"ann", own, at(1)), None);
}

#[test]
fn a_block_is_remembered_as_one() {
    let (mut store, mut denials) = pair(1);
    store.block(b"ann", Span::from_millis(400), at(0));
    let denied = store.consume(b"ann", 0, at(0));
    denials.learn(b"ann", 0, &denied, at(0));
    let found = denials.find(b"ann", 5, at(100)).unwrap();
    assert_eq!((found.allowed, found.blocked, found.retry_after), (false, true, after(300)));
    assert_eq!(found.policy(0).unwrap().remaining, 10);
    assert_eq!(denials.find(b"ann", 5, at(400)), None);
}

#[test]
fn allowed_decisions_and_those_of_other_limiters_are_not_learnt() {
    let (mut store, mut denials) = pair(1);
    let allowed = store.consume(b"ann", 1, at(0));
    denials.learn(b"ann", 1, &allowed, at(0));
    let (two, _) = exhausted(2, 3);
    denials.learn(b"ann", 3, &two, at(0));
    assert_eq!(denials.find(b"ann", 3, at(0)), None);
    assert_eq!(denials.bytes(), 0);
}

#[test]
fn what_is_forgotten_is_not_known_at_any_cost() {
    let (denied, mut denials) = exhausted(1, 3);
    denials.learn(b"ann", 5, &denied, at(0));
    denials.learn(b"bob", 3, &denied, at(0));
    denials.forget(b"ann", at(0));
    assert_eq!(denials.find(b"ann", 3, at(0)), None);
    assert_eq!(denials.find(b"ann", 5, at(0)), None);
    assert!(denials.find(b"bob", 3, at(0)).is_some());
}

#[test]
fn a_denial_that_was_on_its_way_while_the_key_was_reset_is_not_learnt() {
    let (denied, mut denials) = exhausted(1, 3);
    denials.forget(b"ann", at(20));
    denials.learn(b"ann", 3, &denied, at(20));
    assert_eq!(denials.find(b"ann", 3, at(20)), None);
    denials.learn(b"ann", 3, &denied, at(21));
    assert!(denials.find(b"ann", 3, at(21)).is_some());
    denials.forget(b"bob", at(10));
    denials.learn(b"eve", 3, &denied, at(15));
    assert_eq!(denials.find(b"eve", 3, at(21)), None);
}

#[test]
fn a_clock_that_runs_back_makes_no_denial_last_longer() {
    let (mut store, mut denials) = pair(1);
    assert!(store.consume(b"ann", 10, at(1_000)).allowed);
    let denied = store.consume(b"ann", 1, at(1_000));
    denials.learn(b"ann", 1, &denied, at(1_000));
    assert!(denials.find(b"ann", 1, at(1_000)).is_some());
    assert_eq!(denials.find(b"ann", 1, at(999)), None);
}

#[test]
fn settings_out_of_bounds_are_told() {
    let told = |config| Denials::new(config).map(drop).unwrap_err().to_string();
    let usual = DenialsConfig::default;
    let none = told(DenialsConfig { limits: vec![], ..usual() });
    assert_eq!(none, "limits: 0 is not allowed; expected a limit for each of 1 to 16 policies");
    let zero = told(DenialsConfig { limits: vec![1, 0], ..usual() });
    assert_eq!(zero, "limits: 0 is not allowed; expected whole numbers from 1 to 9007199254740991");
    let age = told(DenialsConfig { max_age: Span::from_secs(61), ..usual() });
    assert_eq!(age, "maxAge: 61000 ms is not allowed; expected 1 ms to 60 s");
    let keys = told(DenialsConfig { max_keys: 63, ..usual() });
    assert_eq!(keys, "maxKeys: 63 is not allowed; expected a whole number from 64 to 1048576");
}
