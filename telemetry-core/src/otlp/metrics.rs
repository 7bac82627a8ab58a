//! Metrics, as the SDK's periodic reader collects them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use prost::Message;

use super::export::Exporter;
use super::stats::ExporterStats;
use super::worker::Handle;

/// Exports what a reader collected, on the worker's thread.
///
/// It never tells the reader of a failure, which would be a line in the log for each: that is counted, told of once,
/// and remembered in `lost` for whoever shuts down.
#[derive(Debug)]
pub(crate) struct MetricExporter {
    worker: Handle,
    exporter: Exporter,
    temporality: Temporality,
    lost: Arc<AtomicBool>,
}

impl MetricExporter {
    pub(super) fn new(worker: Handle, exporter: Exporter, temporality: Temporality) -> Self {
        Self { worker, exporter, temporality, lost: Arc::default() }
    }

    pub(super) fn stats(&self) -> Arc<ExporterStats> {
        Arc::clone(&self.exporter.stats)
    }

    /// Whether the last export failed.
    pub(super) fn lost(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.lost)
    }
}

impl PushMetricExporter for MetricExporter {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let points = data_points(metrics);
        let message = ExportMetricsServiceRequest::from(metrics).encode_to_vec();
        let mut exporter = self.exporter.clone();
        let exported = self.worker.run(async move { exporter.export(points, message).await }).await;
        self.lost.store(!matches!(exported, Some(Ok(()))), Ordering::Relaxed);
        Ok(())
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

fn data_points(metrics: &ResourceMetrics) -> usize {
    let metrics = metrics.scope_metrics().flat_map(ScopeMetrics::metrics);
    metrics
        .map(|metric| match metric.data() {
            AggregatedMetrics::F64(data) => points(data),
            AggregatedMetrics::I64(data) => points(data),
            AggregatedMetrics::U64(data) => points(data),
        })
        .sum()
}

fn points<T>(data: &MetricData<T>) -> usize {
    match data {
        MetricData::Gauge(gauge) => gauge.data_points().count(),
        MetricData::Sum(sum) => sum.data_points().count(),
        MetricData::Histogram(histogram) => histogram.data_points().count(),
        MetricData::ExponentialHistogram(histogram) => histogram.data_points().count(),
    }
}
