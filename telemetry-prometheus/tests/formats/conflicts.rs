//! Names and series that clash in one format and not in another.

use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::{Meter, MeterProvider};
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{Escaping, Exposition, Format, PrometheusExporter, TranslationStrategy};

use crate::support::{bare, logged, protobuf, provider, text};
use crate::{FORMATS, utf8};

fn gauge(meter: &Meter, name: &'static str, value: u64) {
    meter.u64_gauge(name).build().record(value, &[]);
}

/// The names of the families, and the warnings of three scrapes.
fn families(exporter: &PrometheusExporter, exposition: impl Into<Exposition>) -> (Vec<String>, Vec<String>) {
    let exposition = exposition.into();
    let mut names = Vec::new();
    let log = logged(|| {
        for _ in 0..3 {
            names = match exposition.format() {
                Format::Protobuf => protobuf(exporter, exposition.escaping())
                    .iter()
                    .map(|family| family.text("name").unwrap().to_owned())
                    .collect(),
                _ => text(exporter, exposition).into_iter().map(|family| family.name).collect(),
            };
        }
    });
    (names, log)
}

fn no_translation() -> (PrometheusExporter, SdkMeterProvider) {
    let exporter = bare().with_translation_strategy(TranslationStrategy::NoTranslation).build();
    let provider = provider(&exporter);
    (exporter, provider)
}

#[test]
fn px109_om11_om18_a_gauge_and_a_counter_of_one_stem_clash_in_openmetrics_alone() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    meter.u64_counter("foo").build().add(1, &[]);
    gauge(&meter, "foo_", 2);
    for format in FORMATS {
        let (names, log) = families(&exporter, format);
        if format == Format::OpenMetrics {
            assert_eq!((names, log.len()), (vec!["foo".to_owned()], 1));
            assert!(log[0].contains("as counter and as gauge"), "{log:?}");
        } else {
            assert_eq!((names, log.len()), (vec!["foo".to_owned(), "foo_total".to_owned()], 0));
        }
    }
}

/// With or without the lines, OpenMetrics reserves the name.
#[test]
fn px109_om18_what_is_called_created_clashes_in_openmetrics_alone() {
    for builder in [bare(), bare().with_created_lines()] {
        let exporter = builder.build();
        let provider = provider(&exporter);
        let meter = provider.meter("m");
        meter.u64_counter("foo").build().add(1, &[]);
        meter.u64_histogram("bar").build().record(1, &[]);
        gauge(&meter, "bar_created", 2);
        gauge(&meter, "foo_created", 2);
        for format in FORMATS {
            let (names, log) = families(&exporter, format);
            let expected = if format == Format::OpenMetrics { (2, 2) } else { (4, 0) };
            assert_eq!((names.len(), log.len()), expected, "{format:?} {names:?}");
        }
    }
}

/// What came first stays, also if it is what another's sample is called.
#[test]
fn px105_px109_om18_the_first_stays_in_every_format() {
    for (first, later) in [("foo_count", "foo"), ("foo", "foo_count")] {
        let exporter = bare().build();
        let provider = provider(&exporter);
        let meter = provider.meter("m");
        for name in [first, later] {
            if name == "foo" {
                meter.u64_histogram("foo").build().record(1, &[]);
            } else {
                gauge(&meter, name, 1);
            }
            for format in FORMATS {
                assert_eq!(families(&exporter, format).0, [first], "{format:?}");
            }
        }
    }
}

/// A counter named like a sample of a histogram clashes by its family's name in OpenMetrics.
#[test]
fn om18_a_counter_called_count_clashes_with_a_histogram() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    meter.u64_histogram("foo").build().record(1, &[]);
    meter.u64_counter("foo_count").build().add(1, &[]);
    for format in FORMATS {
        let expected: &[&str] = if format == Format::OpenMetrics { &["foo"] } else { &["foo", "foo_count_total"] };
        assert_eq!(families(&exporter, format).0, expected);
    }
}

#[test]
fn px49_names_that_only_escaping_makes_equal_clash_only_then() {
    let (exporter, provider) = no_translation();
    let meter = provider.meter("m");
    meter.u64_gauge("foo.bar").build().record(1, &[KeyValue::new("a", "x")]);
    meter.u64_gauge("foo_bar").build().record(2, &[KeyValue::new("a", "x")]);
    meter.u64_gauge("foo_bar").build().record(3, &[KeyValue::new("a", "y")]);
    for format in [Format::PrometheusTextV1, Format::OpenMetrics, Format::Protobuf] {
        let (names, log) = families(&exporter, utf8(format));
        assert_eq!((names.len(), log.len()), (2, 0), "{names:?}");
    }
    for format in FORMATS {
        let (names, _) = families(&exporter, format);
        assert_eq!(names, ["foo_bar"]);
    }
    let lines: Vec<_> =
        text(&exporter, Format::OpenMetrics)[0].samples.iter().map(|sample| sample.line.clone()).collect();
    assert_eq!(lines, ["foo_bar{a=\"x\"} 1", "foo_bar{a=\"y\"} 3"], "of equal series the first stays");
    for escaping in [Escaping::Dots, Escaping::Values] {
        let (names, log) = families(&exporter, Exposition::new(Format::OpenMetrics).with_escaping(escaping));
        assert_eq!((names.len(), log.len()), (2, 0), "{names:?}");
    }
}

#[test]
fn px49_px105_kinds_clash_after_escaping() {
    let (exporter, provider) = no_translation();
    let meter = provider.meter("m");
    meter.u64_histogram("foo.bar").build().record(1, &[]);
    gauge(&meter, "foo_bar", 2);
    gauge(&meter, "foo.bar.count", 3);
    gauge(&meter, "foo.bar_count", 4);
    for format in [Format::PrometheusTextV1, Format::OpenMetrics, Format::Protobuf] {
        let (names, log) = families(&exporter, utf8(format));
        assert_eq!(names, ["foo.bar", "foo.bar.count", "foo_bar"], "{log:?}");
        let (names, _) = families(&exporter, format);
        assert_eq!(names, ["foo_bar"]);
    }
}

/// PX-95: labels, too, can become equal by escaping.
#[test]
fn px49_px95_om25_labels_that_only_escaping_makes_equal_are_joined_only_then() {
    let (exporter, provider) = no_translation();
    let attributes = [KeyValue::new("a.b", "2"), KeyValue::new("a_b", "3"), KeyValue::new("a-b", "1")];
    provider.meter("m").u64_gauge("g").build().record(1, &attributes);
    let labels = |exposition: Exposition| text(&exporter, exposition)[0].samples[0].labels.clone();
    assert_eq!(labels(utf8(Format::OpenMetrics)).len(), 3);
    assert_eq!(labels(Format::OpenMetrics.into()), [("a_b".to_owned(), "1;2;3".to_owned())]);
    let families = protobuf(&exporter, Escaping::Underscores);
    assert_eq!(families[0].only("metric").labels(), [("a_b", "1;2;3")]);
}

#[test]
fn px93_px107_t07_om29_equal_series_of_two_scopes_are_one_in_every_format() {
    for format in FORMATS {
        let exporter = bare().build();
        let provider = provider(&exporter);
        for (scope, value) in [("b", 2), ("a", 1)] {
            gauge(&provider.meter(scope), "g", value);
            provider.meter(scope).u64_histogram("h").build().record(value, &[]);
        }
        let (names, log) = families(&exporter, format);
        assert_eq!((names.len(), log.len()), (2, 2), "{format:?} {log:?}");
        if format != Format::Protobuf {
            assert_eq!(text(&exporter, format)[0].samples[0].value, "1");
        } else {
            let families = protobuf(&exporter, Escaping::Underscores);
            assert_eq!(families[0].only("metric").only("gauge").double("value"), Some(1.0));
        }
    }
}

#[test]
fn px104_px106_om11_one_help_and_unit_in_every_format() {
    let exporter = PrometheusExporter::builder().without_target_info().build();
    let provider = provider(&exporter);
    for (scope, unit, help) in [("a", "s", "First."), ("b", "s", "Second."), ("c", "seconds", "")] {
        let meter = provider.meter(scope);
        meter.f64_gauge("g").with_unit(unit).with_description(help).build().record(1.0, &[]);
    }
    for format in FORMATS {
        let (names, _) = families(&exporter, format);
        assert_eq!(names, ["g_seconds"]);
    }
    let families = text(&exporter, Format::OpenMetrics);
    assert_eq!((families[0].help().as_deref(), families[0].samples.len()), (Some("First."), 3));
    let families = protobuf(&exporter, Escaping::Underscores);
    assert_eq!((families[0].text("help"), families[0].nested("metric").len()), (Some("First."), 3));
}

#[test]
fn px110_case_is_significant_in_every_format() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    gauge(&provider.meter("a"), "Foo", 1);
    gauge(&provider.meter("b"), "foo", 2);
    for format in FORMATS {
        assert_eq!(families(&exporter, format).0, ["Foo", "foo"]);
    }
}
