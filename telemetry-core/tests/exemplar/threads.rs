//! Writers and readers at the same time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use telemetry_core::exemplar::{Buckets, ExemplarFilter, SpanIdentity};
use telemetry_core::opentelemetry::{KeyValue, SpanId, TraceId};

use crate::{at, builder, reservoir, sampled, scope, values};

const OFFERS: u64 = 20_000;

#[test]
fn value_time_span_and_attributes_of_one_exemplar_belong_together() {
    let reservoir = reservoir(ExemplarFilter::TraceBased, Buckets::Single);
    // One writer counts in even numbers, the other in odd ones.
    let write = |first: u64| {
        for number in (first..OFFERS).step_by(2) {
            let span = SpanIdentity::new(TraceId::from(u128::from(number)), SpanId::from(number), true);
            reservoir.offer(number as f64, at(number), Some(&span), &[KeyValue::new("k", number as i64)]);
        }
    };
    let is_over = AtomicBool::new(false);
    let reads = thread::scope(|threads| {
        let reader = threads.spawn(|| {
            let mut reads = 0;
            loop {
                // Asked before the visit: one of them comes after the last offer.
                let is_last = is_over.load(Ordering::Acquire);
                reservoir.visit(|exemplar| {
                    reads += 1;
                    let number = exemplar.value() as u64;
                    assert_eq!(exemplar.time(), at(number));
                    assert_eq!(exemplar.trace_id(), TraceId::from(u128::from(number)));
                    assert_eq!(exemplar.span_id(), SpanId::from(number));
                    assert_eq!(exemplar.filtered_attributes(), [KeyValue::new("k", number as i64)]);
                });
                if is_last {
                    return reads;
                }
            }
        });
        let writers = [threads.spawn(|| write(2)), threads.spawn(|| write(1))];
        for writer in writers {
            writer.join().unwrap();
        }
        is_over.store(true, Ordering::Release);
        reader.join().unwrap()
    });
    assert!(reads > 0);
    assert_eq!(values(&reservoir).len(), 1);
}

#[test]
fn what_runs_in_a_visit_may_use_the_reservoir() {
    let reservoir = reservoir(ExemplarFilter::TraceBased, Buckets::Single);
    reservoir.offer(1.0, at(0), Some(&sampled()), &[]);
    reservoir.visit(|exemplar| {
        assert_eq!(exemplar.value(), 1.0);
        reservoir.offer(2.0, at(1), Some(&sampled()), &[]);
        assert_eq!(values(&reservoir), [2.0]);
    });
}

#[test]
fn threads_that_ask_for_one_series_get_one_reservoir() {
    let store = builder().build();
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for number in 0..100 {
                    let _reservoir = store.reservoir(&scope(), "m", &[KeyValue::new("k", number)], Buckets::Single);
                }
            });
        }
    });
    assert_eq!(store.generation(), 100);
}

#[test]
fn a_new_generation_comes_with_its_reservoir() {
    let store = builder().build();
    thread::scope(|threads| {
        let writer = threads.spawn(|| {
            for number in 0..1000 {
                let _reservoir = store.reservoir(&scope(), "m", &[KeyValue::new("k", number)], Buckets::Single);
            }
        });
        while !writer.is_finished() {
            let seen = store.generation();
            let last = [KeyValue::new("k", seen as i64 - 1)];
            assert!(seen == 0 || store.find(&scope(), "m", &last).is_some(), "{seen}");
        }
    });
    assert_eq!(store.generation(), 1000);
}
