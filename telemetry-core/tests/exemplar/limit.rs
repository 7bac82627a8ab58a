//! How many series have exemplars, and how a reader learns of new ones.

use telemetry_core::exemplar::{Buckets, ExemplarFilter, ExemplarReservoir, ExemplarStore};
use telemetry_core::opentelemetry::KeyValue;

use crate::log::logged;
use crate::{at, builder, sampled, scope, values};

fn nth(store: &ExemplarStore, number: i64) -> ExemplarReservoir {
    store.reservoir(&scope(), "m", &[KeyValue::new("k", number)], Buckets::Single)
}

/// How many of the first `count` series keep what they are offered.
fn keeping(store: &ExemplarStore, count: i64) -> usize {
    let keeps = |number: &i64| {
        let reservoir = nth(store, *number);
        reservoir.offer(1.0, at(0), Some(&sampled()), &[]);
        !values(&reservoir).is_empty()
    };
    (0..count).filter(keeps).count()
}

#[test]
fn past_the_limit_nothing_is_kept_and_one_warning_says_so() {
    let store = builder().with_limit(3).build();
    let log = logged(|| assert_eq!(keeping(&store, 3), 3));
    assert_eq!(log, "");
    let log = logged(|| assert_eq!(keeping(&store, 10), 3));
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("WARN") && log.contains("\"m\"") && log.contains("with_limit"), "{log}");

    assert_eq!(store.generation(), 3);
    let is_found = |number| store.find(&scope(), "m", &[KeyValue::new("k", number)]).is_some();
    assert!(is_found(2) && !is_found(3));
    assert_eq!(keeping(&store, 3), 3, "those within stay");
}

#[test]
fn the_limit_is_2000_unless_set() {
    let store = builder().build();
    logged(|| assert_eq!(keeping(&store, 2001), 2000));
    logged(|| assert_eq!(keeping(&builder().with_limit(0).build(), 2), 0));
}

#[test]
fn always_off_makes_no_reservoirs() {
    let store = builder().with_filter(ExemplarFilter::AlwaysOff).with_limit(1).build();
    let log = logged(|| assert_eq!(keeping(&store, 3), 0));
    assert_eq!((log.as_str(), store.generation()), ("", 0));
    assert!(store.find(&scope(), "m", &[KeyValue::new("k", 0)]).is_none());
}

#[test]
fn the_generation_grows_with_each_reservoir_and_with_nothing_else() {
    let store = builder().build();
    let clone = store.clone();
    assert_eq!(store.generation(), 0);
    let first = nth(&store, 0);
    assert_eq!((store.generation(), clone.generation()), (1, 1));
    let _same = nth(&clone, 0);
    first.offer(1.0, at(0), Some(&sampled()), &[]);
    assert!(store.find(&scope(), "m", &[]).is_none());
    assert_eq!(store.generation(), 1);
    let _second = nth(&clone, 1);
    assert_eq!(store.generation(), 2);
}

#[test]
fn a_store_does_not_print_what_it_holds() {
    let store = builder().build();
    let _reservoir = store.reservoir(&scope(), "m", &[KeyValue::new("k", "secret")], Buckets::Single);
    let text = format!("{store:?}");
    assert!(text.contains("TraceBased") && text.contains("2000") && !text.contains("secret"), "{text}");
}
