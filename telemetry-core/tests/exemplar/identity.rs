//! Which series are one and the same.

use telemetry_core::exemplar::{Buckets, ExemplarStore};
use telemetry_core::opentelemetry::{Array, InstrumentationScope, KeyValue, Value};

use crate::{at, builder, sampled, scope, values};

fn is_found(store: &ExemplarStore, scope: &InstrumentationScope, metric: &str, attributes: &[KeyValue]) -> bool {
    store.find(scope, metric, attributes).is_some()
}

#[test]
fn what_is_found_is_what_was_made() {
    let store = builder().build();
    let lane = |lane: &'static str| [KeyValue::new("lane", lane)];
    for (name, value) in [("express", 1.0), ("slow", 2.0)] {
        store.reservoir(&scope(), "checkout", &lane(name), Buckets::Single).offer(value, at(0), Some(&sampled()), &[]);
    }
    assert_eq!(values(&store.find(&scope(), "checkout", &lane("express")).unwrap()), [1.0]);
    assert_eq!(values(&store.find(&scope(), "checkout", &lane("slow")).unwrap()), [2.0]);
    assert!(!is_found(&store, &scope(), "checkout", &lane("closed")));
    assert!(!is_found(&store, &scope(), "checkout", &[]));
    assert!(!is_found(&store, &scope(), "Checkout", &lane("slow")));
}

#[test]
fn attributes_are_a_set_of_which_the_first_of_equal_keys_counts() {
    let store = builder().build();
    let (a, b, other) = (KeyValue::new("a", 1), KeyValue::new("b", 2), KeyValue::new("a", 3));
    let reservoir = store.reservoir(&scope(), "m", &[a.clone(), b.clone()], Buckets::Single);
    reservoir.offer(1.0, at(0), Some(&sampled()), &[]);

    for attributes in [
        vec![b.clone(), a.clone()],
        vec![a.clone(), b.clone(), other.clone()],
        vec![a.clone(), a.clone(), b.clone(), b.clone()],
    ] {
        assert_eq!(values(&store.find(&scope(), "m", &attributes).unwrap()), [1.0], "{attributes:?}");
        assert_eq!(values(&store.reservoir(&scope(), "m", &attributes, Buckets::Single)), [1.0], "{attributes:?}");
    }
    assert_eq!(store.generation(), 1);
    assert!(!is_found(&store, &scope(), "m", &[other, a.clone(), b.clone()]));
    assert!(!is_found(&store, &scope(), "m", std::slice::from_ref(&a)));
    assert!(!is_found(&store, &scope(), "m", &[a, b, KeyValue::new("c", 1)]));
}

#[test]
fn all_parts_of_the_scope_count() {
    let make = |name, version, url, attributes: &[KeyValue]| {
        let scope = InstrumentationScope::builder(name).with_version(version).with_schema_url(url);
        scope.with_attributes(attributes.to_vec()).build()
    };
    let (a, b) = (KeyValue::new("a", 1), KeyValue::new("b", 2));
    let both = [a.clone(), b.clone()];
    let store = builder().build();
    let _reservoir = store.reservoir(&make("shop", "1", "url", &both), "m", &[], Buckets::Single);

    assert!(is_found(&store, &make("shop", "1", "url", &[b, a.clone()]), "m", &[]));
    for other in [
        make("store", "1", "url", &both),
        make("shop", "2", "url", &both),
        make("shop", "1", "other", &both),
        make("shop", "1", "url", std::slice::from_ref(&a)),
        make("shop", "1", "url", &[]),
        make("", "", "", &both),
        InstrumentationScope::builder("shop").with_version("1").with_attributes(both.clone()).build(),
        InstrumentationScope::builder("shop").with_schema_url("url").with_attributes(both.clone()).build(),
    ] {
        assert!(!is_found(&store, &other, "m", &[]), "{other:?}");
    }
    let plain = make("shop", "1", "url", &[]);
    assert!(!is_found(&store, &plain, "m", &both), "the scope's attributes are not the series's");
}

#[test]
fn values_count_with_their_type_and_numbers_by_their_bits() {
    let store = builder().build();
    let key = |value: Value| [KeyValue::new("k", value)];
    let floats = |values: &[f64]| Value::Array(Array::F64(values.to_vec()));
    let bits = i64::from_ne_bytes(1.5_f64.to_ne_bytes());
    // Neighbours have equal hashes or would be equal, or unequal to themselves, by `==`.
    let different = [
        Value::F64(0.0),
        Value::F64(-0.0),
        Value::F64(f64::NAN),
        Value::F64(1.5),
        Value::I64(bits),
        floats(&[1.5]),
        floats(&[f64::NAN]),
        floats(&[-0.0]),
        floats(&[0.0]),
        floats(&[0.0, 0.0]),
        Value::Array(Array::I64(Vec::new())),
        Value::Array(Array::Bool(Vec::new())),
        Value::Bool(true),
        "true".into(),
    ];
    for (value, number) in different.iter().zip(1..) {
        assert!(!is_found(&store, &scope(), "m", &key(value.clone())), "{value:?}");
        let _reservoir = store.reservoir(&scope(), "m", &key(value.clone()), Buckets::Single);
        assert!(is_found(&store, &scope(), "m", &key(value.clone())), "{value:?}");
        assert_eq!(store.generation(), number);
    }
    let nan = InstrumentationScope::builder("shop").with_attributes(key(f64::NAN.into())).build();
    let _reservoir = store.reservoir(&nan, "m", &[], Buckets::Single);
    assert!(is_found(&store, &nan, "m", &[]));
}

#[test]
fn text_is_the_same_wherever_it_is_kept() {
    let store = builder().build();
    let _reservoir = store.reservoir(&scope(), "m", &[KeyValue::new("k", "v")], Buckets::Single);
    assert!(is_found(&store, &scope(), "m", &[KeyValue::new("k".to_owned(), "v".to_owned())]));
}

#[test]
fn the_first_buckets_stay() {
    let store = builder().build();
    let offer_all = |buckets| {
        let reservoir = store.reservoir(&scope(), "m", &[], buckets);
        for value in [0.5, 1.5, 2.5] {
            reservoir.offer(value, at(0), Some(&sampled()), &[]);
        }
        values(&reservoir)
    };
    assert_eq!(offer_all(Buckets::Explicit(&[1.0])), [0.5, 1.5]);
    assert_eq!(offer_all(Buckets::Explicit(&[1.0, 2.0])), [0.5, 1.5]);
    assert_eq!(offer_all(Buckets::Single), [0.5, 1.5]);
    assert_eq!(store.generation(), 1);
}
