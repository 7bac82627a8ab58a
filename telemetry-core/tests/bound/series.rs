//! Instruments with the attributes of one series. With feature `bound` and without, all of this holds.

use std::thread;

use telemetry_core::bound::{BoundHistogram, BoundUpDownCounter, OVERFLOW_ATTRIBUTE};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream, Temporality};
use telemetry_core::semconv::metric::{HTTP_CLIENT_ACTIVE_REQUESTS, HTTP_CLIENT_REQUEST_BODY_SIZE};
use telemetry_core::testing::{Point, Snapshot};

use crate::{INSIDE, Reader, SALES, door, inside, provider, sales, scoped};

const BOTH: [Temporality; 2] = [Temporality::Cumulative, Temporality::Delta];

fn values<'a>(snapshot: &'a Snapshot, metric: &str) -> Vec<(&'a telemetry_core::testing::Value, usize)> {
    snapshot.points(metric).into_iter().map(|Point { value, attributes, .. }| (value, attributes.len())).collect()
}

#[test]
fn a_series_is_as_the_plain_instruments_one() {
    for temporality in BOTH {
        let reader = Reader::new(temporality);
        let meter = scoped(&provider(&[&reader]));
        let (bound, plain) = (BoundHistogram::new(meter.u64_histogram(&SALES)), &HTTP_CLIENT_REQUEST_BODY_SIZE);
        let plain_histogram = meter.u64_histogram(plain);
        let count = BoundUpDownCounter::new(meter.i64_up_down_counter(&INSIDE));
        let plain_count = meter.i64_up_down_counter(&HTTP_CLIENT_ACTIVE_REQUESTS);
        for round in 0..3 {
            for value in [0, 1, 64, 65, 100_000_000] {
                bound.record(value + round, &door());
                plain_histogram.record(value + round, &door());
                count.add(1 - (value + round) as i64, &door());
                plain_count.add(1 - (value + round) as i64, &door());
            }
            let snapshot = reader.read();
            assert_eq!(values(&snapshot, SALES.name), values(&snapshot, plain.name), "{temporality:?}");
            let counts = values(&snapshot, HTTP_CLIENT_ACTIVE_REQUESTS.name);
            assert_eq!(values(&snapshot, INSIDE.name), counts, "{temporality:?}");
        }
        let idle = reader.read();
        assert_eq!(idle.names().is_empty(), temporality == Temporality::Delta, "nothing new is no value");
    }
}

#[test]
fn nothing_is_shown_before_the_first_value() {
    for temporality in BOTH {
        let reader = Reader::new(temporality);
        let meter = scoped(&provider(&[&reader]));
        let histogram = BoundHistogram::new(meter.u64_histogram(&SALES));
        let count = BoundUpDownCounter::new(meter.i64_up_down_counter(&INSIDE));
        assert!(reader.read().names().is_empty());
        histogram.record(5, &door());
        assert_eq!(reader.read().names(), [SALES.name]);
        count.add(5, &door());
        let snapshot = reader.read();
        assert_eq!(inside(&snapshot), 5.0);
        assert_eq!(snapshot.points(SALES.name).is_empty(), temporality == Temporality::Delta);
    }
}

#[test]
fn values_of_a_series_that_is_gone_are_still_read() {
    for temporality in BOTH {
        let reader = Reader::new(temporality);
        let provider = provider(&[&reader]);
        for value in 1..=3 {
            let histogram = BoundHistogram::new(scoped(&provider).u64_histogram(&SALES));
            histogram.record(value, &door());
            histogram.record(value, &door());
        }
        assert_eq!(sales(&reader.read()), (6, 12.0), "{temporality:?}");
    }
}

#[test]
fn threads_that_record_first_at_once_lose_nothing() {
    for temporality in BOTH {
        for _ in 0..50 {
            let reader = Reader::new(temporality);
            let meter = scoped(&provider(&[&reader]));
            let histogram = BoundHistogram::new(meter.u64_histogram(&SALES));
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..10).for_each(|_| histogram.record(2, &door())));
                }
            });
            assert_eq!(sales(&reader.read()), (40, 80.0));
        }
    }
}

fn with_view(
    reader: &Reader,
    view: impl Fn(&Instrument) -> Option<Stream> + Send + Sync + 'static,
) -> SdkMeterProvider {
    SdkMeterProvider::builder().with_reader(reader.clone()).with_view(view).build()
}

#[test]
fn what_is_past_the_sdks_limit_goes_to_its_overflow() {
    for temporality in BOTH {
        let reader = Reader::new(temporality);
        let limited = |_: &Instrument| Some(Stream::builder().with_cardinality_limit(2).build().unwrap());
        let meter = scoped(&with_view(&reader, limited));
        let instrument = meter.u64_histogram(&SALES);
        let series = [0, 1, 2, 3].map(|door| (BoundHistogram::new(instrument.clone()), [KeyValue::new("door", door)]));
        for round in 1..=3 {
            for (histogram, door) in &series {
                histogram.record(1, door);
                histogram.record(1, door);
            }
            let snapshot = reader.read();
            let total = if temporality == Temporality::Delta { 8 } else { 8 * round };
            assert_eq!(sales(&snapshot).0, total);
            assert_eq!(snapshot.points(SALES.name).len(), 3);
            assert_eq!(snapshot.count(SALES.name, &[(OVERFLOW_ATTRIBUTE, "true")]), total / 2);
        }
    }
}

#[test]
fn an_instrument_that_a_view_drops_takes_what_it_is_given() {
    let reader = Reader::new(Temporality::Cumulative);
    let dropped = |_: &Instrument| Some(Stream::builder().with_aggregation(Aggregation::Drop).build().unwrap());
    let meter = scoped(&with_view(&reader, dropped));
    let histogram = BoundHistogram::new(meter.u64_histogram(&SALES));
    let count = BoundUpDownCounter::new(meter.i64_up_down_counter(&INSIDE));
    for _ in 0..3 {
        histogram.record(1, &door());
        count.add(1, &door());
    }
    assert!(reader.read().names().is_empty());
}
