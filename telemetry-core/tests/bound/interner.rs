//! The table that finds without a lock.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::thread;

use telemetry_core::bound::Interner;

use crate::within_limit;

fn find_or_insert(table: &Interner<u64>, hash: u64, value: u64) -> Option<u32> {
    table.find_or_insert(hash, |known| *known == value, || value)
}

#[test]
fn each_value_has_one_index_and_the_index_leads_to_it() {
    let table = Interner::with_limit(500);
    let insert = |value| find_or_insert(&table, table.hash(value), value).unwrap();
    let first: Vec<_> = (0..500).map(insert).collect();
    let again: Vec<_> = (0..500).map(insert).collect();
    assert_eq!(first, again);
    assert_eq!(first.iter().collect::<HashSet<_>>().len(), 500);
    assert!(first.iter().zip(0..).all(|(index, value)| table.get(*index) == Some(&value)));
    let mut all: Vec<_> = table.iter().copied().collect();
    all.sort_unstable();
    assert_eq!(all, (0..500).collect::<Vec<_>>());
}

#[test]
fn a_full_table_takes_nothing_new_and_keeps_what_it_has() {
    for limit in 0..20 {
        let table = Interner::with_limit(limit);
        let insert = |value| find_or_insert(&table, table.hash(value), value);
        let first: Vec<_> = (0..40).map(insert).collect();
        assert!(first.iter().take(limit).all(Option::is_some), "{limit}");
        assert!(first.iter().skip(limit).all(Option::is_none), "{limit}");
        assert_eq!((0..40).map(insert).collect::<Vec<_>>(), first, "{limit}");
        assert_eq!(table.iter().count(), limit);
        assert!(table.is_full());
        assert!(!Interner::<u64>::with_limit(limit + 1).is_full());
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let table = Interner::with_limit(3);
    assert_eq!(table.find(7, |known| *known == 7), None);
    let index = find_or_insert(&table, 7, 7);
    assert_eq!(table.find(7, |known| *known == 7), index);
    assert_eq!(table.find(7, |known| *known == 8), None);
    assert_eq!(table.get(u32::MAX), None);
}

#[test]
fn values_with_one_hash_are_told_apart_wherever_it_points() {
    for hash in [0, 1, 7, u64::MAX, u64::MAX - 1, 1 << 63] {
        let table = Interner::with_limit(8);
        let first: Vec<_> = (0..12).map(|value| find_or_insert(&table, hash, value)).collect();
        assert_eq!(first.iter().flatten().collect::<HashSet<_>>().len(), 8, "{hash}");
        assert!(first.iter().zip(0..).all(|(index, value)| index.is_none_or(|index| table.get(index) == Some(&value))));
        assert_eq!((0..12).map(|value| find_or_insert(&table, hash, value)).collect::<Vec<_>>(), first, "{hash}");
    }
}

#[test]
fn making_a_value_may_use_another_table() {
    let (outer, inner) = (Interner::with_limit(4), Interner::with_limit(4));
    let make = || u64::from(find_or_insert(&inner, 3, 30).unwrap());
    let index = outer.find_or_insert(3, |known| inner.get(*known as u32) == Some(&30), make).unwrap();
    assert_eq!((outer.iter().count(), inner.get(*outer.get(index).unwrap() as u32)), (1, Some(&30)));
}

const THREADS: u64 = 8;

/// What threads find that insert the same values at once, each in its own order. The values of a table share few hashes.
fn race(limit: usize, values: u64, hashes: u64) -> (Interner<u64>, Vec<HashMap<u64, Option<u32>>>) {
    within_limit(move || {
        let table = Interner::with_limit(limit);
        let start = Barrier::new(THREADS as usize);
        let insert = |thread: u64| {
            start.wait();
            let order = (0..values).map(|step| (step * 7 + thread * values / THREADS) % values);
            order.map(|value| (value, find_or_insert(&table, value % hashes, value))).collect()
        };
        let found = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || insert(thread))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        (table, found)
    })
}

#[test]
fn threads_that_insert_at_once_agree_on_every_index() {
    for round in 0..20 {
        let (table, found) = race(1000, 999, 50 + round);
        assert_eq!(table.iter().count(), 999);
        assert!(found.iter().all(|of_one| *of_one == found[0]));
        assert!(found[0].iter().all(|(value, index)| table.get(index.unwrap()) == Some(value)));
    }
}

/// A value that was refused to one thread may have got in by another that looked before.
fn assert_complete(table: &Interner<u64>, found: &[HashMap<u64, Option<u32>>]) {
    let known = found.iter().flatten().filter_map(|(value, index)| Some((*index.as_ref()?, *value)));
    let known: HashSet<_> = known.collect();
    assert!(known.iter().all(|(index, value)| table.get(*index) == Some(value)));
    assert_eq!(known.len(), table.iter().count(), "each value is there once");
}

#[test]
fn threads_that_insert_at_once_overshoot_by_less_than_their_number() {
    for limit in [0, 1, 5, 16, 100] {
        for hashes in 1..40 {
            let (table, found) = race(limit, 150, hashes);
            let most = if limit == 0 { 0 } else { limit + THREADS as usize - 1 };
            assert!((limit..=most).contains(&table.iter().count()), "{} of {limit}", table.iter().count());
            assert_complete(&table, &found);
        }
    }
}

#[test]
fn a_search_in_a_table_without_an_empty_slot_ends() {
    for round in 0..2000 {
        // Two slots, for as many values as get in at once.
        let (table, found) = race(1, THREADS, 1 + round % 3);
        assert_complete(&table, &found);
    }
}

#[test]
fn a_value_that_could_not_be_made_takes_no_room() {
    let values = Interner::<u32>::with_limit(1);
    let find = |make: fn() -> u32| values.find_or_insert(values.hash(7), |known| *known == 7, make);
    for _ in 0..3 {
        catch_unwind(AssertUnwindSafe(|| find(|| panic!("on purpose")))).unwrap_err();
    }
    assert!(!values.is_full());
    assert!(find(|| 7).is_some());
}
