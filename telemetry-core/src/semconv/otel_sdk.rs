//! What the pipelines of the SDK tell of themselves: the metrics `otel.sdk.*`, all in development.

use super::metric::{Instrument, Metric, REQUEST_SECONDS, Stability, Switch, sets};

/// What kind of component tells. Development.
pub const COMPONENT_TYPE: &str = "otel.component.type";
/// Which one of its kind: no two of a process share a name. Development.
pub const COMPONENT_NAME: &str = "otel.component.name";

/// Spans that wait to be exported. Development.
pub const PROCESSOR_SPAN_QUEUE_SIZE: Metric = Metric {
    name: "otel.sdk.processor.span.queue.size",
    instrument: Instrument::UpDownCounter,
    unit: "{span}",
    description: "The number of spans in the queue of a given instance of an SDK span processor.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::PROCESSOR,
    switch: Switch::Exporting,
};

/// Spans that may wait to be exported. Development.
pub const PROCESSOR_SPAN_QUEUE_CAPACITY: Metric = Metric {
    name: "otel.sdk.processor.span.queue.capacity",
    instrument: Instrument::UpDownCounter,
    unit: "{span}",
    description: "The maximum number of spans the queue of a given instance of an SDK span processor can hold.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::PROCESSOR,
    switch: Switch::Exporting,
};

/// Spans that were given to an exporter, or dropped. Development.
pub const PROCESSOR_SPAN_PROCESSED: Metric = Metric {
    name: "otel.sdk.processor.span.processed",
    instrument: Instrument::Counter,
    unit: "{span}",
    description: "The number of spans for which the processing has finished, either successful or failed.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::PROCESSED,
    switch: Switch::Exporting,
};

/// Log records that wait to be exported. Development.
pub const PROCESSOR_LOG_QUEUE_SIZE: Metric = Metric {
    name: "otel.sdk.processor.log.queue.size",
    instrument: Instrument::UpDownCounter,
    unit: "{log_record}",
    description: "The number of log records in the queue of a given instance of an SDK log processor.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::PROCESSOR,
    switch: Switch::Exporting,
};

/// Log records that may wait to be exported. Development.
pub const PROCESSOR_LOG_QUEUE_CAPACITY: Metric = Metric {
    name: "otel.sdk.processor.log.queue.capacity",
    instrument: Instrument::UpDownCounter,
    unit: "{log_record}",
    description: "The maximum number of log records the queue of a given instance of an SDK Log Record processor can hold.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::PROCESSOR,
    switch: Switch::Exporting,
};

/// Log records that were given to an exporter, or dropped. Development.
pub const PROCESSOR_LOG_PROCESSED: Metric = Metric {
    name: "otel.sdk.processor.log.processed",
    instrument: Instrument::Counter,
    unit: "{log_record}",
    description: "The number of log records for which the processing has finished, either successful or failed.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::PROCESSED,
    switch: Switch::Exporting,
};

/// Spans that were exported, or lost. Development.
pub const EXPORTER_SPAN_EXPORTED: Metric = Metric {
    name: "otel.sdk.exporter.span.exported",
    instrument: Instrument::Counter,
    unit: "{span}",
    description: "The number of spans for which the export has finished, either successful or failed.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::EXPORTED,
    switch: Switch::Exporting,
};

/// Spans that are being exported. Development.
pub const EXPORTER_SPAN_INFLIGHT: Metric = Metric {
    name: "otel.sdk.exporter.span.inflight",
    instrument: Instrument::UpDownCounter,
    unit: "{span}",
    description: "The number of spans which were passed to the exporter, but that have not been exported yet (neither successful, nor failed).",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::EXPORTER,
    switch: Switch::Exporting,
};

/// Log records that were exported, or lost. Development.
pub const EXPORTER_LOG_EXPORTED: Metric = Metric {
    name: "otel.sdk.exporter.log.exported",
    instrument: Instrument::Counter,
    unit: "{log_record}",
    description: "The number of log records for which the export has finished, either successful or failed.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::EXPORTED,
    switch: Switch::Exporting,
};

/// Log records that are being exported. Development.
pub const EXPORTER_LOG_INFLIGHT: Metric = Metric {
    name: "otel.sdk.exporter.log.inflight",
    instrument: Instrument::UpDownCounter,
    unit: "{log_record}",
    description: "The number of log records which were passed to the exporter, but that have not been exported yet (neither successful, nor failed).",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::EXPORTER,
    switch: Switch::Exporting,
};

/// Data points that were exported, or lost. Development.
pub const EXPORTER_METRIC_DATA_POINT_EXPORTED: Metric = Metric {
    name: "otel.sdk.exporter.metric_data_point.exported",
    instrument: Instrument::Counter,
    unit: "{data_point}",
    description: "The number of metric data points for which the export has finished, either successful or failed.",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::EXPORTED,
    switch: Switch::Exporting,
};

/// Data points that are being exported. Development.
pub const EXPORTER_METRIC_DATA_POINT_INFLIGHT: Metric = Metric {
    name: "otel.sdk.exporter.metric_data_point.inflight",
    instrument: Instrument::UpDownCounter,
    unit: "{data_point}",
    description: "The number of metric data points which were passed to the exporter, but that have not been exported yet (neither successful, nor failed).",
    boundaries: &[],
    stability: Stability::Development,
    attributes: sets::EXPORTER,
    switch: Switch::Exporting,
};

/// What an export takes, with all its attempts. The convention gives no bounds. Development.
pub const EXPORTER_OPERATION_DURATION: Metric = Metric {
    name: "otel.sdk.exporter.operation.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    description: "The duration of exporting a batch of telemetry records.",
    boundaries: REQUEST_SECONDS,
    stability: Stability::Development,
    attributes: sets::EXPORTED,
    switch: Switch::Exporting,
};

#[cfg(test)]
mod tests {
    use opentelemetry_semantic_conventions as official;

    use super::*;

    #[test]
    fn co_40_names_are_the_conventions_own() {
        let names = [
            (PROCESSOR_SPAN_QUEUE_SIZE.name, official::metric::OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE),
            (PROCESSOR_SPAN_QUEUE_CAPACITY.name, official::metric::OTEL_SDK_PROCESSOR_SPAN_QUEUE_CAPACITY),
            (PROCESSOR_SPAN_PROCESSED.name, official::metric::OTEL_SDK_PROCESSOR_SPAN_PROCESSED),
            (PROCESSOR_LOG_QUEUE_SIZE.name, official::metric::OTEL_SDK_PROCESSOR_LOG_QUEUE_SIZE),
            (PROCESSOR_LOG_QUEUE_CAPACITY.name, official::metric::OTEL_SDK_PROCESSOR_LOG_QUEUE_CAPACITY),
            (PROCESSOR_LOG_PROCESSED.name, official::metric::OTEL_SDK_PROCESSOR_LOG_PROCESSED),
            (EXPORTER_SPAN_EXPORTED.name, official::metric::OTEL_SDK_EXPORTER_SPAN_EXPORTED),
            (EXPORTER_SPAN_INFLIGHT.name, official::metric::OTEL_SDK_EXPORTER_SPAN_INFLIGHT),
            (EXPORTER_LOG_EXPORTED.name, official::metric::OTEL_SDK_EXPORTER_LOG_EXPORTED),
            (EXPORTER_LOG_INFLIGHT.name, official::metric::OTEL_SDK_EXPORTER_LOG_INFLIGHT),
            (EXPORTER_METRIC_DATA_POINT_EXPORTED.name, official::metric::OTEL_SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED),
            (EXPORTER_METRIC_DATA_POINT_INFLIGHT.name, official::metric::OTEL_SDK_EXPORTER_METRIC_DATA_POINT_INFLIGHT),
            (EXPORTER_OPERATION_DURATION.name, official::metric::OTEL_SDK_EXPORTER_OPERATION_DURATION),
            (COMPONENT_TYPE, official::attribute::OTEL_COMPONENT_TYPE),
            (COMPONENT_NAME, official::attribute::OTEL_COMPONENT_NAME),
        ];
        for (ours, official) in names {
            assert_eq!(ours, official);
        }
    }
}
