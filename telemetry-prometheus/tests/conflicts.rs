//! What Prometheus could not tell apart: names, types and labels that clash.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use support::{bare, provider, render, render_with_log};
use telemetry_prometheus::PrometheusExporter;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;

#[test]
fn px93_t07_without_scope_labels_the_first_of_two_equal_series_stays() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    for (scope, value) in [("b", 2), ("a", 1), ("c", 3)] {
        let counter = provider.meter(scope).u64_counter("same").build();
        counter.add(value, &[KeyValue::new("k", "v")]);
    }
    let (text, log) = render_with_log(&exporter);
    assert_eq!(text, "# TYPE same_total counter\nsame_total{k=\"v\"} 1\n");
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("two series with the same labels"));
}

/// The SDK keeps scopes in a hash map with an order of its own in each provider: one provider would prove little.
#[test]
fn px104_px105_of_two_types_the_first_stays_in_every_scrape() {
    for _ in 0..20 {
        let exporter = bare().build();
        let provider = provider(&exporter);
        // Scopes sort by name, whatever the order in which they were made.
        let later = provider.meter("b");
        later.u64_gauge("x_total").build().record(1, &[]);
        let first = provider.meter("a");
        first.u64_counter("x").build().add(2, &[]);

        let (text, log) = render_with_log(&exporter);
        assert_eq!(text, "# TYPE x_total counter\nx_total 2\n");
        assert_eq!(log.len(), 1, "{log:?}");
        assert!(log[0].contains("as counter and as gauge"), "{log:?}");
    }
}

/// The SDK exports an instrument from its first point on: what sorts first may well come last.
#[test]
fn px105_a_metric_that_comes_later_does_not_take_over_a_name() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("z").u64_gauge("x_total").build().record(5, &[]);
    let expected = "# TYPE x_total gauge\nx_total 5\n";
    assert_eq!(render(&exporter), expected);

    provider.meter("a").u64_counter("x").build().add(1, &[]);
    let (text, log) = render_with_log(&exporter);
    assert_eq!(text, expected);
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("only the gauge is exported"), "{log:?}");
}

#[test]
fn px105_a_name_is_free_again_when_its_metric_is_gone() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let is_there = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&is_there);
    let meter = provider.meter("z");
    let observed = meter.u64_observable_gauge("x_total").with_callback(move |observer| {
        if asked.load(Ordering::Relaxed) {
            observer.observe(5, &[]);
        }
    });
    observed.build();
    assert_eq!(render(&exporter), "# TYPE x_total gauge\nx_total 5\n");

    provider.meter("a").u64_counter("x").build().add(1, &[]);
    is_there.store(false, Ordering::Relaxed);
    let expected = "# TYPE x_total counter\nx_total 1\n";
    assert_eq!(render(&exporter), expected);
    is_there.store(true, Ordering::Relaxed);
    assert_eq!(render_with_log(&exporter).0, expected);
}

/// Prometheus would take the other scope's count for a restart of the process.
#[test]
fn px93_px105_a_series_that_comes_later_does_not_replace_an_equal_one() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("z").u64_counter("y").build().add(500, &[]);
    let expected = "# TYPE y_total counter\ny_total 500\n";
    assert_eq!(render(&exporter), expected);

    for scope in ["a", "m"] {
        provider.meter(scope).u64_counter("y").build().add(1, &[]);
        assert_eq!(render_with_log(&exporter).0, expected);
    }
}

/// Of each pair, the SDK gives the one that was made first, once it has a point.
#[test]
fn px105_instruments_of_one_scope_are_told_apart() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let kind = (meter.u64_counter("a_total").build(), meter.u64_gauge("a_total").build());
    let number = (meter.u64_counter("b").build(), meter.f64_counter("b").build());
    let name = (meter.u64_gauge("c.x").build(), meter.u64_gauge("c_x").build());
    let unit = (meter.u64_gauge("d").with_unit("s").build(), meter.u64_gauge("d").with_unit("seconds").build());

    kind.1.record(2, &[]);
    number.1.add(2.0, &[]);
    name.1.record(2, &[]);
    unit.1.record(2, &[]);
    let expected = render(&exporter);
    assert_eq!(expected.matches(" 2\n").count(), 4, "{expected}");

    kind.0.add(1, &[]);
    number.0.add(1, &[]);
    name.0.record(1, &[]);
    unit.0.record(1, &[]);
    assert_eq!(render_with_log(&exporter).0, expected);
}

#[test]
fn px106_px108_two_descriptions_or_units_keep_all_points_under_one_comment() {
    let exporter = PrometheusExporter::builder().without_target_info().build();
    let provider = provider(&exporter);
    let gauge = |scope: &'static str, name: &'static str, unit: &'static str, help: &'static str| {
        let meter = provider.meter(scope);
        let gauge = meter.u64_gauge(name).with_unit(unit).with_description(help).build();
        gauge.record(1, &[]);
    };
    gauge("a", "x", "s", "");
    gauge("b", "x", "s", "First.");
    gauge("c", "x_seconds", "", "Second.");
    gauge("c", "y", "", "");

    let (text, log) = render_with_log(&exporter);
    assert_eq!(
        text,
        "# HELP x_seconds First.\n\
         # TYPE x_seconds gauge\n\
         x_seconds{otel_scope_name=\"a\"} 1\n\
         x_seconds{otel_scope_name=\"b\"} 1\n\
         x_seconds{otel_scope_name=\"c\"} 1\n\
         # TYPE y gauge\n\
         y{otel_scope_name=\"c\"} 1\n"
    );
    assert_eq!(log.len(), 2, "{log:?}");
    assert!(log[0].contains("two descriptions"), "{log:?}");
    assert!(log[1].contains("two units"), "{log:?}");
}

#[test]
fn px109_a_counter_and_a_gauge_of_its_base_name_are_two_families() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").u64_counter("foo").build().add(1, &[]);
    provider.meter("m").u64_gauge("foo_").build().record(2, &[]);
    let (text, log) = render_with_log(&exporter);
    assert_eq!(text, "# TYPE foo gauge\nfoo 2\n# TYPE foo_total counter\nfoo_total 1\n");
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn px109_a_metric_named_like_a_sample_of_a_histogram_is_dropped() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let histogram = meter.u64_histogram("foo").with_boundaries(vec![]).build();
    histogram.record(1, &[]);
    for name in ["foo_count", "foo_sum", "foo_bucket", "foo_other"] {
        meter.u64_gauge(name).build().record(1, &[]);
    }

    let (text, log) = render_with_log(&exporter);
    assert_eq!(
        text,
        "# TYPE foo histogram\nfoo_bucket{le=\"+Inf\"} 1\nfoo_sum 1\nfoo_count 1\n\
         # TYPE foo_other gauge\nfoo_other 1\n"
    );
    assert_eq!(log.len(), 3, "{log:?}");
}

/// The other way round, the histogram would take a name that a query uses already.
#[test]
fn px105_px109_a_histogram_that_comes_later_takes_no_name_of_a_sample() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    meter.u64_gauge("foo_count").build().record(1, &[]);
    let expected = "# TYPE foo_count gauge\nfoo_count 1\n";
    assert_eq!(render(&exporter), expected);

    meter.u64_histogram("foo").build().record(1, &[]);
    let (text, log) = render_with_log(&exporter);
    assert_eq!(text, expected);
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("\"foo\" is not exported"), "{log:?}");
}
