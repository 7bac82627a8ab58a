//! Spans that have ended.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use prost::Message;

use super::batch::{BatchLimits, Batches, batches};
use super::export::Exporter;
use super::limits::Limits;
use super::stats::{ProcessorStats, SPANS};
use super::worker::Worker;
use crate::ScopedMeter;

/// Takes spans to an exporter.
#[derive(Debug)]
pub(crate) struct SpanBatches {
    batches: Batches<SpanData>,
    resource: Arc<OnceLock<ResourceAttributesWithSchema>>,
    timeout: Duration,
}

impl SpanBatches {
    pub(super) fn start(
        worker: &Worker,
        exporter: Exporter,
        batch_limits: BatchLimits,
        limits: Limits,
        meter: &ScopedMeter,
    ) -> Self {
        let resource: Arc<OnceLock<ResourceAttributesWithSchema>> = Arc::default();
        let known = Arc::clone(&resource);
        let encode = move |spans| {
            let resource = known.get_or_init(ResourceAttributesWithSchema::default);
            let mut resource_spans = group_spans_by_resource_and_scope(spans, resource);
            let spans = resource_spans
                .iter_mut()
                .flat_map(|resource| &mut resource.scope_spans)
                .flat_map(|scope| &mut scope.spans);
            for span in spans {
                limits.apply(&mut span.attributes);
                for event in &mut span.events {
                    limits.apply(&mut event.attributes);
                }
                for link in &mut span.links {
                    limits.apply(&mut link.attributes);
                }
            }
            ExportTraceServiceRequest { resource_spans }.encode_to_vec()
        };
        let timeout = exporter.timeout;
        exporter.stats.observe(meter);
        let (batches, drain) = batches(batch_limits, ProcessorStats::new(&SPANS), exporter, encode);
        batches.stats.observe(&batches.queue, meter);
        worker.spawn(drain.run());
        Self { batches, resource, timeout }
    }
}

impl SpanProcessor for SpanBatches {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.batches.push(span);
        }
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
