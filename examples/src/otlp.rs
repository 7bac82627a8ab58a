//! Spans that leave the process by OTLP, as far as the examples need it.

use std::env;

use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use telemetry_core::TelemetryBuilder;

/// Where a collector listens; without it the examples export no spans.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// An exporter to where `OTEL_EXPORTER_OTLP_ENDPOINT` says, by gRPC if `OTEL_EXPORTER_OTLP_PROTOCOL` is `grpc`, else by
/// HTTP. That by gRPC needs a runtime of tokio, which drives it.
///
/// # Errors
///
/// When a variable has a value that the exporter cannot use.
pub fn exporter() -> Result<SpanExporter, ExporterBuildError> {
    match env::var("OTEL_EXPORTER_OTLP_PROTOCOL").as_deref() {
        Ok("grpc") => SpanExporter::builder().with_tonic().build(),
        _ => SpanExporter::builder().with_http().build(),
    }
}

/// Exports the spans of a service, if somebody is there to take them.
///
/// # Errors
///
/// As [`exporter`].
pub fn with_spans(telemetry: TelemetryBuilder) -> Result<TelemetryBuilder, ExporterBuildError> {
    if env::var_os(ENDPOINT).is_none_or(|endpoint| endpoint.is_empty()) {
        return Ok(telemetry);
    }
    let exporter = exporter()?;
    Ok(telemetry.configure_traces(|traces| traces.with_batch_exporter(exporter)))
}
