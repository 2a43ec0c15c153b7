extern crate std;

use std::collections::HashMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

/// A state that is idle when it is 0, as one that was never used.
fn is_idle(state: &u64) -> bool {
    *state == 0
}

fn put(table: &mut Table<u64>, tag: u64, state: u64) {
    let place = table.place(tag);
    table.store(place, tag, state, is_idle);
}

fn get(table: &Table<u64>, tag: u64) -> u64 {
    table.load(table.place(tag), tag)
}

/// Well-spread tags, each different: an odd multiplier and a shift are bijections.
fn spread(i: u64) -> u64 {
    let x = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// Goes over every slot at least once.
fn sweep_all(table: &mut Table<u64>, idle: impl Fn(&u64) -> bool) {
    let slots: usize = table.segments.iter().map(|segment| segment.slot_count() + 1).sum();
    for _ in 0..=slots + SWEEP_TOGETHER {
        table.sweep(&idle);
    }
}

/// What must hold whenever no call is under way.
fn check(table: &Table<u64>) {
    assert_eq!(table.directory.len(), 1 << table.depth);
    let mut entries = 0;
    for (number, segment) in table.segments.iter().enumerate() {
        let named = table.directory.iter().filter(|&&named| named as usize == number).count();
        assert_eq!(named, 1 << (table.depth - segment.depth), "directory entries of segment {number}");
        let tags: Vec<u64> = segment.tags().collect();
        assert!(tags.is_sorted_by(|a, b| a < b), "slots are in order of their tags");
        for &tag in &tags {
            assert_eq!(table.directory[table.directory_index(tag)] as usize, number, "{tag:x} is in its segment");
            assert!(table.place(tag).found, "{tag:x} is found");
        }
        assert_eq!(tags.len(), segment.len());
        entries += tags.len();
    }
    assert_eq!(entries, table.len());
    assert!(table.len() + table.overflow.len() <= table.cap);
}

#[derive(Clone, Debug)]
enum Step {
    Put(u64, u64),
    Remove(u64),
    Idle(u64),
    Sweep,
}

/// Tags that meet: few of them, equal upper halves, equal lower halves, the first and the last, and any.
fn tags() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..40_u64,
        (0..2_000_u64).prop_map(|i| 0x1234_5678_0000_0000 | spread(i) >> 32),
        (0..2_000_u64).prop_map(|i| 0xffff_ffff_0000_0000 | spread(i) >> 32),
        (0..2_000_u64).prop_map(|i| spread(i) << 32 | 0x1234_5678),
        (0..4_000_u64).prop_map(spread),
        Just(u64::MAX),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (tags(), 0..1_000_u64).prop_map(|(tag, state)| Step::Put(tag, state)),
        2 => tags().prop_map(Step::Remove),
        3 => tags().prop_map(Step::Idle),
        3 => Just(Step::Sweep),
    ];
    prop::collection::vec(step, 1..1_500)
}

fn run(cases: u32, property: impl Fn(Vec<Step>) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(error) = TestRunner::new(config).run(&steps(), property) {
        panic!("{error}");
    }
}

#[test]
fn a_table_with_room_is_a_map_that_forgets_what_is_idle() {
    run(60, |steps| {
        let (mut table, mut map) = (Table::new(1 << 20), HashMap::new());
        for step in steps {
            match step {
                Step::Put(tag, state) => {
                    put(&mut table, tag, state);
                    map.insert(occupied(tag), state);
                }
                Step::Idle(tag) => {
                    update_existing(&mut table, tag);
                    map.insert(occupied(tag), 0);
                }
                Step::Remove(tag) => {
                    table.remove(tag);
                    map.remove(&occupied(tag));
                }
                Step::Sweep => table.sweep(is_idle),
            }
        }
        check(&table);
        map.iter().for_each(|(&tag, &state)| assert_eq!(get(&table, tag), state));
        sweep_all(&mut table, is_idle);
        check(&table);
        map.retain(|_, state| !is_idle(state));
        assert_eq!(table.len(), map.len());
        map.iter().for_each(|(&tag, &state)| assert_eq!(get(&table, tag), state));
        Ok(())
    });
}

fn update_existing(table: &mut Table<u64>, tag: u64) {
    if table.place(tag).found {
        put(table, tag, 0);
    }
}

/// States only grow, as use does: what is read for a tag is never below what was written for it last.
#[test]
fn a_full_table_never_reads_less_than_was_written() {
    run(60, |steps| {
        let (mut table, mut written) = (Table::<u64>::new(256), HashMap::<u64, u64>::new());
        for step in steps {
            match step {
                Step::Put(tag, more) => {
                    let read = get(&table, tag);
                    assert!(read >= written.get(&occupied(tag)).copied().unwrap_or(0), "{tag:x} starts afresh");
                    let state = read + more + 1;
                    put(&mut table, tag, state);
                    written.insert(occupied(tag), state);
                }
                _ => table.sweep(is_idle),
            }
        }
        check(&table);
        Ok(())
    });
}

#[test]
fn it_grows_to_tens_of_thousands_and_finds_them_all() {
    let mut table = Table::new(1 << 20);
    for i in 0..60_000 {
        put(&mut table, spread(i), i + 1);
    }
    check(&table);
    assert!((0..60_000).all(|i| get(&table, spread(i)) == i + 1));
    assert!((60_000..120_000).all(|i| get(&table, spread(i)) == 0));
    assert!(table.bytes() < 60_000 * 16 * 3 / 2, "{} bytes", table.bytes());
}

/// The most slots that a segment has, unless its tags agree in their lower halves.
const SEGMENT: usize = 1_024 + 1_024 / 32 + 4;

#[test]
fn no_insertion_moves_more_than_a_segment() {
    let mut table = Table::new(1 << 20);
    let mut known: Vec<usize> = vec![0];
    for i in 0..30_000 {
        put(&mut table, spread(i), 1);
        let slots: Vec<usize> = table.segments.iter().map(Segment::slot_count).collect();
        let rebuilt: usize =
            slots.iter().enumerate().filter(|&(n, slots)| known.get(n) != Some(slots)).map(|(_, s)| s).sum();
        assert!(rebuilt <= 2 * SEGMENT, "{rebuilt} slots at {i}");
        known = slots;
    }
    assert!(table.directory.len() <= table.segments.len() * DIRECTORY_PER_SEGMENT);
}

#[test]
fn calls_forget_at_most_two_on_average_and_a_full_table_looks_at_sixteen_more() {
    let mut table = Table::new(1_024);
    for i in 0..2_000 {
        put(&mut table, spread(i), 1);
    }
    let mut swept = 0;
    for i in 0..100 {
        let before = table.len();
        table.sweep(|_| true);
        assert!(before - table.len() <= SWEEP_TOGETHER);
        swept += before - table.len();
        for more in 0..4 {
            let place = table.place(spread(3_000 + 4 * i + more));
            let before = table.len();
            table.store(place, spread(3_000 + 4 * i + more), 1, |_| true);
            assert!(before.saturating_sub(table.len()) <= SWEEP_WHEN_FULL);
        }
    }
    assert!((1..=100 * SWEEP).contains(&swept));
}

#[test]
fn tags_that_agree_in_one_half_are_kept_apart_without_much_memory() {
    let agreeing: [fn(u64) -> u64; 3] = [
        |i| i << 32 | 0x1234_5678,
        |i| (spread(i) & !0xffff_ffff) | 0xffff_ffff,
        |i| 0x1234_5678_0000_0000 | i.wrapping_mul(0x9e37_79b9) & 0xffff_ffff,
    ];
    for tag in agreeing {
        let mut table = Table::new(1 << 20);
        for i in 0..3_000 {
            put(&mut table, tag(i), i + 1);
        }
        check(&table);
        assert!((0..3_000).all(|i| get(&table, tag(i)) == i + 1));
        assert!(table.bytes() < 3_000 * 16 * 64, "{} bytes", table.bytes());
    }
}

#[test]
fn a_table_of_the_last_tags_overflows_its_tail_and_still_finds_them() {
    let mut table = Table::new(1 << 20);
    for i in 0..2_000 {
        put(&mut table, u64::MAX - i, i + 1);
    }
    check(&table);
    assert!((0..2_000).all(|i| get(&table, u64::MAX - i) == i + 1));
}

#[test]
fn the_tag_that_marks_a_free_slot_is_a_tag_like_others() {
    let mut table = Table::new(64);
    put(&mut table, 0, 7);
    assert_eq!((get(&table, 0), table.len()), (7, 1));
    table.remove(0);
    assert_eq!((get(&table, 0), table.len()), (0, 0));
}

#[test]
fn a_flood_neither_frees_a_key_nor_takes_more_memory() {
    let cap = 4_096;
    let mut table = Table::new(cap);
    for i in 0..100 {
        put(&mut table, spread(i), 1_000 + i);
    }
    let mut most = 0;
    for i in 100..10 * cap as u64 {
        let state = get(&table, spread(i)).max(i);
        put(&mut table, spread(i), state);
        table.sweep(is_idle);
        most = most.max(table.bytes());
    }
    check(&table);
    assert!((0..100).all(|i| get(&table, spread(i)) == 1_000 + i));
    assert!((100..10 * cap as u64).all(|i| get(&table, spread(i)) >= i));
    assert_eq!(table.len() + table.overflow.len(), cap);
    assert_eq!(table.overflowed(), 10 * cap as u64 - table.len() as u64);
    assert!(most < cap * 16 * 2, "{most} bytes");
}

#[test]
fn a_full_table_drops_idle_entries_for_new_keys_and_its_buckets_once_they_are_idle() {
    let mut table = Table::new(256);
    for i in 0..300 {
        put(&mut table, spread(i), i + 1);
    }
    let idle = |state: &u64| *state <= 300;
    let shared = table.overflowed();
    assert!(shared > 0);
    for i in 300..400 {
        let place = table.place(spread(i));
        table.store(place, spread(i), i + 1, idle);
    }
    assert_eq!(table.overflowed(), shared, "idle entries made room");
    assert!((300..400).all(|i| get(&table, spread(i)) == i + 1));
    sweep_all(&mut table, idle);
    sweep_all(&mut table, idle);
    assert!(table.overflow.is_empty());
    assert_eq!(table.len(), 100);
}

#[test]
fn a_bucket_in_use_outlives_the_crowd_and_its_keys_start_from_it() {
    let mut table = Table::new(256);
    for i in 0..240 {
        put(&mut table, spread(i), 1);
    }
    let stranger = spread(999);
    put(&mut table, stranger, 500);
    assert_eq!((table.overflowed(), table.place(stranger).found), (1, false));
    let idle = |state: &u64| *state <= 1;
    for _ in 0..3 {
        sweep_all(&mut table, idle);
        put(&mut table, spread(0), 2);
    }
    assert_eq!((table.len(), get(&table, stranger)), (1, 500));
    let place = table.place(stranger);
    table.store(place, stranger, 501, idle);
    assert!(table.place(stranger).found);
    assert_eq!(get(&table, stranger), 501);
}

#[test]
fn removal_in_a_full_table_frees_the_key_and_not_its_bucket() {
    let mut table = Table::new(256);
    for i in 0..1_000 {
        put(&mut table, spread(i), 9);
    }
    let (own, shared) = (0, 999);
    assert!(table.place(spread(own)).found && !table.place(spread(shared)).found);
    table.remove(spread(own));
    table.remove(spread(shared));
    assert_eq!((get(&table, spread(own)), get(&table, spread(shared))), (0, 9));
}

#[test]
fn memory_is_given_back() {
    let mut table = Table::new(1 << 20);
    let empty = table.bytes();
    for i in 0..50_000 {
        put(&mut table, spread(i), i + 1);
    }
    let full = table.bytes();
    sweep_all(&mut table, |state| *state > 1_000);
    assert_eq!(table.len(), 1_000);
    assert!(table.bytes() < full / 8, "{} of {full} bytes", table.bytes());
    check(&table);
    assert!((0..1_000).all(|i| get(&table, spread(i)) == i + 1));
    sweep_all(&mut table, |_| true);
    assert_eq!(table.bytes(), empty);
}

#[test]
fn a_table_emptied_by_removals_keeps_nothing() {
    let mut table = Table::new(1 << 20);
    let empty = table.bytes();
    for i in 0..5_000 {
        put(&mut table, spread(i), 1);
    }
    (0..5_000).for_each(|i| table.remove(spread(i)));
    assert_eq!((table.len(), table.bytes()), (0, empty));
    put(&mut table, 5, 6);
    check(&table);
    assert_eq!(get(&table, 5), 6);
}
