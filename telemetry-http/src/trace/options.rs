use std::fmt;
use std::sync::Arc;

use http::header::HeaderName;
use http::request::Parts;
use telemetry_core::AttributesFactory;
use telemetry_core::opentelemetry::StringValue;
use telemetry_core::propagation::Propagator;
use telemetry_core::tracer::TracerSource;
use tracing::Level;
use tracing::level_filters::LevelFilter;

use super::header::ShownHeaders;
use super::redact::Redaction;
use crate::common::Common;
use crate::route::RouteSource;
use crate::side::Side;

/// All that the builders of both trace layers set.
#[derive(Clone, Debug)]
pub(crate) struct TraceOptions {
    pub(crate) common: Common,
    pub(super) way: Way,
    pub(super) propagator: Propagator,
    /// Whether a remote parent is linked to instead of being the parent.
    pub(super) links: bool,
    /// Whether a sampler sees the attributes also where the parent is not sampled.
    pub(super) sampler_attributes: bool,
    pub(super) name: SpanName,
    pub(super) redaction: Redaction,
    pub(super) request_headers: ShownHeaders,
    pub(super) response_headers: ShownHeaders,
    pub(super) trace_id_header: Option<HeaderName>,
    pub(super) network_details: bool,
    pub(super) scheme: bool,
    pub(super) user_agent: bool,
    pub(super) body_sizes: bool,
    pub(super) exceptions: bool,
}

/// How spans are made.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// On the OpenTelemetry API.
    Api(TracerSource),
    /// As spans of `tracing`.
    Tracing,
}

impl Way {
    /// Whether no subscriber at all wants spans of our level, as far as that is known beforehand.
    #[inline]
    pub(super) fn is_off(&self) -> bool {
        matches!(self, Self::Tracing) && LevelFilter::current() < Level::INFO
    }
}

impl TraceOptions {
    /// What the conventions have on by default.
    pub(crate) fn new(side: Side, way: Way) -> Self {
        Self {
            common: Common::new(side),
            way,
            propagator: Propagator::global(),
            links: false,
            sampler_attributes: false,
            name: SpanName::default(),
            redaction: Redaction::default(),
            request_headers: ShownHeaders::default(),
            response_headers: ShownHeaders::default(),
            trace_id_header: None,
            network_details: false,
            scheme: side == Side::Server,
            user_agent: side == Side::Server,
            body_sizes: false,
            exceptions: false,
        }
    }

    /// Whether there is more to find out of a response than its status.
    pub(super) fn looks_at_answer(&self) -> bool {
        self.common.side == Side::Client
            || self.response_headers.is_some()
            || self.trace_id_header.is_some()
            || self.common.response_attributes.0.is_some()
    }

    /// Whether functions of the caller's are asked before a span is there.
    pub(super) fn asks_caller(&self) -> bool {
        let is_function = matches!(self.common.route, RouteSource::Function(_));
        let is_scrubbed = self.redaction.scrub.is_some();
        is_function || is_scrubbed || self.name.0.is_some() || self.common.attributes.needs_extensions()
    }

    /// The same without those functions: what one of them would have hidden is not shown.
    pub(super) fn ask_nobody(&mut self) {
        self.common.route = RouteSource::Function(Arc::new(|_| None));
        self.common.attributes = AttributesFactory::default();
        self.name = SpanName::default();
        self.redaction.hide_what_is_scrubbed();
    }

    /// Whether there is more to show of a request than what all of them have.
    pub(super) fn shows_more(&self) -> bool {
        self.network_details || self.common.synthetic_type || self.request_headers.is_some()
    }
}

type Named = dyn Fn(&Parts) -> Option<StringValue> + Send + Sync;

/// The caller's idea of a span's name.
#[derive(Clone, Default)]
pub(super) struct SpanName(pub(super) Option<Arc<Named>>);

impl fmt::Debug for SpanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "function" } else { "conventions" })
    }
}
