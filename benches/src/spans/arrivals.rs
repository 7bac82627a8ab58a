//! The end of every span's way: what arrives is counted and dropped, or kept and looked at.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanExporter, SpanProcessor};
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::trace::{SpanId, SpanKind, TraceId};

use super::request::{PARENT, TRACE};

/// The span that a server has to have for a request of these benches.
pub const SERVER_SPAN: Expected = Expected { name: "GET /users/{id}", kind: SpanKind::Server, has_parent: true };

/// What a system's spans are like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The name.
    pub name: &'static str,
    /// Whose side it shows.
    pub kind: SpanKind,
    /// Whether it continues the client's trace. It begins one of its own otherwise.
    pub has_parent: bool,
}

impl Expected {
    pub(super) fn check(&self, span: &SpanData) -> Result<()> {
        ensure!(span.name == self.name, "a span has the name {:?}", span.name);
        ensure!(span.span_kind == self.kind, "a span is of the kind {:?}", span.span_kind);
        let (trace, parent) = (span.span_context.trace_id(), span.parent_span_id);
        if self.has_parent {
            ensure!(trace == TraceId::from_bytes(TRACE), "a span is of the trace {trace}");
            ensure!(parent == SpanId::from_bytes(PARENT), "a span has the parent {parent}");
        } else {
            ensure!(parent == SpanId::INVALID, "a span has the parent {parent} in spite of all");
        }
        Ok(())
    }
}

/// The spans that have arrived. It is the processor or the exporter of the process's provider.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    shared: Arc<Shared>,
    provider: Option<SdkTracerProvider>,
}

#[derive(Debug, Default)]
struct Shared {
    count: AtomicU64,
    keeps: AtomicBool,
    kept: Mutex<Vec<SpanData>>,
}

impl Arrivals {
    pub(super) fn of(self, provider: SdkTracerProvider) -> Self {
        Self { provider: Some(provider), ..self }
    }

    /// Waits until all spans that have ended have arrived.
    ///
    /// # Errors
    ///
    /// When the provider cannot.
    pub fn flush(&self) -> Result<()> {
        let Some(provider) = &self.provider else { return Ok(()) };
        provider.force_flush().context("cannot flush")
    }

    /// How many have arrived so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.shared.count.load(Ordering::Relaxed)
    }

    /// The spans that arrive because of `work`.
    ///
    /// # Errors
    ///
    /// As [`flush`](Self::flush).
    pub fn during(&self, work: impl FnOnce()) -> Result<Vec<SpanData>> {
        self.flush()?;
        self.shared.keeps.store(true, Ordering::Relaxed);
        work();
        self.flush()?;
        self.shared.keeps.store(false, Ordering::Relaxed);
        Ok(std::mem::take(&mut *self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    #[inline]
    fn arrived(&self, span: SpanData) {
        // Spans arrive on one thread, the client's or the exporter's. Half of an atomic addition's time is saved so.
        self.shared.count.store(self.count() + 1, Ordering::Relaxed);
        if self.shared.keeps.load(Ordering::Relaxed) {
            self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner).push(span);
        }
    }
}

impl SpanProcessor for Arrivals {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.arrived(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl SpanExporter for Arrivals {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        batch.into_iter().for_each(|span| self.arrived(span));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use telemetry_core::opentelemetry::trace::{
        SpanBuilder, SpanContext, TraceContextExt, TraceFlags, Tracer, TracerProvider,
    };

    use super::*;

    fn span(name: &'static str, kind: SpanKind, parent: &Context) -> SpanData {
        let arrivals = Arrivals::default();
        let provider = SdkTracerProvider::builder().with_span_processor(arrivals.clone()).build();
        let builder = SpanBuilder::from_name(name).with_kind(kind);
        let mut spans = arrivals
            .of(provider.clone())
            .during(|| drop(provider.tracer("test").build_with_context(builder, parent)))
            .unwrap();
        assert_eq!(spans.len(), 1);
        spans.remove(0)
    }

    fn client(trace: [u8; 16], parent: [u8; 8]) -> Context {
        let (trace, parent) = (TraceId::from_bytes(trace), SpanId::from_bytes(parent));
        let context = SpanContext::new(trace, parent, TraceFlags::SAMPLED, true, Default::default());
        Context::new().with_remote_span_context(context)
    }

    #[test]
    fn a_span_that_is_not_what_it_should_be_is_found() {
        let check = |name, kind, parent: &Context| {
            SERVER_SPAN.check(&span(name, kind, parent)).map_err(|error| error.to_string())
        };
        let (name, parent) = (SERVER_SPAN.name, client(TRACE, PARENT));

        check(name, SpanKind::Server, &parent).unwrap();
        assert_eq!(check("GET", SpanKind::Server, &parent).unwrap_err(), "a span has the name \"GET\"");
        assert_eq!(check(name, SpanKind::Internal, &parent).unwrap_err(), "a span is of the kind Internal");
        let other_trace = check(name, SpanKind::Server, &client([1; 16], PARENT)).unwrap_err();
        assert_eq!(other_trace, format!("a span is of the trace {}", "01".repeat(16)));
        let other_parent = check(name, SpanKind::Server, &client(TRACE, [2; 8])).unwrap_err();
        assert_eq!(other_parent, format!("a span has the parent {}", "02".repeat(8)));
    }

    #[test]
    fn a_root_has_no_parent() {
        let root = Expected { has_parent: false, ..SERVER_SPAN };
        let named = |parent: &Context| root.check(&span(root.name, SpanKind::Server, parent));
        named(&Context::new()).unwrap();
        assert!(named(&client(TRACE, PARENT)).unwrap_err().to_string().ends_with("in spite of all"));
    }
}
