//! The server of the metrics, as its clients see it.
#![cfg(feature = "server")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod addresses;
mod client;
mod end;
mod pages;

use std::sync::{Mutex, mpsc};

use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::Resource;
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{MetricsServer, PrometheusExporter};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const METRICS: &str = "# TYPE c_total counter\nc_total 1\n";

/// An exporter whose page is [`METRICS`].
fn exporter() -> (PrometheusExporter, SdkMeterProvider) {
    let exporter = PrometheusExporter::builder().without_scope_labels().without_target_info().build();
    let provider = SdkMeterProvider::builder()
        .with_resource(Resource::builder_empty().build())
        .with_reader(exporter.clone())
        .build();
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    (exporter, provider)
}

async fn served() -> (MetricsServer, SdkMeterProvider) {
    let (exporter, provider) = exporter();
    (exporter.serve("127.0.0.1:0").await.unwrap(), provider)
}

/// Makes scrapes of `provider` wait: each says that it has begun, and goes on when it is told to, or at the end of the
/// test.
fn hold_scrapes(provider: &SdkMeterProvider) -> (UnboundedReceiver<()>, mpsc::Sender<()>) {
    let (entered, has_entered) = unbounded_channel();
    let (release, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let callback = move |_: &dyn telemetry_prometheus::opentelemetry::metrics::AsyncInstrument<u64>| {
        let _ = entered.send(());
        let _ = wait.lock().unwrap().recv();
    };
    provider.meter("m").u64_observable_gauge("g").with_callback(callback).build();
    (has_entered, release)
}
