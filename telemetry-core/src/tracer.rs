//! Where the spans of a layer come from.

use std::fmt;
use std::sync::Arc;

use opentelemetry::trace::{SpanBuilder, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope, global};

use crate::semconv::SCHEMA_URL;

/// The tracer provider of a layer. The default is the process's global one.
///
/// ```
/// use telemetry_core::opentelemetry_sdk::trace::SdkTracerProvider;
/// use telemetry_core::tracer::TracerSource;
///
/// let source = TracerSource::provider(SdkTracerProvider::builder().build());
/// # let _ = source;
/// ```
#[derive(Clone, Default)]
pub struct TracerSource(Option<Arc<dyn MakeTracer>>);

impl TracerSource {
    /// The process's global provider, asked when the layer's first request comes. Set it before that.
    #[must_use]
    pub fn global() -> Self {
        Self(None)
    }

    /// The provider given here.
    #[must_use]
    pub fn provider<P>(provider: P) -> Self
    where
        P: TracerProvider + Send + Sync + 'static,
        P::Tracer: Send + Sync + 'static,
        <P::Tracer as Tracer>::Span: Send + Sync + 'static,
    {
        Self(Some(Arc::new(provider)))
    }

    /// The tracer for a crate's spans. `name` and `version` are the instrumenting crate's; the schema URL is that of
    /// [`semconv`](crate::semconv).
    #[must_use]
    pub fn tracer(&self, name: &'static str, version: &'static str) -> ScopedTracer {
        let scope = InstrumentationScope::builder(name).with_version(version).with_schema_url(SCHEMA_URL).build();
        ScopedTracer(match &self.0 {
            Some(provider) => provider.make(scope),
            None => global::tracer_provider().make(scope),
        })
    }
}

impl fmt::Debug for TracerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "TracerSource(provider)" } else { "TracerSource(global)" })
    }
}

/// Starts the spans of one crate.
///
/// ```
/// use telemetry_core::opentelemetry::Context;
/// use telemetry_core::opentelemetry::trace::{SpanBuilder, TraceContextExt};
/// use telemetry_core::opentelemetry_sdk::trace::SdkTracerProvider;
/// use telemetry_core::tracer::TracerSource;
///
/// let tracer = TracerSource::provider(SdkTracerProvider::builder().build()).tracer("shop", "1.0.0");
/// let context = tracer.start(SpanBuilder::from_name("checkout"), &Context::new());
/// let _current = context.clone().attach();
/// context.span().end();
/// ```
#[derive(Clone)]
pub struct ScopedTracer(Arc<dyn StartSpan>);

impl ScopedTracer {
    /// Starts a span, and gives `parent` with it.
    #[must_use]
    #[inline]
    pub fn start(&self, span: SpanBuilder, parent: &Context) -> Context {
        self.0.start(span, parent)
    }
}

impl fmt::Debug for ScopedTracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopedTracer")
    }
}

trait MakeTracer: Send + Sync {
    fn make(&self, scope: InstrumentationScope) -> Arc<dyn StartSpan>;
}

impl<P> MakeTracer for P
where
    P: TracerProvider + Send + Sync,
    P::Tracer: Send + Sync + 'static,
    <P::Tracer as Tracer>::Span: Send + Sync + 'static,
{
    fn make(&self, scope: InstrumentationScope) -> Arc<dyn StartSpan> {
        Arc::new(self.tracer_with_scope(scope))
    }
}

/// A tracer whose spans keep their type until they are in a context: in a box of their own they would cost another
/// allocation each.
trait StartSpan: Send + Sync {
    fn start(&self, span: SpanBuilder, parent: &Context) -> Context;
}

impl<T> StartSpan for T
where
    T: Tracer + Send + Sync,
    T::Span: Send + Sync + 'static,
{
    fn start(&self, span: SpanBuilder, parent: &Context) -> Context {
        parent.with_span(self.build_with_context(span, parent))
    }
}
