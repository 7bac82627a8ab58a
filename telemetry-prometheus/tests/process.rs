//! The metrics of the process.
#![cfg(all(feature = "process", target_os = "linux"))]
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::Request;
use http_body_util::BodyExt;
use prometheus::process_collector::ProcessCollector;
use support::{bare, check, logged, provider, render};
use telemetry_core::Telemetry;
use telemetry_prometheus::{
    Format, PrometheusExporter, PrometheusExporterBuilder, PrometheusMetricsHandler, TelemetryBuilderExt,
};
use tower::Service;

const FAMILIES: [&str; 7] = [
    "process_cpu_seconds counter",
    "process_max_fds gauge",
    "process_open_fds gauge",
    "process_resident_memory_bytes gauge",
    "process_start_time_seconds gauge",
    "process_threads gauge",
    "process_virtual_memory_bytes gauge",
];

/// How often each family is on the page.
fn counts(page: &str) -> [usize; 7] {
    FAMILIES.map(|family| {
        // Text has the suffix of a counter in the name of its family.
        let text = family.replace(" counter", "_total counter");
        let types = [format!("# TYPE {family}"), format!("# TYPE {text}")];
        page.lines().filter(|line| types.iter().any(|of| of == line)).count()
    })
}

fn telemetry(exporter: &PrometheusExporter) -> Telemetry {
    Telemetry::builder().without_global().with_prometheus(exporter.clone()).build().unwrap()
}

#[test]
fn one_call_adds_the_usual_families() {
    let exporter = bare().with_process_metrics().build();
    let _provider = provider(&exporter);
    let page = exporter.render(Format::OpenMetrics).unwrap();
    let page = str::from_utf8(&page).unwrap();
    assert_eq!(counts(page), [1; 7], "{page}");
    let memory = page.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes ")).unwrap();
    assert!(memory.parse::<f64>().unwrap() > 100_000.0, "{memory} bytes");
}

#[test]
fn the_setup_adds_them_unasked_and_an_exporter_alone_does_not() {
    let alone = bare().build();
    let _provider = provider(&alone);
    assert_eq!(render(&alone), "");

    let exporter = bare().build();
    let log = logged(|| {
        let _telemetry = telemetry(&exporter);
        assert_eq!(counts(&render(&exporter)), [1; 7]);
    });
    assert_eq!(log, [""; 0]);
}

#[test]
fn they_can_be_switched_off_and_the_last_word_counts() {
    let shown = |configure: fn(PrometheusExporterBuilder) -> PrometheusExporterBuilder| {
        let exporter = configure(bare()).build();
        let _telemetry = telemetry(&exporter);
        counts(&render(&exporter))
    };
    assert_eq!(shown(PrometheusExporterBuilder::without_process_metrics), [0; 7]);
    assert_eq!(shown(|builder| builder.with_process_metrics().without_process_metrics()), [0; 7]);
    assert_eq!(shown(|builder| builder.without_process_metrics().with_process_metrics()), [1; 7]);
}

#[test]
fn however_often_they_are_asked_for_they_are_there_once_and_nobody_is_warned() {
    let others = prometheus::Registry::new();
    others.register(Box::new(ProcessCollector::for_self())).unwrap();
    let exporter = bare().with_registry(others).with_process_metrics().with_process_metrics().build();
    let log = logged(|| {
        let _telemetry = telemetry(&exporter);
        assert_eq!(counts(&render(&exporter)), [1; 7]);
    });
    assert_eq!(log, [""; 0]);
}

/// It shows the process by itself, with the feature `process` of the `prometheus` crate.
#[test]
fn the_default_registry_on_the_same_page_does_not_double_them() {
    let exporter = bare().build();
    let _telemetry = telemetry(&exporter);
    let registry = prometheus::default_registry().clone();
    let mut handler = PrometheusMetricsHandler::new(exporter).with_registry(registry).with_self_metrics();
    let mut page = String::new();
    let log = logged(|| {
        // Outside of a runtime all is done at once, on this thread.
        let Ok(response) = now(handler.call(Request::new(())));
        let Ok(body) = now(response.into_body().collect());
        page = String::from_utf8(body.to_bytes().into()).unwrap();
    });
    check(&page);
    assert_eq!(counts(&page), [1; 7], "{page}");
    assert!(page.contains("promhttp_metric_handler_requests_in_flight 1"), "{page}");
    assert_eq!(log, [""; 0]);
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}
