use std::ops::Deref;
use std::time::Duration;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry::{InstrumentationScope, Value};
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, Sampler, SdkTracerProvider, ShouldSample, SpanData, TracerProviderBuilder,
};

use super::find;

/// A tracer provider of its own that keeps every span that has ended in memory.
///
/// ```
/// use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};
/// use telemetry_core::testing::InMemorySpans;
///
/// let spans = InMemorySpans::new();
/// let tracer = spans.provider().tracer("shop");
/// tracer.in_span("checkout", |_| tracer.in_span("pay", |_| ()));
///
/// let checkout = spans.named("checkout");
/// assert!(checkout.is_root());
/// assert!(spans.named("pay").is_child_of(&checkout));
/// assert_eq!(spans.finished().len(), 2);
/// ```
#[derive(Debug)]
pub struct InMemorySpans {
    provider: SdkTracerProvider,
    exporter: InMemorySpanExporter,
}

impl InMemorySpans {
    /// Samples every trace whose parent, if it has any, was sampled.
    #[must_use]
    pub fn new() -> Self {
        Self::with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
    }

    /// Keeps the spans that a sampler lets through.
    ///
    /// ```
    /// use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};
    /// use telemetry_core::opentelemetry_sdk::trace::Sampler;
    /// use telemetry_core::testing::InMemorySpans;
    ///
    /// let spans = InMemorySpans::with_sampler(Sampler::AlwaysOff);
    /// spans.provider().tracer("shop").in_span("checkout", |_| ());
    /// assert!(spans.finished().is_empty());
    /// ```
    #[must_use]
    pub fn with_sampler(sampler: impl ShouldSample + 'static) -> Self {
        Self::configured(|provider| provider.with_sampler(sampler))
    }

    /// Changes whatever the SDK's own builder can: limits, ids, further processors.
    #[must_use]
    pub fn configured(configure: impl FnOnce(TracerProviderBuilder) -> TracerProviderBuilder) -> Self {
        let exporter = InMemorySpanExporter::default();
        let builder = SdkTracerProvider::builder().with_simple_exporter(exporter.clone());
        Self { provider: configure(builder).build(), exporter }
    }

    /// The provider, for [`TracerSource::provider`](crate::tracer::TracerSource::provider) and for whatever else takes one.
    #[must_use]
    pub fn provider(&self) -> SdkTracerProvider {
        self.provider.clone()
    }

    /// All spans that have ended, in the order of their ends.
    ///
    /// # Panics
    ///
    /// When the provider was shut down.
    #[must_use]
    #[track_caller]
    #[allow(clippy::expect_used)] // A test that cannot read its spans has to fail.
    pub fn finished(&self) -> Vec<FinishedSpan> {
        assert!(!self.exporter.is_shutdown_called(), "the tracer provider was shut down, and its spans are forgotten");
        let spans = self.exporter.get_finished_spans().expect("the exporter of this test has not panicked");
        spans.into_iter().map(FinishedSpan).collect()
    }

    /// The one span that has ended.
    ///
    /// # Panics
    ///
    /// When there is none, or more than one.
    #[must_use]
    #[track_caller]
    pub fn only(&self) -> FinishedSpan {
        find::one(self.finished(), "span", |_| true)
    }

    /// The one span of this name that has ended.
    ///
    /// # Panics
    ///
    /// When there is none, or more than one.
    #[must_use]
    #[track_caller]
    pub fn named(&self, name: &str) -> FinishedSpan {
        find::one(self.finished(), &format!("span named {name:?}"), |span| span.name == name)
    }

    /// Forgets the spans that have ended.
    pub fn clear(&self) {
        self.exporter.reset();
    }
}

impl Default for InMemorySpans {
    fn default() -> Self {
        Self::new()
    }
}

/// A span that has ended, as an exporter got it. It dereferences to the SDK's [`SpanData`].
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedSpan(SpanData);

impl FinishedSpan {
    /// The trace that it is a part of.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.0.span_context.trace_id()
    }

    /// Its own id.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.0.span_context.span_id()
    }

    /// Whether it has no parent.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.parent_span_id == SpanId::INVALID
    }

    /// Whether its parent is `parent`, in the same trace.
    #[must_use]
    pub fn is_child_of(&self, parent: &Self) -> bool {
        self.trace_id() == parent.trace_id() && self.0.parent_span_id == parent.span_id()
    }

    /// The value of an attribute.
    ///
    /// # Panics
    ///
    /// When the span has it more than once.
    #[must_use]
    #[track_caller]
    pub fn attribute(&self, name: &str) -> Option<&Value> {
        find::attribute(self.0.attributes.iter().map(|attribute| (&attribute.key, &attribute.value)), name)
    }

    /// The attributes as `name=value`, by name.
    #[must_use]
    pub fn attributes(&self) -> Vec<String> {
        find::attributes(self.0.attributes.iter().map(|attribute| (&attribute.key, attribute.value.to_string())))
    }

    /// From its start to its end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.0.end_time.duration_since(self.0.start_time).unwrap_or_default()
    }

    /// What made it.
    #[must_use]
    pub fn scope(&self) -> &InstrumentationScope {
        &self.0.instrumentation_scope
    }
}

impl Deref for FinishedSpan {
    type Target = SpanData;

    fn deref(&self) -> &SpanData {
        &self.0
    }
}
