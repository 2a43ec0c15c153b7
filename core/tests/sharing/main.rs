//! How one quota is divided: the documented table, and what holds for any number of members.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on panics")]

mod beginning;
mod peers;

use proptest::prelude::*;
use tollgate_core::share::Split;

const SPLITS: [Split; 2] = [Split::Even, Split::Bound(1)];

fn shares(split: Split, quota: u64, members: u64) -> Vec<u64> {
    (0..members).map(|rank| split.share(quota, members, rank)).collect()
}

#[test]
fn a_lower_bound_divides_as_documented() {
    assert_eq!(shares(Split::Bound(100), 110, 2), [100, 10]);
    assert_eq!(shares(Split::Bound(1), 10, 4), [3, 3, 3, 1]);
    assert_eq!(shares(Split::Bound(1), 5, 3), [2, 2, 1]);
}

#[test]
fn the_remainder_goes_to_the_first_or_nowhere() {
    assert_eq!(shares(Split::Even, 10, 4), [3, 3, 2, 2]);
    assert_eq!(shares(Split::Even, 2, 4), [1, 1, 0, 0]);
    assert_eq!(shares(Split::Floor, 10, 4), [2, 2, 2, 2]);
    assert_eq!(shares(Split::Floor, 3, 4), [0, 0, 0, 0]);
}

#[test]
fn concurrency_follows_those_that_have_a_rate() {
    let concurrency = |rank| Split::Bound(100).concurrency_share(5, 110, 3, rank);
    assert_eq!([0, 1, 2].map(concurrency), [3, 2, 0]);
    assert_eq!([0, 1, 2].map(|rank| Split::Even.concurrency_share(5, 110, 3, rank)), [2, 2, 1]);
}

#[test]
fn nobody_and_no_such_rank_get_nothing() {
    for split in [Split::Even, Split::Floor, Split::Bound(3)] {
        assert_eq!(split.share(10, 0, 0), 0);
        assert_eq!(split.share(10, 2, 2), 0);
        assert_eq!(split.concurrency_share(10, 10, 0, 0), 0);
    }
}

proptest! {
    #[test]
    fn the_sum_is_the_quota(quota in 0..=9_007_199_254_740_991_u64, members in 1..=10_000_u64, least in 1..200_u64) {
        for split in [Split::Even, Split::Bound(least)] {
            prop_assert_eq!(shares(split, quota, members).iter().sum::<u64>(), quota);
        }
        prop_assert!(shares(Split::Floor, quota, members).iter().sum::<u64>() <= quota);
    }

    #[test]
    fn somebody_has_the_lower_bound(quota in 1..1_000_000_u64, members in 1..=10_000_u64, least in 2..1_000_u64) {
        prop_assert!(Split::Bound(least).share(quota, members, 0) >= least.min(quota));
    }

    #[test]
    fn a_join_lets_no_even_share_grow(quota in 0..100_000_u64, members in 1..=1_000_u64, rank in 0..1_000_u64) {
        prop_assert!(Split::Even.share(quota, members + 1, rank) <= Split::Even.share(quota, members, rank) || rank >= members);
    }

    #[test]
    fn those_with_a_share_are_counted_and_come_first(quota in 0..1_000_u64, members in 0..=300_u64, least in 1..50_u64) {
        for split in SPLITS.into_iter().chain([Split::Floor, Split::Bound(least)]) {
            let shares = shares(split, quota, members);
            let count = shares.iter().filter(|&&share| share > 0).count();
            prop_assert_eq!(count as u64, split.with_share(quota, members));
            prop_assert!(shares.iter().skip(count).all(|&share| share == 0));
        }
    }

    #[test]
    fn concurrency_is_divided_whole(concurrency in 0..1_000_u64, quota in 1..1_000_u64, members in 1..=300_u64, least in 1..50_u64) {
        let split = Split::Bound(least);
        let sum: u64 = (0..members).map(|rank| split.concurrency_share(concurrency, quota, members, rank)).sum();
        prop_assert_eq!(sum, concurrency);
    }
}
