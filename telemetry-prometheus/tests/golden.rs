//! Whole scrapes against files. `UPDATE_GOLDEN=1 cargo test -p telemetry-prometheus` writes the files anew.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::path::Path;

use support::everything::everything;
use support::judge::{self, Dialect};
use support::{bare, pb, wire};
use telemetry_prometheus::{Escaping, Exposition, Format, PrometheusExporter, TranslationStrategy};

/// T-17: the files would not stay equal if anything depended on the order of hash maps.
fn assert_golden(name: &str, exporter: &PrometheusExporter, exposition: impl Into<Exposition>) {
    let exposition = exposition.into();
    let page = exporter.render(exposition).unwrap();
    assert_eq!(exporter.render(exposition).unwrap(), page, "two scrapes of the same data differ");
    let text = match exposition.format() {
        Format::Protobuf => {
            let families = wire::families(&page);
            pb::check(&families);
            wire::dump(&families)
        }
        format => {
            let is_open_metrics = format == Format::OpenMetrics;
            let dialect = if is_open_metrics { Dialect::OpenMetrics } else { Dialect::Prometheus };
            let text = String::from_utf8(page.into()).unwrap();
            judge::check(&text, dialect);
            without_start_times(&text)
        }
    };

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (number, (line, expected)) in (1..).zip(text.lines().zip(expected.lines())) {
        assert_eq!(line, expected, "{name}:{number}");
    }
    assert!(text == expected, "{name} has another length");
}

/// They differ from run to run.
fn without_start_times(text: &str) -> String {
    let lines = text.lines().map(|line| match line.rsplit_once(' ') {
        Some((series, _)) if series.split('{').next().is_some_and(|name| name.ends_with("_created")) => {
            format!("{series} 1700000000.5\n")
        }
        _ => format!("{line}\n"),
    });
    lines.collect()
}

fn utf8(format: Format) -> Exposition {
    Exposition::new(format).with_escaping(Escaping::AllowUtf8)
}

#[test]
fn text_with_the_defaults() {
    let (exporter, _provider) = everything(PrometheusExporter::builder());
    assert_golden("everything.txt", &exporter, Format::PrometheusText);
}

/// PX-36, PX-92, PX-93, PX-100, PX-102.
#[test]
fn text_with_the_options() {
    let builder = bare().with_namespace("acme.corp").with_resource_labels(|key| key.starts_with("service."));
    let (exporter, _provider) = everything(builder);
    assert_golden("options.txt", &exporter, Format::PrometheusText);
}

/// PX-43, PX-47, T-15.
#[test]
fn text_with_names_as_they_are() {
    let builder = PrometheusExporter::builder().with_translation_strategy(TranslationStrategy::NoTranslation);
    let (exporter, _provider) = everything(builder);
    assert_golden("utf8.txt", &exporter, utf8(Format::PrometheusTextV1));
}

/// OM-04, OM-12, OM-13, OM-20, OM-60.
#[test]
fn open_metrics_with_the_defaults() {
    let (exporter, _provider) = everything(PrometheusExporter::builder());
    assert_golden("openmetrics.txt", &exporter, Format::OpenMetrics);
}

/// OM-55, PX-126.
#[test]
fn open_metrics_with_start_times() {
    let (exporter, _provider) = everything(bare().with_created_lines());
    assert_golden("openmetrics_created.txt", &exporter, Format::OpenMetrics);
}

#[test]
fn open_metrics_with_utf8_in_names() {
    let builder = bare().with_translation_strategy(TranslationStrategy::NoUTF8EscapingWithSuffixes);
    let (exporter, _provider) = everything(builder);
    assert_golden("openmetrics_utf8.txt", &exporter, utf8(Format::OpenMetrics));
}

/// PX-48.
#[test]
fn escaped_names() {
    let builder = bare().with_translation_strategy(TranslationStrategy::NoUTF8EscapingWithSuffixes);
    let (exporter, _provider) = everything(builder);
    for escaping in [Escaping::Dots, Escaping::Values] {
        let exposition = Exposition::new(Format::OpenMetrics).with_escaping(escaping);
        assert_golden(&format!("openmetrics_{}.txt", escaping.as_str()), &exporter, exposition);
    }
}

#[test]
fn protobuf_with_the_defaults() {
    let (exporter, _provider) = everything(PrometheusExporter::builder());
    assert_golden("protobuf.txt", &exporter, Format::Protobuf);
}

/// PB-15.
#[test]
fn protobuf_with_classic_buckets_beside_native_ones() {
    let (exporter, _provider) = everything(bare().with_classic_beside_native());
    assert_golden("protobuf_classic.txt", &exporter, Format::Protobuf);
}
