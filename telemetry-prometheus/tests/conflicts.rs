//! What Prometheus could not tell apart: names, types and labels that clash.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use support::{bare, logged, provider, provider_with, render, resource};
use telemetry_prometheus::PrometheusExporter;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry::{InstrumentationScope, KeyValue};

/// Renders several times: the outcome must be the same and be logged once.
fn render_with_log(exporter: &PrometheusExporter) -> (String, Vec<String>) {
    let mut text = String::new();
    let log = logged(|| {
        text = render(exporter);
        for _ in 0..3 {
            assert_eq!(render(exporter), text);
        }
    });
    (text, log)
}

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

/// PX-95, T-07: sets of attributes that differ for OpenTelemetry alone.
#[test]
fn t07_attributes_that_become_equal_labels_give_one_series() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let gauge = provider.meter("m").u64_gauge("g").build();
    for attribute in [KeyValue::new("a.b", "1"), KeyValue::new("a-b", "1"), KeyValue::new("a_b", 1)] {
        gauge.record(7, &[attribute]);
    }
    let (text, log) = render_with_log(&exporter);
    assert_eq!(text, "# TYPE g gauge\ng{a_b=\"1\"} 7\n");
    assert_eq!(log.len(), 1, "{log:?}");
}

/// T-07: a label without a value is no label for Prometheus.
#[test]
fn t07_an_empty_label_does_not_make_another_series() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let gauge = provider.meter("m").u64_gauge("g").build();
    gauge.record(7, &[]);
    gauge.record(7, &[KeyValue::new("z", ""), KeyValue::new("a", "")]);
    gauge.record(7, &[KeyValue::new("a", "")]);
    gauge.record(8, &[KeyValue::new("b", "x"), KeyValue::new("a", "")]);
    gauge.record(8, &[KeyValue::new("b", "x")]);
    let (text, log) = render_with_log(&exporter);
    assert_eq!(text.lines().count(), 3, "{text}");
    assert_eq!(log.len(), 1, "{log:?}");
}

#[test]
fn px95_values_of_one_label_are_joined_in_the_order_of_their_keys() {
    let exporter =
        PrometheusExporter::builder().without_target_info().with_resource_labels(|key| key == "host.name").build();
    let provider =
        provider_with(&exporter, |builder| builder.with_resource(resource([KeyValue::new("host.name", "resource")])));
    let gauge = provider.meter("scope").u64_gauge("g").build();
    gauge.record(
        1,
        &[
            KeyValue::new("a.b", "2"),
            KeyValue::new("a-b", 1),
            KeyValue::new("otel.scope.name", "attribute"),
            KeyValue::new("host_name", "attribute"),
        ],
    );
    assert_eq!(
        render(&exporter),
        "# TYPE g gauge\n\
         g{a_b=\"1;2\",host_name=\"resource;attribute\",otel_scope_name=\"attribute;scope\"} 1\n"
    );
}

#[test]
fn px97_attributes_named_like_the_labels_of_a_histogram_are_renamed() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let attributes =
        [KeyValue::new("le", "mine"), KeyValue::new("quantile", "mine"), KeyValue::new("__name__", "mine")];
    let histogram = meter.u64_histogram("h").with_boundaries(vec![]).build();
    histogram.record(1, &attributes);
    meter.u64_gauge("g").build().record(1, &attributes);

    let (text, log) = render_with_log(&exporter);
    assert!(text.contains("g{exported_name=\"mine\",le=\"mine\",quantile=\"mine\"} 1\n"));
    let labels = "exported_le=\"mine\",exported_name=\"mine\",quantile=\"mine\"";
    assert!(text.contains(&format!("h_bucket{{{labels},le=\"+Inf\"}} 1\n")), "{text}");
    assert_eq!(log.len(), 3, "{log:?}");
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
    for name in ["foo_count", "foo_sum", "foo_bucket", "foo_other"] {
        meter.u64_gauge(name).build().record(1, &[]);
    }
    let histogram = meter.u64_histogram("foo").with_boundaries(vec![]).build();
    histogram.record(1, &[]);

    let (text, log) = render_with_log(&exporter);
    assert_eq!(
        text,
        "# TYPE foo histogram\nfoo_bucket{le=\"+Inf\"} 1\nfoo_sum 1\nfoo_count 1\n\
         # TYPE foo_other gauge\nfoo_other 1\n"
    );
    assert_eq!(log.len(), 3, "{log:?}");
}

#[test]
fn px100_the_resource_has_target_info_for_itself() {
    let exporter = PrometheusExporter::builder().without_scope_labels().build();
    let provider =
        provider_with(&exporter, |builder| builder.with_resource(resource([KeyValue::new("service.name", "s")])));
    provider.meter("m").u64_gauge("target_info").build().record(5, &[]);
    let (text, log) = render_with_log(&exporter);
    assert_eq!(
        text,
        "# HELP target_info Target metadata\n# TYPE target_info gauge\ntarget_info{service_name=\"s\"} 1\n"
    );
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("without_target_info"), "{log:?}");
}

/// PX-99, PX-100, PX-103: no resource, no `target_info`; nor are `job` and `instance` made up.
#[test]
fn px100_an_empty_resource_has_no_target_info() {
    let exporter = PrometheusExporter::new();
    let _provider = provider(&exporter);
    assert_eq!(render(&exporter), "");
}

#[test]
fn px90_px91_scope_attributes_are_labels_but_never_pass_for_the_scope_itself() {
    let exporter = PrometheusExporter::builder().without_target_info().build();
    let provider = provider(&exporter);
    let scope = InstrumentationScope::builder("real").with_version("");
    let keys = ["name", "version", "schema_url", "schema.url", "schema-url", "team.name"];
    let scope = scope.with_attributes(keys.map(|key| KeyValue::new(key, "fake"))).build();
    provider.meter_with_scope(scope).u64_gauge("g").build().record(1, &[]);
    assert_eq!(render(&exporter), "# TYPE g gauge\ng{otel_scope_name=\"real\",otel_scope_team_name=\"fake\"} 1\n");
}

/// OpenTelemetry has one value for a key: the one that was given last.
#[test]
fn px90_of_two_scope_attributes_with_one_key_the_last_counts() {
    let exporter = PrometheusExporter::builder().without_target_info().build();
    let provider = provider(&exporter);
    let attributes = ["first", "last"].map(|value| KeyValue::new("team", value));
    let scope = InstrumentationScope::builder("s").with_attributes(attributes).build();
    provider.meter_with_scope(scope).u64_gauge("g").build().record(1, &[]);
    assert_eq!(render(&exporter), "# TYPE g gauge\ng{otel_scope_name=\"s\",otel_scope_team=\"last\"} 1\n");
}

#[test]
fn px36_a_namespace_without_legal_characters_is_left_out_with_a_warning() {
    let log = logged(|| {
        let exporter = bare().with_namespace("--").build();
        let provider = provider(&exporter);
        provider.meter("m").u64_gauge("g").build().record(1, &[]);
        assert_eq!(render(&exporter), "# TYPE g gauge\ng 1\n");
    });
    assert_eq!(log.len(), 1, "{log:?}");
}

#[test]
fn px98_t17_series_are_sorted_by_their_labels_whatever_the_order_of_recording() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let gauge = provider.meter("m").u64_gauge("g").build();
    for (a, b) in [("2", "x"), ("1", "y"), ("10", "x"), ("1", "x")] {
        gauge.record(1, &[KeyValue::new("b", b), KeyValue::new("a", a)]);
    }
    assert_eq!(
        render(&exporter),
        "# TYPE g gauge\n\
         g{a=\"1\",b=\"x\"} 1\n\
         g{a=\"1\",b=\"y\"} 1\n\
         g{a=\"10\",b=\"x\"} 1\n\
         g{a=\"2\",b=\"x\"} 1\n"
    );
}

/// T-17: the order of the last scrape is reused only while it is right. The SDK gives what callbacks observe in another
/// order each time.
#[test]
fn t17_many_observed_series_are_sorted_in_every_scrape() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let observed = meter.u64_observable_gauge("g").with_callback(|observer| {
        for i in 0..100_u64 {
            observer.observe(i, &[KeyValue::new("i", format!("{i:03}"))]);
        }
    });
    observed.build();
    let recorded = meter.u64_counter("c").build();

    for round in 0..5_u64 {
        for i in 0..40 + round {
            recorded.add(1, &[KeyValue::new("i", format!("{:03}", 999 - i))]);
        }
        let text = render(&exporter);
        for (prefix, count) in [("g{", 100), ("c_total{", 40 + round)] {
            let lines: Vec<_> = text.lines().filter(|line| line.starts_with(prefix)).collect();
            assert_eq!(lines.len() as u64, count);
            assert!(lines.is_sorted(), "{lines:?}");
        }
    }
}

/// Of a family with equal series there is no order that would fit the next scrape.
#[test]
fn t07_equal_series_come_and_go_between_scrapes() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let recorded = provider.meter("a").u64_gauge("g").build();
    for i in 0..40 {
        recorded.record(i, &[KeyValue::new("k", format!("{i:03}"))]);
    }
    let scrape = AtomicU64::new(0);
    let meter = provider.meter("b");
    let observed = meter.u64_observable_gauge("g").with_callback(move |observer| {
        if scrape.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
            observer.observe(0, &[KeyValue::new("k", "000")]);
        }
        observer.observe(40, &[KeyValue::new("k", "040")]);
    });
    observed.build();

    for _ in 0..20 {
        let text = render(&exporter);
        let series: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(series.len(), 41, "{text}");
        assert!(series.is_sorted(), "{text}");
    }
}
