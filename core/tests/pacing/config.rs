//! Configurations that cannot be used.

use tollgate_core::{Pacer, PacerConfig, Policy, Span};

fn problem(config: PacerConfig) -> (String, &'static str) {
    let error = Pacer::new(config).err().expect("an error");
    (error.field().to_owned(), error.code())
}

#[test]
fn each_problem_names_its_field() {
    let usual = PacerConfig::default;
    let policy = |limit, micros| Policy { limit, window: Span::from_micros(micros), ..Policy::default() };
    let with = |policies| PacerConfig { policies, ..usual() };
    assert_eq!(problem(with(vec![policy(0, 1_000)])), ("limit".into(), "CONFIG_LIMIT"));
    assert_eq!(problem(with(vec![policy(1 << 53, 1_000)])), ("limit".into(), "CONFIG_LIMIT"));
    assert_eq!(problem(with(vec![policy(1, 999)])), ("window".into(), "CONFIG_WINDOW"));
    assert_eq!(problem(with(vec![policy(1, 1_000); 2])), ("policies[1].name".into(), "CONFIG_NAME"));
    assert_eq!(problem(with(vec![policy(1, 1_000); 17])), ("policies".into(), "CONFIG_POLICIES"));
    assert_eq!(problem(PacerConfig { concurrency: Some(0), ..usual() }), ("concurrency".into(), "CONFIG_CONCURRENCY"));
    assert_eq!(problem(PacerConfig { max_queue: 1 << 40, ..usual() }), ("maxQueue".into(), "CONFIG_MAX_QUEUE"));
    assert_eq!(problem(PacerConfig { ageing: Span::ZERO, ..usual() }), ("ageing".into(), "CONFIG_AGEING"));
}

#[test]
fn a_pacer_without_policies_bounds_the_concurrency_alone() {
    let config = PacerConfig { policies: Vec::new(), concurrency: Some(1), ..PacerConfig::default() };
    assert!(Pacer::new(config).is_ok());
}
