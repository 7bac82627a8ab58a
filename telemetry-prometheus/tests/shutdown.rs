//! The exporter at the end of its provider.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use prometheus::{IntCounter, Registry};
use support::{bare, logged, provider, render};
use telemetry_core::Telemetry;
use telemetry_prometheus::opentelemetry::metrics::{AsyncInstrument, MeterProvider};
use telemetry_prometheus::opentelemetry_sdk::error::OTelSdkError;
use telemetry_prometheus::opentelemetry_sdk::metrics::data::ResourceMetrics;
use telemetry_prometheus::opentelemetry_sdk::metrics::reader::MetricReader;
use telemetry_prometheus::{Format, PrometheusExporter, TelemetryBuilderExt};
use tokio::runtime::Handle;

const FORMATS: [Format; 4] = [Format::PrometheusText, Format::PrometheusTextV1, Format::OpenMetrics, Format::Protobuf];
const LONG: Duration = Duration::from_secs(30);

fn pages(exporter: &PrometheusExporter) -> [Vec<u8>; 4] {
    FORMATS.map(|format| exporter.render(format).unwrap().into())
}

#[test]
fn px04_after_the_shutdown_the_last_values_stay_in_every_format() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let counter = meter.u64_counter("c").build();
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let observe = move || counted.fetch_add(1, Ordering::SeqCst);
    meter.u64_observable_gauge("calls").with_callback(move |observer| observer.observe(observe() + 1, &[])).build();
    counter.add(1, &[]);
    assert_eq!(render(&exporter), "# TYPE c_total counter\nc_total 1\n# TYPE calls gauge\ncalls 1\n");
    // Nobody has scraped these.
    counter.add(2, &[]);
    provider.shutdown().unwrap();

    let expected = "# TYPE c_total counter\nc_total 3\n# TYPE calls gauge\ncalls 2\n";
    assert_eq!(render(&exporter), expected);
    let last = pages(&exporter);
    counter.add(4, &[]);
    assert_eq!(pages(&exporter), last);
    assert_eq!(last[2], b"# TYPE c counter\nc_total 3\n# TYPE calls gauge\ncalls 2\n# EOF\n");
    assert_eq!(calls.load(Ordering::SeqCst), 2, "once for the scrape and once for the shutdown");
}

#[test]
fn px04_the_sdk_gets_no_metrics_after_a_shutdown_and_a_second_one_changes_nothing() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    provider.shutdown().unwrap();
    let page = render(&exporter);
    assert!(matches!(exporter.collect(&mut ResourceMetrics::default()), Err(OTelSdkError::AlreadyShutdown)));
    assert!(provider.shutdown().is_err());
    assert!(matches!(exporter.shutdown(), Err(OTelSdkError::AlreadyShutdown)));
    assert_eq!(render(&exporter), page);
    drop(provider);
    assert_eq!(render(&exporter), page);
}

#[test]
fn px04_a_provider_that_was_dropped_leaves_its_last_values() {
    let exporter = bare().build();
    let first = provider(&exporter);
    first.meter("m").u64_counter("c").build().add(1, &[]);
    render(&exporter);
    let log = logged(|| {
        drop(first);
        assert_eq!(render(&exporter), "# TYPE c_total counter\nc_total 1\n");
    });
    assert_eq!(log, [""; 0]);
}

/// Most likely by mistake: the telemetry was bound to `_`.
#[test]
fn px04_an_end_before_the_first_scrape_is_told_once() {
    let exporter = bare().build();
    drop(provider(&exporter));
    let log = logged(|| {
        for _ in 0..3 {
            assert_eq!(render(&exporter), "");
        }
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("before the first scrape"), "{log:?}");
}

#[test]
fn px04_registries_stay_live_after_the_shutdown_and_gather_the_last_values() {
    let (inside, around) = (Registry::new(), Registry::new());
    let live = IntCounter::new("live_total", "Goes on.").unwrap();
    inside.register(Box::new(live.clone())).unwrap();
    let exporter = bare().with_registry(inside).build();
    around.register(Box::new(exporter.clone())).unwrap();
    let provider = provider(&exporter);
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    provider.shutdown().unwrap();
    live.inc_by(7);
    let live = "# HELP live_total Goes on.\n# TYPE live_total counter\nlive_total 7\n";
    assert_eq!(render(&exporter), format!("# TYPE c_total counter\nc_total 1\n{live}"));
    let gathered = around.gather();
    assert_eq!(gathered.len(), 1);
    assert_eq!(gathered[0].name(), "c_total");
}

#[test]
fn px04_a_callback_that_panics_at_the_end_leaves_an_error() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").u64_observable_gauge("g").with_callback(|_| panic!("out of order")).build();
    let failed = provider.shutdown().unwrap_err();
    assert!(failed.to_string().contains("panicked"), "{failed}");
    let error = exporter.render(Format::PrometheusText).unwrap_err();
    assert!(error.is_unavailable());
    assert!(error.to_string().contains("the collection at its end failed"), "{error}");
}

/// The shutdown ends with its time; the page appears when the callback comes back after all.
#[test]
fn px04_a_callback_that_hangs_holds_the_shutdown_up_for_its_time_only() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let callback = move |observer: &dyn AsyncInstrument<u64>| {
        let _ = released.lock().unwrap().recv();
        observer.observe(1, &[]);
    };
    provider.meter("m").u64_observable_gauge("g").with_callback(callback).build();

    let limit = Duration::from_millis(20);
    let outcome = exporter.shutdown_with_timeout(limit);
    assert!(matches!(outcome, Err(OTelSdkError::Timeout(told)) if told == limit), "{outcome:?}");
    assert!(exporter.render(Format::PrometheusText).unwrap_err().is_unavailable());
    assert!(matches!(exporter.shutdown_with_timeout(LONG), Err(OTelSdkError::AlreadyShutdown)));

    drop(release);
    let start = Instant::now();
    while exporter.render(Format::PrometheusText).is_err() {
        assert!(start.elapsed() < LONG);
        std::thread::yield_now();
    }
    assert_eq!(render(&exporter), "# TYPE g gauge\ng 1\n");
}

/// The SDK holds its lock: a last collection would wait for this thread, and this thread for it.
#[test]
fn px04_a_shutdown_inside_of_a_callback_does_not_wait() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let (inner, (sender, outcome)) = (exporter.clone(), channel());
    let callback = move |_: &dyn AsyncInstrument<u64>| {
        sender.send(inner.shutdown_with_timeout(LONG)).unwrap();
    };
    provider.meter("m").u64_observable_gauge("g").with_callback(callback).build();
    assert_eq!(render(&exporter), "");
    let outcome = outcome.recv().unwrap();
    assert!(matches!(outcome, Err(OTelSdkError::InternalFailure(_))), "{outcome:?}");
    assert!(exporter.render(Format::PrometheusText).unwrap_err().is_unavailable());
}

/// Its callbacks may ask for the runtime, as those of a scrape may.
#[tokio::test]
async fn px04_the_last_collection_of_an_async_shutdown_is_in_the_runtime() {
    let exporter = bare().build();
    let builder = Telemetry::builder().without_global().with_prometheus(exporter.clone());
    let telemetry = builder.build().unwrap();
    let observe = |observer: &dyn AsyncInstrument<u64>| observer.observe(Handle::try_current().is_ok().into(), &[]);
    telemetry.meter_provider().meter("m").u64_observable_gauge("g").with_callback(observe).build();
    telemetry.shutdown_async().await.unwrap();
    let page = render(&exporter);
    assert!(page.contains("# TYPE g gauge\ng 1\n"), "{page}");
}

#[test]
fn px04_an_exporter_that_the_variables_leave_out_has_an_empty_page() {
    for (variable, value) in [("OTEL_METRICS_EXPORTER", "none"), ("OTEL_SDK_DISABLED", "true")] {
        let exporter = bare().build();
        let builder = Telemetry::builder().without_global().with_environment([(variable, value)]);
        let telemetry = builder.with_prometheus(exporter.clone()).build().unwrap();
        let log = logged(|| {
            assert_eq!(render(&exporter), "", "{variable}");
            telemetry.shutdown().unwrap();
            assert_eq!(render(&exporter), "", "{variable}");
        });
        assert_eq!(log, [""; 0], "{variable}");
        // What is left out may still be given to a provider.
        let provider = provider(&exporter);
        provider.meter("m").u64_counter("c").build().add(1, &[]);
        assert_eq!(render(&exporter), "# TYPE c_total counter\nc_total 1\n", "{variable}");
    }
}
