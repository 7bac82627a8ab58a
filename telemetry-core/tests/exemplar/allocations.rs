//! What an offered measurement allocates: nothing, unless it has attributes that are kept.

use telemetry_core::exemplar::{Buckets, ExemplarFilter};
use telemetry_core::opentelemetry::KeyValue;

use crate::{at, reservoir, sampled, unsampled, values};

const OFFERS: u64 = 100;

#[test]
fn an_offer_without_attributes_allocates_nothing() {
    for filter in [ExemplarFilter::TraceBased, ExemplarFilter::AlwaysOn, ExemplarFilter::AlwaysOff] {
        let reservoir = reservoir(filter, Buckets::Explicit(&[0.1, 1.0]));
        for span in [None, Some(unsampled()), Some(sampled())] {
            let offer = |millisecond| {
                for value in [0.05, 0.5, 5.0] {
                    reservoir.offer(value, at(millisecond), span.as_ref(), &[]);
                }
            };
            let new = allocation_counter::measure(|| (0..OFFERS).for_each(offer));
            let same = allocation_counter::measure(|| (0..OFFERS).for_each(|_| offer(OFFERS)));
            assert_eq!(new.count_total + same.count_total, 0, "{filter:?} {span:?}");
        }
        assert_eq!(values(&reservoir).is_empty(), filter == ExemplarFilter::AlwaysOff);
    }
}

#[test]
fn attributes_of_what_is_not_kept_allocate_nothing() {
    let reservoir = reservoir(ExemplarFilter::TraceBased, Buckets::Single);
    let attributes = [KeyValue::new("basket", 42)];
    reservoir.offer(1.0, at(0), Some(&sampled()), &attributes);
    let allocations = allocation_counter::measure(|| {
        reservoir.offer(2.0, at(1), None, &attributes);
        reservoir.offer(3.0, at(0), Some(&sampled()), &attributes);
    });
    assert_eq!(allocations.count_total, 0);
    assert_eq!(values(&reservoir), [1.0]);
}

#[test]
fn reading_without_attributes_allocates_nothing() {
    let reservoir = reservoir(ExemplarFilter::TraceBased, Buckets::Explicit(&[0.1, 1.0]));
    reservoir.offer(0.5, at(0), Some(&sampled()), &[]);
    let mut sum = 0.0;
    let allocations = allocation_counter::measure(|| reservoir.visit(|exemplar| sum += exemplar.value()));
    assert_eq!((allocations.count_total, sum), (0, 0.5));
}
