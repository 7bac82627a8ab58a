use std::sync::Arc;
use std::time::SystemTime;

use opentelemetry::{KeyValue, SpanId, TraceId};

use super::{SpanIdentity, attributes};

/// One measurement with the span in which it was made.
///
/// ```
/// use std::time::SystemTime;
///
/// use telemetry_core::exemplar::Exemplar;
/// use telemetry_core::opentelemetry::{KeyValue, SpanId, TraceId};
///
/// let exemplar = Exemplar::new(0.7, SystemTime::now())
///     .with_span(TraceId::from(0xdecaf), SpanId::from(0xbad))
///     .with_filtered_attributes([KeyValue::new("basket", 42)]);
/// assert_eq!(exemplar.value(), 0.7);
/// assert_eq!(exemplar.trace_id().to_string(), "000000000000000000000000000decaf");
/// assert_eq!(exemplar.filtered_attributes(), [KeyValue::new("basket", 42)]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    value: f64,
    time: SystemTime,
    trace_id: TraceId,
    span_id: SpanId,
    /// Shared, so that a reader can copy the exemplar without copying them.
    filtered_attributes: Option<Arc<[KeyValue]>>,
}

impl Exemplar {
    /// A measurement that was made in no span.
    #[must_use]
    pub const fn new(value: f64, time: SystemTime) -> Self {
        Self { value, time, trace_id: TraceId::INVALID, span_id: SpanId::INVALID, filtered_attributes: None }
    }

    /// Says in which span it was made.
    #[must_use]
    pub const fn with_span(mut self, trace_id: TraceId, span_id: SpanId) -> Self {
        self.trace_id = trace_id;
        self.span_id = span_id;
        self
    }

    /// Sets the attributes that the measurement has but its series has not.
    ///
    /// Of equal keys the first one stays. No more are kept than OpenMetrics can carry: 128 Unicode code points over
    /// all keys and values. In the order of their keys, attributes are kept as long as they fit; the first that
    /// does not and all after it are left out.
    #[must_use]
    pub fn with_filtered_attributes(mut self, attributes: impl IntoIterator<Item = KeyValue>) -> Self {
        self.filtered_attributes = attributes::bounded(&Vec::from_iter(attributes));
        self
    }

    /// The same in one call, from what instrumentation offers.
    pub(super) fn offered(
        value: f64,
        time: SystemTime,
        span: Option<&SpanIdentity>,
        filtered_attributes: &[KeyValue],
    ) -> Self {
        let (trace_id, span_id) =
            span.map_or((TraceId::INVALID, SpanId::INVALID), |span| (span.trace_id(), span.span_id()));
        Self { value, time, trace_id, span_id, filtered_attributes: attributes::bounded(filtered_attributes) }
    }

    /// What was measured, in the unit of the metric.
    #[must_use]
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// When it was measured.
    #[must_use]
    pub const fn time(&self) -> SystemTime {
        self.time
    }

    /// The trace in which it was measured; [`TraceId::INVALID`] without a span.
    #[must_use]
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The span in which it was measured; [`SpanId::INVALID`] without one.
    #[must_use]
    pub const fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// The attributes that the measurement has but its series has not: in the order of their keys, each key once.
    #[must_use]
    pub fn filtered_attributes(&self) -> &[KeyValue] {
        self.filtered_attributes.as_deref().unwrap_or_default()
    }
}
