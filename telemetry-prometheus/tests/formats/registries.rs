//! Families of registries in each format: values and types that the SDK does not have.

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, Metric, MetricType, Quantile, Summary};
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{Escaping, Format, PrometheusExporter};

use crate::support::fixed::{family, label, registry};
use crate::support::{bare, logged, protobuf, provider, text};
use crate::utf8;

fn rendered(families: Vec<prometheus::proto::MetricFamily>) -> (PrometheusExporter, SdkMeterProvider) {
    let exporter = bare().with_created_lines().with_registry(registry(families)).build();
    let provider = provider(&exporter);
    (exporter, provider)
}

fn page(exporter: &PrometheusExporter, format: Format) -> String {
    String::from_utf8(exporter.render(format).unwrap().into()).unwrap()
}

fn counter(key: &str, value: f64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(value);
    let mut metric = Metric::from_label(vec![label("k", key)]);
    metric.set_counter(counter);
    metric
}

fn gauge(key: &str, value: f64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    let mut metric = Metric::from_label(vec![label("k", key)]);
    metric.set_gauge(gauge);
    metric
}

fn summary(quantiles: &[(f64, f64)], sum: f64) -> Metric {
    let quantile = |(quantile, value): &(f64, f64)| {
        let mut q = Quantile::default();
        q.set_quantile(*quantile);
        q.set_value(*value);
        q
    };
    let mut summary = Summary::default();
    summary.set_sample_count(3);
    summary.set_sample_sum(sum);
    summary.set_quantile(quantiles.iter().map(quantile).collect());
    let mut metric = Metric::default();
    metric.set_summary(summary);
    metric
}

fn buckets(buckets: &[(f64, u64)], count: u64) -> Metric {
    let bucket = |(bound, cumulative): &(f64, u64)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(*bound);
        bucket.set_cumulative_count(*cumulative);
        bucket
    };
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets.iter().map(bucket).collect());
    histogram.set_sample_count(count);
    histogram.set_sample_sum(1.0);
    let mut metric = Metric::default();
    metric.set_histogram(histogram);
    metric
}

#[test]
fn px64_om06_om45_a_counter_is_neither_negative_nor_nan_in_openmetrics() {
    let points = [("inf", f64::INFINITY), ("nan", f64::NAN), ("negative", -1.0), ("zero", 0.0)];
    let points = points.map(|(key, value)| counter(key, value)).to_vec();
    let bad = vec![counter("bad", f64::NEG_INFINITY)];
    let families = vec![family("a_total", MetricType::COUNTER, points), family("b_total", MetricType::COUNTER, bad)];
    let (exporter, _provider) = rendered(families);
    let log = logged(|| {
        let expected = "# TYPE a counter\na_total{k=\"inf\"} +Inf\na_total{k=\"zero\"} 0\n# EOF\n";
        (0..2).for_each(|_| assert_eq!(page(&exporter, Format::OpenMetrics), expected));
    });
    assert_eq!(log.len(), 2, "{log:?}");
    let expected = "# TYPE a_total counter\na_total{k=\"inf\"} +Inf\na_total{k=\"nan\"} NaN\n\
                    a_total{k=\"negative\"} -1\na_total{k=\"zero\"} 0\n# TYPE b_total counter\nb_total{k=\"bad\"} -Inf\n";
    assert_eq!(page(&exporter, Format::PrometheusText), expected);
    let families = protobuf(&exporter, Escaping::Underscores);
    assert_eq!(families[0].nested("metric").len(), 4);
}

/// PX-66, T-09: NaN has the one pattern that means nothing else to Prometheus.
#[test]
fn px64_px66_om36_om38_pb20_special_values_of_gauges() {
    let stale = f64::from_bits(0x7ff0_0000_0000_0002);
    let values = [stale, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324, f64::MAX, 9_007_199_254_740_992.0];
    let points = ["a", "b", "c", "d", "e", "f", "g"].into_iter().zip(values).map(|(key, value)| gauge(key, value));
    let (exporter, _provider) = rendered(vec![family("g", MetricType::GAUGE, points.collect())]);
    let expected = ["NaN", "+Inf", "-Inf", "-0", "5e-324", "1.7976931348623157e+308", "9.007199254740992e+15"];
    for format in [Format::PrometheusText, Format::OpenMetrics] {
        let families = text(&exporter, format);
        let texts: Vec<_> = families[0].samples.iter().map(|sample| sample.value.as_str()).collect();
        assert_eq!(texts, expected);
    }
    let families = protobuf(&exporter, Escaping::Underscores);
    let bits: Vec<_> = families[0].nested("metric").iter().map(|metric| metric.only("gauge")).collect();
    let bits: Vec<_> = bits.iter().map(|gauge| gauge.double("value").unwrap().to_bits()).collect();
    let mut expected = values.map(f64::to_bits);
    expected[0] = 0x7ff8_0000_0000_0001;
    assert_eq!(bits, expected);
}

/// OM-37: the number in a label has the form that OpenMetrics calls canonical.
#[test]
fn px60_om51_t11_a_summary_in_every_format() {
    // Those that are none, out of order or there twice are left out.
    let quantiles =
        [(-0.5, 1.0), (0.0, 1.0), (0.5, -2.0), (0.2, 7.0), (0.9, f64::NAN), (0.9, 8.0), (1.0, 3.0), (1.5, 4.0)];
    let (exporter, _provider) = rendered(vec![family("s", MetricType::SUMMARY, vec![summary(&quantiles, 4.5)])]);
    assert_eq!(
        page(&exporter, Format::OpenMetrics),
        "# TYPE s summary\ns{quantile=\"0.0\"} 1\ns{quantile=\"0.9\"} NaN\ns{quantile=\"1.0\"} 3\n\
         s_sum 4.5\ns_count 3\n# EOF\n"
    );
    assert_eq!(
        page(&exporter, Format::PrometheusText),
        "# TYPE s summary\ns{quantile=\"0\"} 1\ns{quantile=\"0.5\"} -2\n\
         s{quantile=\"0.9\"} NaN\ns{quantile=\"1\"} 3\ns_sum 4.5\ns_count 3\n"
    );
    let families = protobuf(&exporter, Escaping::Underscores);
    assert_eq!(families[0].uint("type"), Some(2));
    let summary = families[0].only("metric").only("summary");
    assert_eq!((summary.uint("sample_count"), summary.double("sample_sum")), (Some(3), Some(4.5)));
    let in_protobuf: Vec<_> = summary.nested("quantile").iter().map(|q| q.double("quantile").unwrap()).collect();
    assert_eq!(in_protobuf, [0.0, 0.5, 0.9, 1.0]);
}

#[test]
fn om51_a_negative_sum_of_a_summary_is_left_out_of_openmetrics() {
    for sum in [-1.0, f64::NAN] {
        let (exporter, _provider) = rendered(vec![family("s", MetricType::SUMMARY, vec![summary(&[(0.5, 1.0)], sum)])]);
        assert_eq!(page(&exporter, Format::OpenMetrics), "# TYPE s summary\ns{quantile=\"0.5\"} 1\n# EOF\n");
        assert!(page(&exporter, Format::PrometheusText).contains("s_count 3\n"));
    }
}

#[test]
fn om13_om46_om54_t03_types_have_the_names_of_each_format() {
    let untyped = Metric::from_label(vec![label("a", "b")]);
    let families = vec![
        family("a", MetricType::COUNTER, vec![counter("k", 1.0)]),
        family("b", MetricType::UNTYPED, vec![untyped]),
        family("c_total", MetricType::COUNTER, vec![counter("k", 1.0)]),
        family("_total", MetricType::COUNTER, vec![counter("k", 1.0)]),
        family("d_total", MetricType::GAUGE, vec![gauge("k", 1.0)]),
    ];
    let (exporter, _provider) = rendered(families);
    for (format, expected) in [
        (
            Format::PrometheusText,
            [("_total", "counter"), ("a", "counter"), ("b", "untyped"), ("c_total", "counter"), ("d_total", "gauge")],
        ),
        (
            Format::OpenMetrics,
            [("_total", "unknown"), ("a", "unknown"), ("b", "unknown"), ("c", "counter"), ("d_total", "gauge")],
        ),
    ] {
        let families = text(&exporter, format);
        let kinds: Vec<_> = families.iter().map(|family| (family.name.as_str(), family.kind())).collect();
        assert_eq!(kinds, expected);
    }
    let kinds: Vec<_> = protobuf(&exporter, Escaping::Underscores).iter().map(|family| family.uint("type")).collect();
    assert_eq!(kinds, [0, 0, 3, 0, 1].map(Some));
}

/// Only what a collector insists on has a time: milliseconds in Prometheus' formats, seconds in OpenMetrics.
#[test]
fn px08_om39_t10_times_have_the_unit_of_the_format() {
    let point = |milliseconds| {
        let mut metric = gauge("k", 1.0);
        metric.set_timestamp_ms(milliseconds);
        metric
    };
    for (milliseconds, seconds) in [(1_604_676_851_123, "1604676851.123"), (1000, "1")] {
        let (exporter, _provider) = rendered(vec![family("g", MetricType::GAUGE, vec![point(milliseconds)])]);
        let line = format!("# TYPE g gauge\ng{{k=\"k\"}} 1 {milliseconds}\n");
        assert_eq!(page(&exporter, Format::PrometheusText), line);
        assert_eq!(page(&exporter, Format::OpenMetrics), format!("# TYPE g gauge\ng{{k=\"k\"}} 1 {seconds}\n# EOF\n"));
        let bytes = exporter.render(Format::Protobuf).unwrap();
        let families = crate::support::wire::families(&bytes);
        assert_eq!(families[0].only("metric").ints("timestamp_ms"), [milliseconds]);
    }
    // Prometheus reads no negative time in its text formats.
    for milliseconds in [-1, i64::MIN] {
        let (exporter, _provider) = rendered(vec![family("g", MetricType::GAUGE, vec![point(milliseconds)])]);
        assert_eq!(page(&exporter, Format::PrometheusText), "# TYPE g gauge\ng{k=\"k\"} 1\n");
    }
}

/// A collector that somebody wrote by hand may give anything, and one bad bucket would spoil the page.
#[test]
fn om06_om47_t11_buckets_in_any_order_become_a_histogram() {
    let infinite = f64::INFINITY;
    for (given, expected) in [
        (vec![(2.0, 5), (1.0, 3)], "s_bucket{le=\"1\"} 3\ns_bucket{le=\"2\"} 5\n"),
        (vec![(1.0, 5), (2.0, 3)], "s_bucket{le=\"1\"} 5\ns_bucket{le=\"2\"} 5\n"),
        (vec![(1.0, 3), (2.0, 90)], "s_bucket{le=\"1\"} 3\ns_bucket{le=\"2\"} 6\n"),
        (vec![(1.0, 3), (1.0, 3), (0.0, 1), (-0.0, 1)], "s_bucket{le=\"-0\"} 1\ns_bucket{le=\"1\"} 3\n"),
        (vec![(f64::NAN, 1), (-infinite, 2), (1.0, 3), (infinite, 4)], "s_bucket{le=\"1\"} 3\n"),
    ] {
        let (exporter, _provider) = rendered(vec![family("s", MetricType::HISTOGRAM, vec![buckets(&given, 6)])]);
        let page = page(&exporter, Format::PrometheusText);
        assert_eq!(page, format!("# TYPE s histogram\n{expected}s_bucket{{le=\"+Inf\"}} 6\ns_sum 1\ns_count 6\n"));
    }
}

/// OM-48: the sum and the count are there both or not at all.
#[test]
fn px63_om48_a_sum_that_is_not_a_number_is_left_out_of_openmetrics() {
    let mut bucket = Bucket::default();
    bucket.set_upper_bound(1.0);
    bucket.set_cumulative_count(2);
    let mut histogram = Histogram::default();
    histogram.set_bucket(vec![bucket]);
    histogram.set_sample_count(2);
    histogram.set_sample_sum(f64::NAN);
    let mut metric = Metric::default();
    metric.set_histogram(histogram);
    let (exporter, _provider) = rendered(vec![family("h", MetricType::HISTOGRAM, vec![metric])]);
    let expected = "# TYPE h histogram\nh_bucket{le=\"1.0\"} 2\nh_bucket{le=\"+Inf\"} 2\n# EOF\n";
    assert_eq!(page(&exporter, Format::OpenMetrics), expected);
}

/// Names that were meant for Prometheus are never translated, and need no quotes.
#[test]
fn px47_t15_names_of_registries_are_legal_everywhere() {
    let mut point = gauge("k", 1.0);
    point.set_label(vec![label("a.b", "1"), label("c:d", "2"), label("1e", "3"), label("ok__x", "4")]);
    let (exporter, _provider) = rendered(vec![family("odd.n\u{e4}me", MetricType::GAUGE, vec![point])]);
    let page = exporter.render(utf8(Format::OpenMetrics)).unwrap();
    let labels = "a_b=\"1\",c_d=\"2\",key_1e=\"3\",ok__x=\"4\"";
    assert_eq!(page, format!("# TYPE odd_n_me gauge\nodd_n_me{{{labels}}} 1\n# EOF\n"));
}
