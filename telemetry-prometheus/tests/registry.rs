//! The `prometheus` crate's registries in our output, and our metrics in its registries.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::collections::HashMap;

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Metric, MetricFamily, MetricType, Quantile, Summary};
use prometheus::{CounterVec, Gauge, HistogramOpts, IntCounter, IntGauge, Opts, Registry};
use support::fixed::{Fixed, family, label};
use support::{bare, counter, logged, provider, provider_with, render, resource};
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::{Format, PrometheusExporter};

fn summary() -> Metric {
    let quantiles = [(0.5, 1.25), (0.99, f64::INFINITY)].map(|(quantile, value)| {
        let mut q = Quantile::default();
        q.set_quantile(quantile);
        q.set_value(value);
        q
    });
    let mut summary = Summary::default();
    summary.set_sample_count(3);
    summary.set_sample_sum(4.5);
    summary.set_quantile(quantiles.to_vec());
    let mut metric = Metric::from_label(vec![label("quantile", "mine")]);
    metric.set_summary(summary);
    metric.set_timestamp_ms(1_700_000_000_123);
    metric
}

/// T-03, T-10, T-11, PX-60, PX-64, PX-97, PX-98.
#[test]
fn families_of_every_type_appear_in_the_same_scrape() {
    let registry = Registry::new();
    let requests = CounterVec::new(Opts::new("legacy_requests", "Has \\ and \"quotes\".\nTwo lines."), &["z", "a"]);
    let requests = requests.unwrap();
    requests.with_label_values(&["zed", "quote \" \\ \n"]).inc_by(2.5);
    registry.register(Box::new(requests)).unwrap();
    let gauge = Gauge::new("legacy_gauge", "A gauge.").unwrap();
    gauge.set(f64::NEG_INFINITY);
    registry.register(Box::new(gauge)).unwrap();
    let options = HistogramOpts::new("legacy_seconds", "A histogram.").buckets(vec![0.1, 1e6]);
    let histogram = prometheus::Histogram::with_opts(options).unwrap();
    histogram.observe(0.05);
    histogram.observe(1e7);
    registry.register(Box::new(histogram)).unwrap();
    registry.register(Fixed::new(vec![family("legacy_summary", MetricType::SUMMARY, vec![summary()])])).unwrap();

    let exporter = bare().with_registry(registry).build();
    let provider = provider(&exporter);
    counter(&provider, "modern", 1);

    assert_eq!(
        render(&exporter),
        "# HELP legacy_gauge A gauge.\n\
         # TYPE legacy_gauge gauge\n\
         legacy_gauge -Inf\n\
         # HELP legacy_requests Has \\\\ and \"quotes\".\\nTwo lines.\n\
         # TYPE legacy_requests counter\n\
         legacy_requests{a=\"quote \\\" \\\\ \\n\",z=\"zed\"} 2.5\n\
         # HELP legacy_seconds A histogram.\n\
         # TYPE legacy_seconds histogram\n\
         legacy_seconds_bucket{le=\"0.1\"} 1\n\
         legacy_seconds_bucket{le=\"1e+06\"} 1\n\
         legacy_seconds_bucket{le=\"+Inf\"} 2\n\
         legacy_seconds_sum 1.000000005e+07\n\
         legacy_seconds_count 2\n\
         # TYPE legacy_summary summary\n\
         legacy_summary{exported_quantile=\"mine\",quantile=\"0.5\"} 1.25 1700000000123\n\
         legacy_summary{exported_quantile=\"mine\",quantile=\"0.99\"} +Inf 1700000000123\n\
         legacy_summary_sum{exported_quantile=\"mine\"} 4.5 1700000000123\n\
         legacy_summary_count{exported_quantile=\"mine\"} 3 1700000000123\n\
         # TYPE modern_total counter\n\
         modern_total{k=\"v\"} 1\n"
    );
}

/// T-11: Go writes the infinite bucket into the data, the Rust crate does not.
#[test]
fn a_histogram_that_brings_the_infinite_bucket_has_it_once() {
    let buckets = [(1.0, 2), (f64::INFINITY, 3)].map(|(bound, count)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(count);
        bucket
    });
    let mut histogram = prometheus::proto::Histogram::default();
    histogram.set_bucket(buckets.to_vec());
    histogram.set_sample_count(3);
    histogram.set_sample_sum(4.5);
    let mut metric = Metric::default();
    metric.set_histogram(histogram);
    let registry = Registry::new();
    registry.register(Fixed::new(vec![family("h", MetricType::HISTOGRAM, vec![metric])])).unwrap();

    let exporter = bare().with_registry(registry).build();
    let _provider = provider(&exporter);
    assert_eq!(
        render(&exporter),
        "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4.5\nh_count 3\n"
    );
}

/// The value of an untyped metric is set in another way in each kind of the crate's types: in both it is zero
/// before that.
#[test]
fn an_untyped_family_is_written_as_untyped() {
    let registry = Registry::new();
    let metric = Metric::from_label(vec![label("a", "untyped {value: 7}")]);
    registry.register(Fixed::new(vec![family("anything", MetricType::UNTYPED, vec![metric])])).unwrap();
    let exporter = bare().with_registry(registry).build();
    let _provider = provider(&exporter);
    let text = render(&exporter);
    assert!(text.starts_with("# TYPE anything untyped\nanything{a=\"untyped {value: 7}\"} "));
    assert!(!text.contains("} 7"));
}

/// PX-104, PX-105, PX-107, PX-108, PX-109: one set of rules for both sides.
#[test]
fn conflicts_between_the_two_sides_are_settled_for_the_exporter() {
    let registry = Registry::new();
    let same = IntCounter::new("same_total", "Another help.").unwrap();
    same.inc_by(5);
    registry.register(Box::new(same)).unwrap();
    registry.register(Box::new(IntGauge::new("type_total", "A gauge here.").unwrap())).unwrap();
    registry.register(Box::new(IntGauge::new("h_count", "A sample of a histogram.").unwrap())).unwrap();

    let exporter = bare().with_registry(registry).build();
    let provider = provider(&exporter);
    counter(&provider, "same", 1);
    counter(&provider, "type", 2);
    let histogram = provider.meter("m").u64_histogram("h").with_boundaries(vec![]).build();
    histogram.record(1, &[]);

    let log = logged(|| {
        for _ in 0..3 {
            assert_eq!(
                render(&exporter),
                "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n\
                 # HELP same_total Another help.\n# TYPE same_total counter\nsame_total 5\nsame_total{k=\"v\"} 1\n\
                 # TYPE type_total counter\ntype_total{k=\"v\"} 2\n"
            );
        }
    });
    assert_eq!(log.len(), 2, "{log:?}");
}

/// The exporter's metrics come first only where both are new.
#[test]
fn px105_a_family_of_a_registry_that_was_there_before_stays() {
    let (one, two) = (Registry::new(), Registry::new());
    one.register(Box::new(IntGauge::new("early_total", "From the first registry.").unwrap())).unwrap();
    two.register(Box::new(IntGauge::new("late", "From the second registry.").unwrap())).unwrap();
    let level = |value| {
        let level = IntGauge::new("level", "In both registries.").unwrap();
        level.set(value);
        Box::new(level)
    };
    two.register(level(2)).unwrap();
    let exporter = bare().with_registry(one.clone()).with_registry(two).build();
    let provider = provider(&exporter);
    let expected = render(&exporter);
    for line in ["early_total 0\n", "late 0\n", "level 2\n"] {
        assert!(expected.contains(line), "{expected}");
    }

    counter(&provider, "early", 1);
    one.register(Box::new(IntCounter::new("late", "From the first registry.").unwrap())).unwrap();
    one.register(level(1)).unwrap();
    for _ in 0..3 {
        assert_eq!(render(&exporter), expected);
    }
}

#[test]
fn t07_the_same_registry_given_twice_is_exported_once() {
    let registry = Registry::new();
    registry.register(Box::new(IntCounter::new("once_total", "Help.").unwrap())).unwrap();
    let exporter = bare().with_registry(registry.clone()).with_registry(registry).build();
    let _provider = provider(&exporter);
    let text = render(&exporter);
    assert_eq!(text.lines().filter(|line| line.starts_with("once_total")).count(), 1);
}

#[test]
fn names_that_only_a_hand_written_collector_can_have_are_repaired() {
    let registry = Registry::new();
    let metric = Metric::from_label(vec![label("a.b", "1"), label("__name__", "x"), label("c__d", "2")]);
    registry.register(Fixed::new(vec![family("odd.name", MetricType::GAUGE, vec![metric])])).unwrap();
    let exporter = bare().with_registry(registry).build();
    let _provider = provider(&exporter);
    assert_eq!(render(&exporter), "# TYPE odd_name gauge\nodd_name{a_b=\"1\",c__d=\"2\",exported_name=\"x\"} 0\n");
}

#[test]
fn a_panicking_collector_fails_one_scrape_only() {
    struct Panics(Desc, std::sync::atomic::AtomicBool);
    impl Collector for Panics {
        fn desc(&self) -> Vec<&Desc> {
            vec![&self.0]
        }
        fn collect(&self) -> Vec<MetricFamily> {
            if !self.1.swap(true, std::sync::atomic::Ordering::Relaxed) {
                panic!("out of order");
            }
            Vec::new()
        }
    }
    let desc = Desc::new("x".to_owned(), "h".to_owned(), vec![], HashMap::new()).unwrap();
    let registry = Registry::new();
    registry.register(Box::new(Panics(desc, false.into()))).unwrap();
    let exporter = bare().with_registry(registry).build();
    let _provider = provider(&exporter);
    assert!(exporter.render(Format::PrometheusText).is_err());
    assert_eq!(render(&exporter), "");
}

/// PX-100: the resource of another exporter is none of ours, and no instrument has to be renamed for it.
#[test]
fn px100_target_info_of_another_exporter_is_left_out() {
    let service = |name: &'static str| resource([KeyValue::new("service.name", name)]);
    let registry = Registry::new();
    let other = PrometheusExporter::new();
    let _others = provider_with(&other, |builder| builder.with_resource(service("other")));
    registry.register(Box::new(other)).unwrap();
    let exporter = PrometheusExporter::builder().with_registry(registry).build();
    let _provider = provider_with(&exporter, |builder| builder.with_resource(service("own")));

    let log = logged(|| {
        for _ in 0..3 {
            let text = render(&exporter);
            assert!(text.ends_with("# TYPE target_info gauge\ntarget_info{service_name=\"own\"} 1\n"), "{text}");
        }
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("without_target_info"), "{log:?}");
}
