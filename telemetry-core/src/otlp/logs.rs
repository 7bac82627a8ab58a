//! Records of the log.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::logs::tonic::group_logs_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::logs::{LogBatch, LogProcessor, SdkLogRecord};
use prost::Message;

use super::batch::{BatchLimits, Batches, batches};
use super::export::Exporter;
use super::limits::Limits;
use super::stats::{LOGS, ProcessorStats};
use super::worker::Worker;
use crate::ScopedMeter;

type Record = (SdkLogRecord, InstrumentationScope);

/// Takes records to an exporter.
#[derive(Debug)]
pub(crate) struct LogBatches {
    batches: Batches<Record>,
    resource: Arc<OnceLock<ResourceAttributesWithSchema>>,
    timeout: Duration,
}

impl LogBatches {
    pub(super) fn start(
        worker: &Worker,
        exporter: Exporter,
        batch_limits: BatchLimits,
        limits: Limits,
        meter: &ScopedMeter,
    ) -> Self {
        let resource: Arc<OnceLock<ResourceAttributesWithSchema>> = Arc::default();
        let known = Arc::clone(&resource);
        let encode = move |records: Vec<Record>| {
            let resource = known.get_or_init(ResourceAttributesWithSchema::default);
            let records: Vec<_> = records.iter().map(|(record, scope)| (record, scope)).collect();
            let mut resource_logs = group_logs_by_resource_and_scope(&LogBatch::new(&records), resource);
            let scopes = resource_logs.iter_mut().flat_map(|resource| &mut resource.scope_logs);
            for record in scopes.flat_map(|scope| &mut scope.log_records) {
                record.dropped_attributes_count += limits.apply(&mut record.attributes);
            }
            ExportLogsServiceRequest { resource_logs }.encode_to_vec()
        };
        let timeout = exporter.timeout;
        exporter.stats.observe(meter);
        let (batches, drain) = batches(batch_limits, ProcessorStats::new(&LOGS), exporter, encode);
        batches.stats.observe(&batches.queue, meter);
        worker.spawn(drain.run());
        Self { batches, resource, timeout }
    }
}

impl LogProcessor for LogBatches {
    fn emit(&self, record: &mut SdkLogRecord, scope: &InstrumentationScope) {
        self.batches.push((record.clone(), scope.clone()));
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.flush(self.timeout)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        let _ = self.resource.set(resource.into());
    }
}
