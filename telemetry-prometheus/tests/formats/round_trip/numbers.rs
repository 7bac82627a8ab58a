//! Values, to the last bit.

use prometheus::proto::{Gauge, Metric, MetricType};
use proptest::prelude::*;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::{Escaping, Format};

use crate::FORMATS;
use crate::support::fixed::{family, registry};
use crate::support::page::number;
use crate::support::{bare, protobuf, provider, text};

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Registries have NaN and the infinities too.
    #[test]
    fn px64_px66_om38_pb20_any_double_comes_back(
        bits in prop_oneof![4 => any::<u64>(), 1 => 0x7ff0_0000_0000_0000..=0x7fff_ffff_ffff_ffff_u64, 1 => 0..1000_u64],
    ) {
        let value = f64::from_bits(bits);
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        let mut metric = Metric::default();
        metric.set_gauge(gauge);
        let registry = registry(vec![family("g", MetricType::GAUGE, vec![metric])]);
        let exporter = bare().with_registry(registry).build();
        let _provider = provider(&exporter);
        for format in &FORMATS[..3] {
            let parsed = number(&text(&exporter, *format)[0].samples[0].value);
            prop_assert!(parsed.to_bits() == bits || (parsed.is_nan() && value.is_nan()));
        }
        let families = protobuf(&exporter, Escaping::Underscores);
        let sent = families[0].only("metric").only("gauge").double("value").unwrap().to_bits();
        prop_assert_eq!(sent, if value.is_nan() { 0x7ff8_0000_0000_0001 } else { bits });
    }

    /// Text has all digits, protocol buffers have the nearest double.
    #[test]
    fn px65_om35_any_integer_comes_back(unsigned in any::<u64>(), signed in any::<i64>()) {
        let exporter = bare().build();
        let provider = provider(&exporter);
        let meter = provider.meter("m");
        meter.u64_counter("a").build().add(unsigned, &[]);
        meter.i64_gauge("b").build().record(signed, &[]);
        for format in &FORMATS[..3] {
            let families = text(&exporter, *format);
            prop_assert_eq!(&families[0].samples[0].value, &unsigned.to_string());
            prop_assert_eq!(&families[1].samples[0].value, &signed.to_string());
        }
        let families = protobuf(&exporter, Escaping::Underscores);
        let doubles = [("counter", 0), ("gauge", 1)]
            .map(|(kind, index)| families[index].only("metric").only(kind).double("value").unwrap());
        prop_assert_eq!(doubles, [unsigned as f64, signed as f64]);
    }

    /// Counted here once more: how many values are not above a bound.
    #[test]
    fn px61_px62_om47_t11_pb07_any_histogram_comes_back(
        mut bounds in prop::collection::vec(prop_oneof![-10.0..1e7_f64, any::<i8>().prop_map(f64::from)], 0..12),
        values in prop::collection::vec(prop_oneof![-100.0..1e7_f64, any::<i8>().prop_map(f64::from)], 1..20),
    ) {
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        let exporter = bare().build();
        let provider = provider(&exporter);
        let histogram = provider.meter("m").f64_histogram("h").with_boundaries(bounds.clone()).build();
        values.iter().for_each(|value| histogram.record(*value, &[]));
        let up_to = |bound: f64| values.iter().filter(|value| **value <= bound).count() as u64;
        let expected: Vec<_> = bounds.iter().chain([&f64::INFINITY]).map(|bound| (*bound, up_to(*bound))).collect();
        let sum: f64 = values.iter().fold(0.0, |sum, value| sum + value);

        for format in &FORMATS[..3] {
            let families = text(&exporter, *format);
            let samples = &families[0].samples;
            let buckets = samples.iter().filter(|sample| sample.name == "h_bucket");
            let buckets: Vec<_> =
                buckets.map(|s| (number(s.label("le").unwrap()), s.value.parse::<u64>().unwrap())).collect();
            prop_assert_eq!(&buckets, &expected);
            let in_text = samples.iter().find(|sample| sample.name == "h_sum").map(|sample| number(&sample.value));
            let is_left_out = *format == Format::OpenMetrics && (sum < 0.0 || bounds.first().is_some_and(|b| *b < 0.0));
            prop_assert_eq!(in_text, if is_left_out { None } else { Some(sum) });
        }
        let families = protobuf(&exporter, Escaping::Underscores);
        let histogram = families[0].only("metric").only("histogram");
        let buckets = histogram.nested("bucket");
        let mut buckets: Vec<_> =
            buckets.iter().map(|b| (b.double("upper_bound").unwrap(), b.uint("cumulative_count").unwrap())).collect();
        buckets.push((f64::INFINITY, histogram.uint("sample_count").unwrap()));
        prop_assert_eq!(buckets, expected);
        prop_assert_eq!(histogram.double("sample_sum"), Some(sum));
    }
}
