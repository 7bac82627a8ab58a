//! `Telemetry` from the outside.
#![cfg(feature = "testing")]
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::process::Command;
use std::time::{Duration, Instant};

use telemetry_core::opentelemetry::metrics::{AsyncInstrument, MeterProvider};
use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};
use telemetry_core::opentelemetry::{KeyValue, global};
use telemetry_core::opentelemetry_sdk::Resource;
use telemetry_core::opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use telemetry_core::opentelemetry_sdk::metrics::data::ResourceMetrics;
use telemetry_core::opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use telemetry_core::opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, Temporality};
use telemetry_core::opentelemetry_sdk::trace::{InMemorySpanExporter, SpanData, SpanExporter};
use telemetry_core::{Telemetry, TelemetryBuilder};

fn with_exporter(builder: TelemetryBuilder, exporter: &InMemoryMetricExporter) -> TelemetryBuilder {
    let reader = PeriodicReader::builder(exporter.clone()).build();
    builder.without_global().configure_metrics(move |metrics| metrics.with_reader(reader))
}

/// Counts one visit, ends the telemetry and gives what was exported on the way out.
fn exported(builder: TelemetryBuilder) -> Vec<ResourceMetrics> {
    let exporter = InMemoryMetricExporter::default();
    let telemetry = with_exporter(builder, &exporter).build().unwrap();
    telemetry.meter_provider().meter("shop").u64_counter("visits").build().add(1, &[]);
    telemetry.shutdown().unwrap();
    exporter.get_finished_metrics().unwrap()
}

fn resource_attribute(builder: TelemetryBuilder, key: &'static str) -> Option<String> {
    exported(builder).first().and_then(|metrics| metrics.resource().get(&key.into())).map(|value| value.to_string())
}

#[test]
fn shutdown_flushes() {
    let collected = exported(Telemetry::builder());
    let metrics: Vec<_> = collected.iter().flat_map(ResourceMetrics::scope_metrics).collect();
    assert_eq!(metrics.len(), 1);
}

#[test]
fn dropping_the_guard_flushes_even_while_others_hold_the_provider() {
    let exporter = InMemoryMetricExporter::default();
    let telemetry = with_exporter(Telemetry::builder(), &exporter).build().unwrap();
    let provider = telemetry.meter_provider().clone();
    provider.meter("shop").u64_counter("visits").build().add(1, &[]);
    drop(telemetry);
    assert_eq!(exporter.get_finished_metrics().unwrap().len(), 1);
    provider.force_flush().unwrap_err();
}

#[test]
fn a_failed_shutdown_keeps_its_cause() {
    struct Failing;
    impl PushMetricExporter for Failing {
        async fn export(&self, _: &ResourceMetrics) -> OTelSdkResult {
            Ok(())
        }
        fn force_flush(&self) -> OTelSdkResult {
            Ok(())
        }
        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            Err(OTelSdkError::InternalFailure("disk on fire".into()))
        }
        fn temporality(&self) -> Temporality {
            Temporality::Cumulative
        }
    }
    let reader = PeriodicReader::builder(Failing).build();
    let telemetry =
        Telemetry::builder().without_global().configure_metrics(|metrics| metrics.with_reader(reader)).build().unwrap();
    let error = telemetry.shutdown().unwrap_err();
    // The SDK itself does not pass on the reader's own words.
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("Failed to shutdown"), "{error:?}");
}

#[test]
fn co_35_a_second_shutdown_is_harmless() {
    let telemetry = Telemetry::builder().without_global().build().unwrap();
    telemetry.shutdown().unwrap();
    telemetry.shutdown().unwrap();
    let late = telemetry.meter_provider().meter("late").u64_counter("late").build();
    late.add(1, &[]);
}

#[test]
fn co_07_code_wins_over_detected_attributes() {
    let builder = Telemetry::builder()
        .with_service_name("shop")
        .with_resource_attributes([KeyValue::new("deployment.environment.name", "test")]);
    assert_eq!(resource_attribute(builder, "deployment.environment.name").as_deref(), Some("test"));
    let builder = Telemetry::builder().with_service_name("shop");
    assert_eq!(resource_attribute(builder, "service.name").as_deref(), Some("shop"));
    let builder = Telemetry::builder().with_service_name("shop");
    assert_eq!(resource_attribute(builder, "telemetry.sdk.language").as_deref(), Some("rust"));
}

#[test]
fn an_empty_service_name_is_refused() {
    let error = Telemetry::builder().with_service_name(" ").build().unwrap_err();
    assert!(error.to_string().contains("with_service_name"), "{error}");
}

#[test]
fn the_global_provider_is_set_unless_told_otherwise() {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let telemetry = Telemetry::builder().configure_metrics(|metrics| metrics.with_reader(reader)).build().unwrap();
    let quiet = Telemetry::builder().without_global().build().unwrap();
    global::meter("shop").u64_counter("visits").build().add(1, &[]);
    telemetry.shutdown().unwrap();
    quiet.shutdown().unwrap();
    assert_eq!(exporter.get_finished_metrics().unwrap().len(), 1);
}

/// The environment belongs to the process, so each case runs this test binary once more with its own.
fn service_name_with_environment(variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "prints_the_service_name", "--ignored", "--nocapture"])
        .env_remove("OTEL_SERVICE_NAME")
        .env_remove("OTEL_RESOURCE_ATTRIBUTES")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = output.split_once("service.name=").expect("the child prints the name");
    rest.lines().next().unwrap().to_owned()
}

#[test]
#[ignore = "the other half of the tests on the environment, run by them"]
fn prints_the_service_name() {
    let name = resource_attribute(Telemetry::builder(), "service.name").unwrap();
    println!("service.name={name}");
}

#[test]
fn co_20_an_unnamed_service_is_called_after_its_executable() {
    let executable = std::env::current_exe().unwrap();
    let executable = executable.file_name().unwrap().to_string_lossy();
    assert_eq!(service_name_with_environment(&[]), format!("unknown_service:{executable}"));
    assert_eq!(service_name_with_environment(&[("OTEL_SERVICE_NAME", "")]), format!("unknown_service:{executable}"));
}

#[test]
fn co_06_the_environment_names_the_service() {
    assert_eq!(service_name_with_environment(&[("OTEL_SERVICE_NAME", "shop")]), "shop");
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=store");
    assert_eq!(service_name_with_environment(&[attributes]), "store");
    assert_eq!(service_name_with_environment(&[attributes, ("OTEL_SERVICE_NAME", "shop")]), "shop");
}

#[test]
fn spans_are_flushed_by_a_shutdown_and_made_only_if_they_were_asked_for() {
    let exporter = InMemorySpanExporter::default();
    let kept = KeptAfterShutdown(exporter.clone());
    let builder = Telemetry::builder().without_global().with_service_name("shop");
    let telemetry = builder.configure_traces(|traces| traces.with_batch_exporter(kept)).build().unwrap();
    let provider = telemetry.tracer_provider().expect("traces were asked for");
    provider.tracer("shop").in_span("checkout", |_| ());
    telemetry.shutdown().unwrap();
    telemetry.shutdown().unwrap();

    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans.iter().map(|span| &*span.name).collect::<Vec<_>>(), ["checkout"]);
    assert!(Telemetry::builder().without_global().build().unwrap().tracer_provider().is_none());
}

/// The one of the SDK forgets its spans when it is shut down.
#[derive(Debug)]
struct KeptAfterShutdown(InMemorySpanExporter);

impl SpanExporter for KeptAfterShutdown {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.export(batch).await
    }

    fn set_resource(&mut self, resource: &Resource) {
        assert_eq!(resource.get(&"service.name".into()), Some("shop".into()));
    }
}

/// The SDK alone would wait for five seconds, for each reader.
#[test]
fn a_callback_that_hangs_does_not_hold_a_shutdown_up_for_longer_than_it_may_take() {
    let exporter = InMemoryMetricExporter::default();
    let telemetry = with_exporter(Telemetry::builder(), &exporter).build().unwrap();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    let hang = move |_: &dyn AsyncInstrument<u64>| {
        let _ = released.lock().unwrap().recv();
    };
    telemetry.meter_provider().meter("shop").u64_observable_counter("open").with_callback(hang).build();
    let begin = Instant::now();
    let error = telemetry.shutdown_within(Duration::from_millis(50)).unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
    assert!(format!("{error:?}").contains("Timeout"), "{error:?}");
    drop(release);
}
