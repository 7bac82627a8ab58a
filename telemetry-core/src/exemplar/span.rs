use opentelemetry::{SpanId, TraceId};

/// What an exemplar needs to know about the span in which a measurement was made.
///
/// ```
/// use telemetry_core::exemplar::SpanIdentity;
/// use telemetry_core::opentelemetry::{SpanId, TraceId};
///
/// let span = SpanIdentity::new(TraceId::from(0xdecaf), SpanId::from(0xbad), true);
/// assert!(span.is_sampled());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanIdentity {
    trace_id: TraceId,
    span_id: SpanId,
    is_sampled: bool,
}

impl SpanIdentity {
    /// A span by its ids; `is_sampled` says whether its trace is collected.
    #[must_use]
    pub const fn new(trace_id: TraceId, span_id: SpanId, is_sampled: bool) -> Self {
        Self { trace_id, span_id, is_sampled }
    }

    /// The span of the current OpenTelemetry context, unless there is none with valid ids.
    ///
    /// ```
    /// use telemetry_core::exemplar::SpanIdentity;
    ///
    /// assert_eq!(SpanIdentity::current(), None);
    /// ```
    #[cfg(feature = "trace")]
    #[must_use]
    pub fn current() -> Option<Self> {
        opentelemetry::Context::map_current(Self::of)
    }

    /// The span of this context, unless it has none with valid ids.
    #[cfg(feature = "trace")]
    pub(crate) fn of(context: &opentelemetry::Context) -> Option<Self> {
        use opentelemetry::trace::TraceContextExt;

        if !context.has_active_span() {
            return None;
        }
        let span = context.span();
        let span = span.span_context();
        span.is_valid().then(|| Self::new(span.trace_id(), span.span_id(), span.is_sampled()))
    }

    /// The trace that the span is a part of.
    #[must_use]
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The span itself.
    #[must_use]
    pub const fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// Whether its trace is collected.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.is_sampled
    }
}
