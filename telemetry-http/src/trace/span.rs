//! The span of a request on its way, whichever way it was made.

use std::borrow::Cow;
use std::time::SystemTime;

use telemetry_core::exemplar::SpanIdentity;
use telemetry_core::opentelemetry::trace::{SpanContext, Status, TraceContextExt};
use telemetry_core::opentelemetry::{Context, ContextGuard, KeyValue, StringValue, Value};

/// A span that has started. Its name, status and attributes can still change.
#[derive(Debug)]
pub(super) struct RequestSpan {
    /// Where children find their parent.
    context: Context,
    /// Absent for a span of the OpenTelemetry API.
    tracing: Option<Traced>,
    /// Whether somebody wants to know more of it.
    is_recording: bool,
}

/// A span of `tracing`.
#[derive(Debug)]
struct Traced {
    span: tracing::Span,
    /// Whether entering the span makes the context current, which is what an OpenTelemetry layer does.
    carries_context: bool,
}

/// While it is there the span is the current one, for both APIs.
#[derive(Debug)]
pub struct Entered<'a> {
    _span: Option<tracing::span::Entered<'a>>,
    _context: Option<ContextGuard>,
}

impl RequestSpan {
    /// A span of the OpenTelemetry API.
    pub(super) fn of_api(context: Context) -> Self {
        let is_recording = context.span().is_recording();
        Self { context, tracing: None, is_recording }
    }

    /// A span of `tracing`, which an OpenTelemetry layer exports under this context.
    pub(super) fn of_tracing(span: tracing::Span, context: Context) -> Self {
        Self { context, tracing: Some(Traced { span, carries_context: true }), is_recording: true }
    }

    /// A span of `tracing` that nobody exports. What comes in goes on to others.
    pub(super) fn of_tracing_alone(span: tracing::Span, parent: Context) -> Self {
        Self { context: parent, tracing: Some(Traced { span, carries_context: false }), is_recording: true }
    }

    #[inline]
    pub(super) fn enter(&self) -> Entered<'_> {
        let attach = |context: &Context| context.clone().attach();
        match &self.tracing {
            None => Entered { _span: None, _context: Some(attach(&self.context)) },
            Some(tracing) => Entered {
                _context: (!tracing.carries_context).then(|| attach(&self.context)),
                _span: Some(tracing.span.enter()),
            },
        }
    }

    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    #[inline]
    pub(super) fn is_recording(&self) -> bool {
        self.is_recording
    }

    /// Absent if nobody exports the span, which has no ids then.
    pub(super) fn identity(&self) -> Option<SpanIdentity> {
        let span = self.context.span();
        let span: &SpanContext = span.span_context();
        let identity = || SpanIdentity::new(span.trace_id(), span.span_id(), span.is_sampled());
        (self.is_exported() && span.is_valid()).then(identity)
    }

    /// Shows attributes to an exporter.
    pub(super) fn export(&self, attributes: impl IntoIterator<Item = KeyValue>) {
        if self.is_exported() {
            self.context.span().set_attributes(attributes);
        }
    }

    /// Shows an attribute that may be a field, which the span has to have declared then. What else there is to show to an
    /// exporter waits in `others`.
    #[inline]
    pub(super) fn record<V>(&self, name: &'static str, value: V, others: &mut Vec<KeyValue>)
    where
        V: tracing::Value + Into<Value>,
    {
        match &self.tracing {
            None => others.push(KeyValue::new(name, value)),
            Some(tracing) => {
                tracing.span.record(name, value);
            }
        }
    }

    /// The same for a text that may be shared.
    pub(super) fn record_text(&self, name: &'static str, text: &StringValue, others: &mut Vec<KeyValue>) {
        match &self.tracing {
            None => others.push(KeyValue::new(name, text.clone())),
            Some(tracing) => {
                tracing.span.record(name, text.as_str());
            }
        }
    }

    pub(super) fn rename(&self, name: Cow<'static, str>) {
        if self.is_exported() {
            self.context.span().update_name(name);
        }
    }

    pub(super) fn fail(&self, description: Option<String>) {
        if self.is_exported() {
            self.context.span().set_status(Status::error(description.unwrap_or_default()));
        }
    }

    pub(super) fn end(&self, time: SystemTime) {
        if self.is_exported() {
            self.context.span().end_with_timestamp(time);
        }
    }

    /// Whether the span of the context is this one.
    fn is_exported(&self) -> bool {
        self.tracing.as_ref().is_none_or(|tracing| tracing.carries_context)
    }
}
