//! Documents, metadata and lines: of OpenMetrics first of all, beside the other formats.

use http::HeaderValue;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::{Escaping, Exposition, Format, PrometheusExporter, TranslationStrategy};

use crate::support::{bare, counter, protobuf, provider, text};
use crate::{ESCAPINGS, FORMATS, utf8};

fn page(exporter: &PrometheusExporter, exposition: impl Into<Exposition>) -> String {
    String::from_utf8(exporter.render(exposition).unwrap().into()).unwrap()
}

/// PX-11, PX-12, PB-01, T-16.
#[test]
fn px11_px12_om04_t16_without_data_there_is_the_end_of_openmetrics_alone() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").u64_counter("c").with_description("Never used.").build();
    for format in FORMATS {
        let expected = if format == Format::OpenMetrics { "# EOF\n" } else { "" };
        assert_eq!(page(&exporter, format), expected);
    }
}

#[test]
fn om04_om05_a_page_ends_once_however_often_it_is_asked_for() {
    let exporter = PrometheusExporter::new();
    let provider = provider(&exporter);
    for value in 1..4 {
        counter(&provider, "c", value);
        let text = page(&exporter, Format::OpenMetrics);
        assert!(text.ends_with("\n# EOF\n") && text.matches("# EOF").count() == 1, "{text}");
    }
}

/// PX-09, PX-144: what is asked for beside these formats gets text.
#[test]
fn px09_no_remote_write_and_no_openmetrics_protobuf() {
    for accept in [
        "application/openmetrics-protobuf;version=1.0.0",
        "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        "application/vnd.google.protobuf;proto=io.prometheus.write.v2.Request;encoding=delimited",
    ] {
        let exposition = Exposition::negotiate([&HeaderValue::from_static(accept)]);
        assert_eq!(exposition, Exposition::new(Format::PrometheusText), "{accept}");
    }
    for format in FORMATS {
        let content_type = format.content_type();
        assert!(!content_type.contains("write") && !content_type.contains("openmetrics-protobuf"));
    }
}

/// The third column: OpenMetrics has no counter without `_total`.
#[test]
fn px44_px45_px46_om13_pb04_a_counter_in_bytes_with_every_strategy() {
    use TranslationStrategy::{
        NoTranslation, NoUTF8EscapingWithSuffixes, UnderscoreEscapingWithSuffixes, UnderscoreEscapingWithoutSuffixes,
    };
    for (strategy, underscores, as_is, has_suffixes) in [
        (UnderscoreEscapingWithSuffixes, "foo_bar_bytes_total", "foo_bar_bytes_total", true),
        (UnderscoreEscapingWithoutSuffixes, "foo_bar", "foo_bar", false),
        (NoUTF8EscapingWithSuffixes, "foo_bar_bytes_total", "foo.bar_bytes_total", true),
        (NoTranslation, "foo_bar", "foo.bar", false),
    ] {
        let exporter = bare().with_translation_strategy(strategy).with_created_lines().build();
        let provider = provider(&exporter);
        provider.meter("m").u64_counter("foo.bar").with_unit("By").build().add(1, &[KeyValue::new("a.b", "c")]);
        for (escaping, sample) in [(Escaping::Underscores, underscores), (Escaping::AllowUtf8, as_is)] {
            let unit = has_suffixes.then_some("bytes");
            for format in [Format::PrometheusTextV1, Format::OpenMetrics] {
                let families = text(&exporter, Exposition::new(format).with_escaping(escaping));
                let is_open_metrics = format == Format::OpenMetrics;
                let name = if is_open_metrics { sample.trim_end_matches("_total") } else { sample };
                assert_eq!((families.len(), families[0].name.as_str()), (1, name));
                assert_eq!(families[0].samples[0].name, sample);
                let kind = if is_open_metrics && !has_suffixes { "unknown" } else { "counter" };
                assert_eq!(families[0].kind(), kind);
                assert_eq!(families[0].metadata("UNIT"), unit.filter(|_| is_open_metrics));
                // Only a counter has a start time.
                assert_eq!(families[0].samples.len() == 2, is_open_metrics && has_suffixes);
                let label = if escaping == Escaping::AllowUtf8 && as_is.contains('.') { "a.b" } else { "a_b" };
                assert_eq!(families[0].samples[0].labels, [(label.to_owned(), "c".to_owned())]);
            }
            let families = protobuf(&exporter, escaping);
            assert_eq!((families[0].text("name"), families[0].text("unit")), (Some(sample), unit));
            assert_eq!(families[0].uint("type"), Some(0));
            assert!(families[0].only("metric").has("counter"));
        }
    }
}

/// PB-18: the same goes for protocol buffers.
#[test]
fn px34_px35_om15_pb18_a_unit_is_named_only_where_the_name_ends_in_it() {
    for (strategy, expected) in [
        (TranslationStrategy::UnderscoreEscapingWithSuffixes, [Some("seconds"), Some("seconds"), Some("ratio"), None]),
        (TranslationStrategy::UnderscoreEscapingWithoutSuffixes, [None, Some("seconds"), Some("ratio"), None]),
        (TranslationStrategy::NoTranslation, [None, Some("seconds"), Some("ratio"), None]),
    ] {
        let exporter = bare().with_translation_strategy(strategy).build();
        let provider = provider(&exporter);
        for (name, unit) in [("a", "s"), ("b_seconds", "s"), ("c_ratio", "ratio"), ("d", "1")] {
            provider.meter("m").f64_gauge(name).with_unit(unit).build().record(1.0, &[]);
        }
        let units: Vec<_> = text(&exporter, Format::OpenMetrics)
            .iter()
            .map(|family| family.metadata("UNIT").map(str::to_owned))
            .collect();
        assert_eq!(units, expected.map(|unit| unit.map(str::to_owned)), "{strategy}");
        let families = protobuf(&exporter, Escaping::Underscores);
        let units: Vec<_> = families.iter().map(|family| family.text("unit")).collect();
        assert_eq!(units, expected, "{strategy}");
        assert!(!page(&exporter, Format::PrometheusText).contains("UNIT"));
    }
    // A name that is nothing but its unit has none, nor has one that is run together with it.
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").f64_gauge("seconds").with_unit("s").build().record(1.0, &[]);
    assert_eq!(page(&exporter, Format::OpenMetrics), "# TYPE seconds gauge\nseconds 1\n# EOF\n");
}

/// OM-12, OM-27, T-02, T-14: the order of the comments, and the quotes in them.
#[test]
fn px24_om12_om27_t02_t14_comments_in_each_format() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let help = "a \"b\" \\ \n c\td\0\u{1f600}";
    meter.f64_gauge("g").with_unit("s").with_description(help).build().record(1.0, &[]);
    assert_eq!(
        page(&exporter, Format::PrometheusText),
        "# HELP g_seconds a \"b\" \\\\ \\n c\td\0\u{1f600}\n# TYPE g_seconds gauge\ng_seconds 1\n"
    );
    assert_eq!(
        page(&exporter, Format::OpenMetrics),
        "# TYPE g_seconds gauge\n# UNIT g_seconds seconds\n\
         # HELP g_seconds a \\\"b\\\" \\\\ \\n c\td\0\u{1f600}\ng_seconds 1\n# EOF\n"
    );
    assert_eq!(protobuf(&exporter, Escaping::Underscores)[0].text("help"), Some(help));
}

/// OM-02, OM-26, OM-28.
#[test]
fn om27_om28_t08_label_values_are_escaped_alike_and_an_empty_set_has_no_braces() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let gauge = provider.meter("m").u64_gauge("g").build();
    gauge.record(1, &[KeyValue::new("empty", "")]);
    gauge.record(2, &[KeyValue::new("k", "\"\\\n\r\t\0'\u{7f}\u{1f600}")]);
    let samples = "g 1\ng{k=\"\\\"\\\\\\n\r\t\0'\u{7f}\u{1f600}\"} 2\n";
    assert_eq!(page(&exporter, Format::PrometheusText), format!("# TYPE g gauge\n{samples}"));
    assert_eq!(page(&exporter, Format::OpenMetrics), format!("# TYPE g gauge\n{samples}# EOF\n"));
}

/// T-15: 0.0.4 has no quotes, whatever the names.
#[test]
fn px47_t15_names_that_need_quotes_have_them() {
    let exporter = bare().with_translation_strategy(TranslationStrategy::NoTranslation).build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    meter.u64_gauge("a.b").with_description("Help.").build().record(1, &[]);
    meter.u64_gauge("a.c").build().record(2, &[KeyValue::new("k\"\\\n", "v"), KeyValue::new("a:b", "w")]);
    meter.u64_gauge("plain").build().record(3, &[KeyValue::new("\u{e9}", "v"), KeyValue::new("le", "x")]);
    let expected = "# HELP \"a.b\" Help.\n# TYPE \"a.b\" gauge\n{\"a.b\"} 1\n\
                    # TYPE \"a.c\" gauge\n{\"a.c\",\"a:b\"=\"w\",\"k\\\"\\\\\\n\"=\"v\"} 2\n\
                    # TYPE plain gauge\nplain{le=\"x\",\"\u{e9}\"=\"v\"} 3\n";
    assert_eq!(page(&exporter, utf8(Format::PrometheusTextV1)), expected);
    let expected = "# HELP a_b Help.\n# TYPE a_b gauge\na_b 1\n\
                    # TYPE a_c gauge\na_c{a_b=\"w\",k___=\"v\"} 2\n\
                    # TYPE plain gauge\nplain{_=\"v\",le=\"x\"} 3\n";
    assert_eq!(page(&exporter, utf8(Format::PrometheusText)), expected);
    assert_eq!(page(&exporter, Format::PrometheusTextV1), expected);
}

/// PX-08, OM-40, PB-19: the SDK's points have the time of the scrape.
#[test]
fn px08_om40_t13_pb19_no_sample_has_a_timestamp() {
    let exporter = PrometheusExporter::builder().with_created_lines().build();
    let provider = provider(&exporter);
    counter(&provider, "c", 1);
    provider.meter("m").f64_histogram("h").build().record(1.0, &[]);
    for format in &FORMATS[..3] {
        let families = text(&exporter, *format);
        assert!(families.iter().flat_map(|family| &family.samples).all(|sample| sample.timestamp.is_none()));
    }
    // That no metric has `timestamp_ms` is among what is checked always.
    assert_eq!(protobuf(&exporter, Escaping::Underscores).len(), 2);
}

/// OM-70, T-17: what is unchanged is shown again, with the same bytes.
#[test]
fn om70_t17_px06_equal_data_gives_equal_bytes() {
    let exporter = PrometheusExporter::builder().with_created_lines().build();
    let provider = provider(&exporter);
    for name in ["z", "a", "m"] {
        counter(&provider, name, 1);
        provider.meter("n").u64_counter(name).build().add(2, &[KeyValue::new("x", name)]);
    }
    for format in FORMATS {
        for escaping in ESCAPINGS {
            let exposition = Exposition::new(format).with_escaping(escaping);
            let first = exporter.render(exposition).unwrap();
            assert!((0..3).all(|_| exporter.render(exposition).unwrap() == first), "{exposition:?}");
        }
    }
}
