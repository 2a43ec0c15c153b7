//! Memory is bounded whatever is learnt, and what there is room for is kept.

use tollgate_core::{Decision, Denials, DenialsConfig, Limiter, LimiterConfig, Policy, Timestamp};

const NOW: Timestamp = Timestamp::ZERO;

fn denied() -> Decision {
    let policies = vec![Policy { limit: 1, ..Policy::default() }];
    let mut store = Limiter::new(LimiterConfig { policies, ..LimiterConfig::default() }).unwrap();
    assert!(store.consume(b"", 1, NOW).allowed);
    store.consume(b"", 1, NOW)
}

fn cache(max_keys: usize) -> Denials {
    Denials::new(DenialsConfig { limits: vec![1], max_keys, seed: [5, 6], ..DenialsConfig::default() }).unwrap()
}

fn known(cache: &Denials, keys: u32) -> usize {
    (0..keys).filter(|key| cache.find(&key.to_le_bytes(), 1, NOW).is_some()).count()
}

#[test]
fn a_flood_of_denials_takes_no_more_room_than_there_is() {
    for (max_keys, rows) in [(64, 64), (1_000, 512), (16_384, 16_384), (20_000, 16_384)] {
        let (mut cache, denied) = (cache(max_keys), denied());
        for key in 0..100_000_u32 {
            cache.learn(&key.to_le_bytes(), 1, &denied, NOW);
            assert!(cache.find(&key.to_le_bytes(), 1, NOW).is_some(), "{key} was not learnt");
        }
        assert_eq!(cache.capacity(), rows);
        assert!(cache.bytes() <= rows * 128, "{} bytes", cache.bytes());
        assert_eq!(known(&cache, 100_000), rows);
    }
}

#[test]
fn denials_are_kept_while_it_grows() {
    let (mut cache, denied) = (cache(16_384), denied());
    for key in 0..5_000_u32 {
        cache.learn(&key.to_le_bytes(), 1, &denied, NOW);
        if key % 97 == 0 {
            assert!(known(&cache, key + 1) as f64 > f64::from(key) * 0.995, "{key}");
        }
    }
}

#[test]
fn what_has_ended_makes_room_without_growing() {
    let (mut cache, denied) = (cache(16_384), denied());
    for key in 0..100_000_u32 {
        cache.learn(&key.to_le_bytes(), 1, &denied, Timestamp::from_millis(u64::from(key) * 100));
    }
    assert_eq!(cache.capacity(), 64);
}

#[test]
fn a_key_with_many_costs_takes_the_room_of_a_few() {
    let (mut cache, denied) = (cache(16_384), denied());
    for cost in 0..10_000 {
        cache.learn(b"ann", cost, &denied, NOW);
        assert!(cache.find(b"ann", cost, NOW).is_some());
    }
    assert_eq!(cache.capacity(), 64);
}
