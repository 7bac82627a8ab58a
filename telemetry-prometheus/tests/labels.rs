//! Labels: of attributes, scopes and the resource, and their order.

mod support;

use std::sync::atomic::{AtomicU64, Ordering};

use support::{bare, logged, provider, provider_with, render, render_with_log, resource};
use telemetry_prometheus::PrometheusExporter;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry::{InstrumentationScope, KeyValue};

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

/// The SDK gives what callbacks observe in another order each time.
#[test]
fn t07_px93_of_equal_series_of_a_callback_the_same_one_is_exported_each_time() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let observed = meter.u64_observable_gauge("g").with_callback(|observer| {
        let equal =
            [KeyValue::new("a.b", 1), KeyValue::new("a_b", 1), KeyValue::new("a.b", "1"), KeyValue::new("a-b", 1)];
        for (value, attribute) in (0..).zip(equal) {
            observer.observe(value, &[attribute, KeyValue::new("c", "d")]);
        }
    });
    observed.build();
    let first = render(&exporter);
    assert_eq!(first.lines().count(), 2, "{first}");
    for _ in 0..20 {
        assert_eq!(render(&exporter), first);
    }
}

/// The other way round, Prometheus would take the series that came later for a restart of the process.
#[test]
fn t07_px93_px105_an_equal_series_that_comes_later_does_not_take_over() {
    for (first, later) in [
        (KeyValue::new("status", "200"), KeyValue::new("status", 200)),
        (KeyValue::new("status", 200), KeyValue::new("status", "200")),
        (KeyValue::new("a.b", "x"), KeyValue::new("a_b", "x")),
        (KeyValue::new("a_b", "x"), KeyValue::new("a.b", "x")),
        (KeyValue::new("queue", ""), KeyValue::new("other", "")),
        (KeyValue::new("other", ""), KeyValue::new("queue", "")),
    ] {
        let exporter = bare().build();
        let provider = provider(&exporter);
        let counter = provider.meter("m").u64_counter("c").build();
        counter.add(1000, &[first]);
        let page = render(&exporter);
        assert!(page.ends_with(" 1000\n"), "{page}");
        counter.add(1, &[later]);
        assert_eq!(render(&exporter), page);
        // All families are made anew.
        provider.meter("m").u64_gauge("another").build().record(1, &[]);
        assert_eq!(render(&exporter), format!("# TYPE another gauge\nanother 1\n{page}"));
    }
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

/// The SDK's hash map decides whether the exporter sees such a key twice: one provider would prove little.
#[test]
fn px95_om25_a_key_that_was_recorded_twice_is_one_label_with_one_value() {
    for _ in 0..20 {
        let exporter = PrometheusExporter::builder().without_target_info().build();
        let provider = provider(&exporter);
        let attributes = [("k", "1"), ("otel_scope_name", "attribute"), ("k", "2")];
        let attributes = attributes.map(|(key, value)| KeyValue::new(key, value));
        provider.meter("scope").u64_gauge("g").build().record(1, &attributes);
        let labels = "k=\"1\",otel_scope_name=\"scope;attribute\"";
        assert_eq!(render(&exporter), format!("# TYPE g gauge\ng{{{labels}}} 1\n"));
    }
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

#[test]
fn px92_px102_without_scope_labels_only_those_are_gone() {
    let exporter = PrometheusExporter::builder().without_scope_labels().with_resource_labels(|_| true).build();
    let provider =
        provider_with(&exporter, |builder| builder.with_resource(resource([KeyValue::new("service.name", "s")])));
    let scope = InstrumentationScope::builder("scope").with_version("1").with_schema_url("https://x");
    let scope = scope.with_attributes([KeyValue::new("team", "t")]).build();
    provider.meter_with_scope(scope).u64_gauge("g").build().record(1, &[KeyValue::new("otel.scope.other", "kept")]);
    let text = render(&exporter);
    assert!(text.contains("\ng{otel_scope_other=\"kept\",service_name=\"s\"} 1\n"), "{text}");
    assert!(text.contains("\ntarget_info{service_name=\"s\"} 1\n"), "{text}");
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
