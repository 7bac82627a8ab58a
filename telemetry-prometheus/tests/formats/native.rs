//! Exponential histograms: native in protocol buffers, classic in text.

use proptest::prelude::*;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};
use telemetry_prometheus::{Escaping, Format, PrometheusExporter, PrometheusExporterBuilder};

use crate::support::page::number;
use crate::support::pb::native_buckets;
use crate::support::wire::Message;
use crate::support::{bare, logged, protobuf, provider_with, text};

/// An exporter of the histogram `h` in seconds, with up to `max_size` buckets.
fn recorded(
    builder: PrometheusExporterBuilder,
    max_size: u32,
    values: &[f64],
) -> (PrometheusExporter, SdkMeterProvider) {
    let exporter = builder.build();
    let view = move |instrument: &Instrument| {
        let aggregation = Aggregation::Base2ExponentialHistogram { max_size, max_scale: 20, record_min_max: true };
        if instrument.name() == "h" { Stream::builder().with_aggregation(aggregation).build().ok() } else { None }
    };
    let provider = provider_with(&exporter, |builder| builder.with_view(view));
    let histogram = provider.meter("m").f64_histogram("h").with_unit("s").build();
    values.iter().for_each(|value| histogram.record(*value, &[KeyValue::new("k", "v")]));
    (exporter, provider)
}

fn histogram(families: &[Message]) -> &Message {
    families[0].only("metric").only("histogram")
}

/// Bounds and cumulative counts of the only histogram on a text page.
fn classic(exporter: &PrometheusExporter, format: Format) -> Vec<(f64, u64)> {
    let families = text(exporter, format);
    let buckets = families[0].samples.iter().filter(|sample| sample.name == "h_seconds_bucket");
    buckets.map(|bucket| (number(bucket.label("le").unwrap()), bucket.value.parse().unwrap())).collect()
}

#[test]
fn px57_px58_pb15_the_same_data_is_native_in_protobuf_and_classic_in_text() {
    for (builder, has_both) in [(bare(), false), (bare().with_classic_beside_native(), true)] {
        let (exporter, _provider) = recorded(builder, 160, &[0.3, 0.6, 5.0, 1000.0]);
        let expected = [(0.25, 0), (0.5, 1), (1.0, 2), (2.0, 2), (4.0, 2), (8.0, 3), (128.0, 3), (f64::INFINITY, 4)];
        for format in [Format::PrometheusText, Format::PrometheusTextV1, Format::OpenMetrics] {
            let buckets = classic(&exporter, format);
            assert_eq!(buckets.len(), 19);
            assert!(expected.iter().all(|bucket| buckets.contains(bucket)), "{buckets:?}");
        }
        let families = protobuf(&exporter, Escaping::Underscores);
        let histogram = histogram(&families);
        assert_eq!(native_buckets(histogram, "positive").values().sum::<u64>(), 4);
        assert_eq!(histogram.nested("bucket").len(), if has_both { 18 } else { 0 });
    }
}

#[test]
fn px58_the_bounds_of_classic_buckets_can_be_chosen() {
    let builder = bare().with_exponential_bounds([0.5, 1024.0]).with_classic_beside_native();
    let (exporter, _provider) = recorded(builder, 160, &[0.25, 0.5, 1.0]);
    assert_eq!(classic(&exporter, Format::OpenMetrics), [(0.5, 2), (1024.0, 3), (f64::INFINITY, 3)]);
    let families = protobuf(&exporter, Escaping::Underscores);
    let bounds: Vec<_> = histogram(&families).nested("bucket").iter().map(|b| b.double("upper_bound")).collect();
    assert_eq!(bounds, [Some(0.5), Some(1024.0)]);
}

#[test]
fn px58_px63_om49_bounds_below_zero_have_no_sum_in_openmetrics() {
    for (bound, has_sum) in [(-1.0, false), (0.0, true), (-0.0, true), (0.5, true)] {
        let (exporter, _provider) = recorded(bare().with_exponential_bounds([bound]), 160, &[0.25]);
        for format in [Format::PrometheusText, Format::OpenMetrics] {
            let samples = &text(&exporter, format)[0].samples;
            let is_there = has_sum || format == Format::PrometheusText;
            assert_eq!(samples.iter().any(|sample| sample.name == "h_seconds_sum"), is_there, "{bound} {format:?}");
        }
    }
}

/// The SDK counts a value before it finds that its buckets cannot hold it.
#[test]
fn px76_px82_pb09_the_count_is_that_of_the_buckets() {
    for builder in [bare(), bare().with_classic_beside_native()] {
        let (exporter, _provider) = recorded(builder, 1, &[1.5, 0.7, 1.5]);
        let families = protobuf(&exporter, Escaping::Underscores);
        assert_eq!(histogram(&families).uint("sample_count"), Some(2));
    }
}

#[test]
fn px73_buckets_that_are_too_wide_are_left_out_of_protobuf_alone() {
    let (exporter, provider) = recorded(bare(), 2, &[1e-300, 1e300]);
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    let log = logged(|| {
        for _ in 0..2 {
            let families = protobuf(&exporter, Escaping::Underscores);
            assert_eq!(families.len(), 1, "nothing is left of a family without series");
            assert_eq!(families[0].text("name"), Some("c_total"));
        }
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("too wide"), "{log:?}");
    assert!(text(&exporter, Format::OpenMetrics).iter().any(|family| family.name == "h_seconds"));
}

#[test]
fn px75_px78_px79_pb08_a_histogram_of_zeros_is_native_too() {
    let (exporter, _provider) = recorded(bare(), 160, &[0.0, -0.0, 0.0]);
    let families = protobuf(&exporter, Escaping::Underscores);
    let histogram = histogram(&families);
    let expected = ["sample_count", "sample_sum", "schema", "zero_threshold", "zero_count", "start_timestamp"];
    assert_eq!(histogram.names(), expected);
    assert_eq!((histogram.uint("zero_count"), histogram.double("zero_threshold")), (Some(3), Some(1e-128)));
}

/// A bucket with index `i` ends at `2^(i * 2^-schema)`.
fn index(value: f64, schema: i64) -> i64 {
    (value.abs().log2() * 2_f64.powi(schema as i32)).ceil() as i64
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// None of the values is near to a border, where the SDK's logarithm may err.
    #[test]
    fn px71_px72_px74_pb13_every_value_is_in_its_bucket(
        parts in prop::collection::vec((any::<bool>(), -40..40_i32, 1.000_01..1.000_02_f64, 0..256_u32), 1..40),
        zeros in 0..3_usize,
    ) {
        let values: Vec<f64> = parts
            .into_iter()
            .map(|(is_negative, exponent, away, share)| {
                let value = 2_f64.powi(exponent) * 2_f64.powf(f64::from(share) / 256.0) * away;
                if is_negative { -value } else { value }
            })
            .chain(std::iter::repeat_n(0.0, zeros))
            .collect();
        let (exporter, _provider) = recorded(bare(), 160, &values);
        let families = protobuf(&exporter, Escaping::Underscores);
        let histogram = histogram(&families);
        prop_assert_eq!(histogram.uint("sample_count"), Some(values.len() as u64));
        prop_assert_eq!(histogram.uint("zero_count"), Some(zeros as u64));
        let sum: f64 = values.iter().sum();
        prop_assert_eq!(histogram.double("sample_sum").map(f64::to_bits), Some((sum + 0.0).to_bits()));
        let schema = histogram.ints("schema")[0];
        for (side, sign) in [("positive", 1.0), ("negative", -1.0)] {
            let mut expected = std::collections::BTreeMap::new();
            for value in values.iter().filter(|value| **value * sign > 0.0) {
                *expected.entry(index(*value, schema)).or_insert(0_u64) += 1;
            }
            prop_assert_eq!(native_buckets(histogram, side), expected);
        }
    }

    /// Powers of two are borders of all buckets at these scales.
    #[test]
    fn px58_px61_classic_counts_at_powers_of_two_are_exact(
        values in prop::collection::vec(0.001..200.0_f64, 1..40),
    ) {
        let (exporter, _provider) = recorded(bare(), 160, &values);
        for (bound, count) in classic(&exporter, Format::PrometheusText) {
            prop_assert_eq!(count, values.iter().filter(|value| **value <= bound).count() as u64, "up to {}", bound);
        }
    }
}
