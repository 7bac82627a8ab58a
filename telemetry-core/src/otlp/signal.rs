//! What is different about the signals on their way.

use crate::semconv::{Metric, otel_sdk};
use crate::signal::Signal;

impl Signal {
    /// What is appended to the endpoint that all signals share, over HTTP.
    pub(super) fn http_path(self) -> &'static str {
        match self {
            Self::Traces => "v1/traces",
            Self::Metrics => "v1/metrics",
            Self::Logs => "v1/logs",
        }
    }

    /// Where the service is, over gRPC.
    pub(super) fn grpc_path(self) -> &'static str {
        match self {
            Self::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Self::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
            Self::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        }
    }

    /// One of its items, as it stands in the types of components.
    pub(super) fn item(self) -> &'static str {
        match self {
            Self::Traces => "span",
            Self::Metrics => "metric",
            Self::Logs => "log",
        }
    }

    pub(super) fn exported(self) -> &'static Metric {
        match self {
            Self::Traces => &otel_sdk::EXPORTER_SPAN_EXPORTED,
            Self::Metrics => &otel_sdk::EXPORTER_METRIC_DATA_POINT_EXPORTED,
            Self::Logs => &otel_sdk::EXPORTER_LOG_EXPORTED,
        }
    }

    pub(super) fn inflight(self) -> &'static Metric {
        match self {
            Self::Traces => &otel_sdk::EXPORTER_SPAN_INFLIGHT,
            Self::Metrics => &otel_sdk::EXPORTER_METRIC_DATA_POINT_INFLIGHT,
            Self::Logs => &otel_sdk::EXPORTER_LOG_INFLIGHT,
        }
    }
}
