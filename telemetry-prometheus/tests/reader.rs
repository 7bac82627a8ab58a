//! The exporter as a reader of the SDK.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use support::{bare, logged, provider, provider_with, render};
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use telemetry_prometheus::opentelemetry_sdk::metrics::reader::MetricReader;
use telemetry_prometheus::opentelemetry_sdk::metrics::{
    InMemoryMetricExporterBuilder, InstrumentKind, PeriodicReader, SdkMeterProvider, Temporality,
};
use telemetry_prometheus::{Format, PrometheusExporter};

#[test]
fn px01_a_callback_runs_once_in_each_scrape() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    provider
        .meter("m")
        .u64_observable_gauge("calls")
        .with_callback(move |observer| observer.observe(counted.fetch_add(1, Ordering::Relaxed) + 1, &[]))
        .build();

    assert_eq!(calls.load(Ordering::Relaxed), 0);
    for call in 1..=3 {
        assert_eq!(render(&exporter), format!("# TYPE calls gauge\ncalls {call}\n"));
    }
}

#[test]
fn px02_everything_is_cumulative() {
    let exporter = bare().build();
    for kind in [
        InstrumentKind::Counter,
        InstrumentKind::UpDownCounter,
        InstrumentKind::Histogram,
        InstrumentKind::Gauge,
        InstrumentKind::ObservableCounter,
        InstrumentKind::ObservableUpDownCounter,
        InstrumentKind::ObservableGauge,
    ] {
        assert_eq!(exporter.temporality(kind), Temporality::Cumulative);
    }

    let provider = provider(&exporter);
    let counter = provider.meter("m").u64_counter("c").build();
    counter.add(2, &[]);
    assert_eq!(render(&exporter), render(&exporter));
    counter.add(2, &[]);
    assert!(render(&exporter).ends_with("c_total 4\n"));
}

#[test]
fn px04_a_scrape_before_the_provider_fails_cleanly() {
    let error = PrometheusExporter::new().render(Format::PrometheusText).unwrap_err();
    assert!(error.is_unavailable());
    assert!(error.to_string().contains("with_reader"));
}

#[test]
fn px04_a_second_provider_is_refused_and_its_end_does_not_matter() {
    let exporter = bare().build();
    let first = provider(&exporter);
    first.meter("m").u64_counter("first").build().add(1, &[]);

    let log = logged(|| {
        let second = provider(&exporter);
        second.meter("m").u64_counter("second").build().add(1, &[]);
        second.shutdown().unwrap();
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("one meter provider only"));
    assert_eq!(render(&exporter), "# TYPE first_total counter\nfirst_total 1\n");
}

#[test]
fn px05_a_delta_reader_beside_it_keeps_its_deltas() {
    let exporter = bare().build();
    let memory = InMemoryMetricExporterBuilder::new().with_temporality(Temporality::Delta).build();
    let periodic = PeriodicReader::builder(memory.clone()).build();
    let provider = provider_with(&exporter, |builder| builder.with_reader(periodic));
    let counter = provider.meter("m").u64_counter("c").build();

    for round in 1..=3 {
        counter.add(5, &[]);
        assert!(render(&exporter).ends_with(&format!("c_total {}\n", 5 * round)));
        provider.force_flush().unwrap();
    }
    let deltas: Vec<u64> = memory.get_finished_metrics().unwrap().iter().map(only_sum).collect();
    assert_eq!(deltas, [5, 5, 5]);
}

fn only_sum(metrics: &ResourceMetrics) -> u64 {
    let metric = metrics.scope_metrics().next().unwrap().metrics().next().unwrap();
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => sum.data_points().next().unwrap().value(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn px06_recorded_series_stay_and_observed_ones_vanish_when_unobserved() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    meter.u64_counter("recorded").build().add(1, &[]);
    let scrape = AtomicU64::new(0);
    meter
        .u64_observable_gauge("observed")
        .with_callback(move |observer| {
            if scrape.fetch_add(1, Ordering::Relaxed) == 0 {
                observer.observe(1, &[]);
            }
        })
        .build();

    let recorded = "# TYPE recorded_total counter\nrecorded_total 1\n";
    assert_eq!(render(&exporter), format!("# TYPE observed gauge\nobserved 1\n{recorded}"));
    assert_eq!(render(&exporter), recorded);
}

/// PX-08: no line and no message has a time of its own, other than that start.
#[test]
fn px07_px08_the_start_time_of_a_series_stays_and_its_points_have_none() {
    let exporter = bare().with_created_lines().build();
    let provider = provider(&exporter);
    let counter = provider.meter("m").u64_counter("c").build();
    counter.add(1, &[]);
    let page = || String::from_utf8(exporter.render(Format::OpenMetrics).unwrap().into()).unwrap();
    let created = |page: &str| {
        let lines: Vec<_> = page.lines().filter(|line| line.starts_with("c_created ")).collect();
        assert_eq!(lines.len(), 1, "{page}");
        lines[0].to_owned()
    };
    let first = page();
    counter.add(1, &[]);
    let second = page();
    assert_ne!(first, second);
    assert_eq!(created(&first), created(&second));

    for text in [second, render(&exporter)] {
        let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(samples.iter().all(|sample| sample.split(' ').count() == 2), "{samples:?}");
    }
}

#[test]
fn setup_in_one_call_makes_the_provider_a_source() {
    use telemetry_core::Telemetry;
    use telemetry_prometheus::TelemetryBuilderExt;

    let exporter = PrometheusExporter::builder().without_scope_labels().build();
    let telemetry = Telemetry::builder()
        .without_global()
        .with_service_name("shop")
        .with_prometheus(exporter.clone())
        .build()
        .unwrap();
    telemetry.meter_provider().meter("m").u64_counter("c").build().add(1, &[]);
    let text = render(&exporter);
    assert!(text.starts_with("# TYPE c_total counter\nc_total 1\n"));
    assert!(text.contains("service_name=\"shop\""));
}

#[test]
fn the_exporter_and_its_parts_can_be_shared_between_threads() {
    fn shareable<T: Send + Sync + 'static>() {}
    shareable::<PrometheusExporter>();
    shareable::<telemetry_prometheus::PrometheusExporterBuilder>();
    shareable::<telemetry_prometheus::PrometheusMetricsHandler>();
    shareable::<telemetry_prometheus::MetricsBody>();
    shareable::<telemetry_prometheus::Error>();
    shareable::<SdkMeterProvider>();
}
