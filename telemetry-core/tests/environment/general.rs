//! The switch of everything, the file of everything, and the levels of the log.

use std::collections::BTreeMap;

use crate::child::{self, Told};
use crate::exporters::count;
use crate::probe::{exported, work};
use crate::receiver::Receiver;
use crate::row::{Case, Outcome, Row, Seen, check_all};

pub(crate) fn rows() -> Vec<Row> {
    let all = |case: &Case| exported(case, None, count);
    vec![
        Row::new("OTEL_SDK_DISABLED", "1 export", all).value("TRUE", "0 exports").wrong(["1", "yes", "on"]),
        Row::new("OTEL_CONFIG_FILE", "1 export", all).wrong(["/etc/otel.yaml"]),
        Row::new("OTEL_LOG_LEVEL", levels("INFO", "WARN", "INFO"), shown_levels)
            .value("Debug", levels("INFO", "DEBUG", "DEBUG"))
            .wrong(["loud"]),
        Row::new("RUST_LOG", levels("INFO", "WARN", "INFO"), shown_levels)
            .value("error,shop=debug", levels("DEBUG", "WARN", "ERROR"))
            .wrong(["shop=loud"]),
    ]
}

fn levels(shop: &str, sdk: &str, core: &str) -> String {
    format!("shop {shop}, sdk {sdk}, core {core}")
}

fn shown_levels(case: &Case) -> Outcome {
    let told = child::run(case)?;
    Ok(Seen { effect: lowest_levels(&told), warnings: told.warnings() })
}

/// The lowest level that is shown of each of the child's targets.
fn lowest_levels(told: &Told) -> String {
    let order = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];
    let mut lowest = BTreeMap::new();
    for line in told.lines().iter().filter(|line| line["fields"]["message"] == "probe") {
        let level = order.iter().position(|level| line["level"] == *level).unwrap();
        let target = line["target"].as_str().unwrap().to_owned();
        lowest.entry(target).and_modify(|known: &mut usize| *known = level.max(*known)).or_insert(level);
    }
    let of = |target: &str| lowest.get(target).map_or("OFF", |level| order[*level]);
    levels(of("shop"), of("opentelemetry_sdk"), of("telemetry_core::otlp"))
}

#[test]
fn co_01_co_02_co_05_co_15_the_whole_of_it() {
    check_all(&rows());
}

#[test]
fn co_05_a_disabled_sdk_leaves_no_reader_and_no_processor_and_context_travels_on() {
    use telemetry_core::opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader};
    use telemetry_core::opentelemetry_sdk::trace::InMemorySpanExporter;

    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let builder = Case::of([("OTEL_SDK_DISABLED", "true")]).builder();
    let builder = builder.configure_metrics(|metrics| metrics.with_reader(reader));
    let builder = builder.configure_traces(|traces| traces.with_simple_exporter(InMemorySpanExporter::default()));
    let telemetry = builder.build().unwrap();
    work(&telemetry);
    assert!(telemetry.tracer_provider().is_none() && telemetry.logger_provider().is_none());
    telemetry.shutdown().unwrap();
    assert!(exporter.get_finished_metrics().unwrap().is_empty());

    let told = child::run(&Case::of([("OTEL_SDK_DISABLED", "true")])).unwrap();
    assert_eq!(told.said("fields"), Some("traceparent,tracestate,baggage"));
}

#[test]
fn co_15_each_level_of_the_sdks_own_log() {
    for (value, sdk, core) in [
        ("none", "OFF", "OFF"),
        ("off", "OFF", "OFF"),
        ("error", "ERROR", "ERROR"),
        ("warn", "WARN", "ERROR"),
        ("info", "INFO", "INFO"),
        ("trace", "DEBUG", "DEBUG"),
    ] {
        let told = child::run(&Case::of([("OTEL_LOG_LEVEL", value)])).unwrap();
        assert_eq!(lowest_levels(&told), levels("INFO", sdk, core), "{value}");
    }
}

#[test]
fn co_15_the_two_levels_of_the_log_do_not_get_in_each_others_way() {
    let case = Case::of([("OTEL_LOG_LEVEL", "debug"), ("RUST_LOG", "off")]);
    assert_eq!(lowest_levels(&child::run(&case).unwrap()), levels("OFF", "DEBUG", "DEBUG"));
    let case = Case::of([("OTEL_LOG_LEVEL", "debug"), ("RUST_LOG", "opentelemetry=error")]);
    assert_eq!(lowest_levels(&child::run(&case).unwrap()), levels("OFF", "ERROR", "DEBUG"));
}

#[test]
fn co_35_what_is_done_after_the_shutdown_does_no_harm_and_goes_nowhere() {
    let receiver = Receiver::start();
    let telemetry = Case::of([("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url())]).builder().build().unwrap();
    work(&telemetry);
    telemetry.shutdown().unwrap();
    let before = receiver.received().len();
    work(&telemetry);
    assert!(telemetry.flush().is_err());
    telemetry.shutdown().unwrap();
    assert_eq!((before, receiver.received().len()), (3, 3));
}
