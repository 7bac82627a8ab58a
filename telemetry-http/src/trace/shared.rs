use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime};

use http::Request;
use http::request::Parts;
use http_body::Body;
use telemetry_core::opentelemetry::trace::{Link, SpanBuilder, SpanKind, TraceContextExt};
use telemetry_core::opentelemetry::{Context, KeyValue, StringValue};
use telemetry_core::tracer::ScopedTracer;
use tower_service::Service;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::description::Description;
use super::name::Name;
use super::observer::Traced;
use super::options::{TraceOptions, Way};
use super::span::RequestSpan;
use super::{fields, more};
use crate::bytes::ByteCount;
use crate::future::ResponseFuture;
use crate::joint::{Joint, Kind};
use crate::lifecycle::Tracked;
use crate::method::KnownMethods;
use crate::request_body::RequestBody;
use crate::route::MissingRouteNotice;
use crate::side::Side;

/// What a trace layer and its services share.
#[derive(Debug)]
pub(crate) struct TraceShared {
    pub(super) options: TraceOptions,
    pub(super) missing_route: MissingRouteNotice,
    /// Whether there is more to find out of a response than its status.
    pub(super) looks_at_answer: bool,
    /// Made when it is first asked for, which is when the first request comes.
    ready: OnceLock<Ready>,
}

/// What is found out once.
#[derive(Debug)]
struct Ready {
    /// Absent for spans of `tracing`.
    tracer: Option<ScopedTracer>,
    methods: KnownMethods,
    method_names: Vec<StringValue>,
}

/// When a request began, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) instant: Instant,
    pub(super) time: SystemTime,
}

impl TraceShared {
    pub(super) fn new(side: Side, way: Way) -> Arc<Self> {
        Kind::Spans.exists();
        Self::from_options(TraceOptions::new(side, way))
    }

    fn from_options(options: TraceOptions) -> Arc<Self> {
        let looks_at_answer = options.looks_at_answer();
        Arc::new(Self {
            options,
            looks_at_answer,
            missing_route: MissingRouteNotice::default(),
            ready: OnceLock::new(),
        })
    }

    /// The same with other options.
    pub(super) fn with(&self, change: impl FnOnce(&mut TraceOptions)) -> Arc<Self> {
        let mut options = self.options.clone();
        change(&mut options);
        Self::from_options(options)
    }

    fn ready(&self) -> &Ready {
        self.ready.get_or_init(|| {
            let methods = self.options.common.known_methods();
            let tracer = match &self.options.way {
                Way::Api(source) => Some(source.tracer(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))),
                Way::Tracing => None,
            };
            Ready { tracer, method_names: methods.names().collect(), methods }
        })
    }

    /// Sends a request through `inner` in a span of its own.
    #[inline]
    pub(crate) fn call<S, B>(self: &Arc<Self>, inner: &mut S, request: Request<B>) -> ResponseFuture<S::Future, Traced>
    where
        S: Service<Request<RequestBody<B>>>,
        B: Body,
    {
        let (mut parts, body) = request.into_parts();
        let (mut tracked, bytes) = if self.options.common.filter.keeps(&parts) {
            self.start(&mut parts, &body)
        } else {
            (Tracked::default(), ByteCount::NONE)
        };
        let request = Request::from_parts(parts, RequestBody::new(body, bytes));
        ResponseFuture::new(tracked.step(|| inner.call(request)), tracked)
    }

    fn start<B: Body>(self: &Arc<Self>, parts: &mut Parts, body: &B) -> (Tracked<Traced>, ByteCount) {
        let joint = Joint::meet(self.options.common.side, Kind::Spans, &mut parts.extensions);
        let start = match &joint {
            Some(joint) => Start { instant: joint.start, time: joint.time },
            None => Start { instant: Instant::now(), time: SystemTime::now() },
        };
        let ready = self.ready();
        let started = match &ready.tracer {
            Some(tracer) => Some(self.start_on_api(ready, tracer, start, parts)),
            None => self.start_on_tracing(ready, parts),
        };
        let Some((span, name)) = started else {
            self.pass_on(&Context::current(), parts);
            return (Tracked::default(), ByteCount::NONE);
        };
        self.pass_on(span.context(), parts);
        if let (Some(joint), Some(identity)) = (&joint, span.identity()) {
            let _ = joint.span.set(identity);
        }
        Traced::start(self, (span, name), (start, joint), parts, body)
    }

    /// Tells the server which span the request belongs to.
    fn pass_on(&self, context: &Context, parts: &mut Parts) {
        if self.options.common.side == Side::Client && context.has_active_span() {
            self.options.propagator.inject(context, &mut parts.headers);
        }
    }

    fn name(&self, ready: &Ready, parts: &Parts) -> Name {
        let common = &self.options.common;
        let given = common.route.given(parts);
        let target = given.as_ref().map(StringValue::as_str).or_else(|| common.route.known(common.side, parts));
        let mut name = Name::of(ready.method_names[usize::from(ready.methods.index(&parts.method))].as_str(), target);
        if let Some(given) = self.options.name.0.as_ref().and_then(|name| name(parts)) {
            name.text = given.to_string().into();
            name.is_given = true;
        }
        name
    }

    /// The parent of a span, and the one that it is linked to.
    fn parent(&self, parts: &Parts) -> (Context, Option<Link>) {
        if self.options.common.side == Side::Client {
            return (Context::current(), None);
        }
        let remote = self.options.propagator.extract(&parts.headers);
        if !self.options.links {
            return (remote, None);
        }
        // What comes from outside is not believed, and neither is its baggage.
        let link = remote.span().span_context().clone();
        (Context::new(), link.is_valid().then(|| Link::with_context(link)))
    }

    fn start_on_api(&self, ready: &Ready, tracer: &ScopedTracer, start: Start, parts: &Parts) -> (RequestSpan, Name) {
        let name = self.name(ready, parts);
        let (parent, link) = self.parent(parts);
        let mut attributes = Description::new(&self.options, parts, &name).into_attributes();
        self.show_more(parts, |attribute| attributes.push(attribute));
        let mut span = SpanBuilder::from_name(name.text.clone())
            .with_kind(self.kind())
            .with_start_time(start.time)
            .with_attributes(attributes);
        span.links = link.map(|link| vec![link]);
        (RequestSpan::of_api(tracer.start(span, &parent)), name)
    }

    /// Absent if no subscriber wants the span.
    fn start_on_tracing(&self, ready: &Ready, parts: &Parts) -> Option<(RequestSpan, Name)> {
        let mut named = None;
        let span = fields::span(self.options.common.side, || {
            let name = self.name(ready, parts);
            let description = Description::new(&self.options, parts, &name);
            named = Some(name.clone());
            (name, description)
        });
        if span.is_disabled() {
            return None;
        }
        let (parent, link) = self.parent(parts);
        if self.options.common.side == Side::Server {
            // Without an OpenTelemetry layer there is nobody who wants to know.
            let _ = span.set_parent(parent.clone());
        }
        if let Some(link) = link {
            span.add_link(link.span_context);
        }
        self.show_more(parts, |attribute| span.set_attribute(attribute.key, attribute.value));
        let exported = Some(span.context()).filter(TraceContextExt::has_active_span);
        let name = named?;
        Some((RequestSpan::of_tracing(span, exported, parent), name))
    }

    fn show_more(&self, parts: &Parts, mut show: impl FnMut(KeyValue)) {
        if self.options.shows_more() {
            more::of_request(&self.options, parts, &mut show);
        }
        if !self.options.common.attributes.is_none() {
            more::of_caller(&self.options.common.attributes.attributes(&parts.extensions), &mut show);
        }
    }

    fn kind(&self) -> SpanKind {
        match self.options.common.side {
            Side::Server => SpanKind::Server,
            Side::Client => SpanKind::Client,
        }
    }
}
