use std::cell::{LazyCell, OnceCell};
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

use super::description::{ClientRequest, ServerRequest, ServerRest};
use super::name::Name;
use super::observer::Traced;
use super::options::{TraceOptions, Way};
use super::span::RequestSpan;
use super::{fields, more};
use crate::bytes::ByteCount;
use crate::future::ResponseFuture;
use crate::head::lines::Lines;
use crate::joint::Kind;
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
    /// Whether functions of the caller's are asked before a span is there.
    pub(super) asks_caller: bool,
    /// Made when it is first asked for, which is when the first request comes.
    ready: OnceLock<Ready>,
}

/// What is found out once.
#[derive(Debug)]
pub(super) struct Ready {
    /// Absent for spans of `tracing`.
    pub(super) tracer: Option<ScopedTracer>,
    methods: KnownMethods,
    method_names: Vec<StringValue>,
}

/// When a request began, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) instant: Instant,
    pub(super) time: SystemTime,
}

/// A span that has started.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) span: RequestSpan,
    pub(super) name: Name,
    /// What only an exporter is to see, and need not before the end.
    pub(super) rest: Option<ServerRest>,
}

impl TraceShared {
    pub(super) fn new(side: Side, way: Way) -> Arc<Self> {
        Kind::Spans.exists();
        Self::from_options(TraceOptions::new(side, way))
    }

    fn from_options(options: TraceOptions) -> Arc<Self> {
        Arc::new(Self {
            looks_at_answer: options.looks_at_answer(),
            asks_caller: options.asks_caller(),
            options,
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

    pub(super) fn ready(&self) -> &Ready {
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

    /// A request without a span of its own.
    pub(super) fn skip(&self, parts: &mut Parts) -> (Tracked<Traced>, ByteCount) {
        if self.options.common.side == Side::Client {
            self.pass_on(&Context::current(), parts);
        }
        (Tracked::default(), ByteCount::NONE)
    }

    /// Tells the server which span the request belongs to.
    pub(super) fn pass_on(&self, context: &Context, parts: &mut Parts) {
        if self.options.common.side == Side::Client && context.has_active_span() {
            self.options.propagator.inject(context, &mut parts.headers);
        }
    }

    fn name(&self, ready: &Ready, parts: &Parts) -> Name {
        let common = &self.options.common;
        let given = common.route.given(parts);
        let target = given.as_ref().map(StringValue::as_str).or_else(|| common.route.known(common.side, parts));
        let name = Name::of(ready.method_names[usize::from(ready.methods.index(&parts.method))].as_str(), target);
        match self.options.name.0.as_ref().and_then(|name| name(parts)) {
            Some(given) => name.with_text(given.to_string()),
            None => name,
        }
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

    pub(super) fn start_on_api(&self, ready: &Ready, tracer: &ScopedTracer, start: Start, parts: &Parts) -> Started {
        let name = self.name(ready, parts);
        let (parent, link) = self.parent(parts);
        let mut span = SpanBuilder::from_name(name.text()).with_kind(self.kind()).with_start_time(start.time);
        span.links = link.map(|link| vec![link]);
        let waits = !self.options.sampler_attributes && is_unsampled(&parent);
        if !waits {
            span.attributes = Some(self.attributes(parts, &name));
        }
        let span = RequestSpan::of_api(tracer.start(span, &parent));
        if waits && span.is_recording() {
            span.context().span().set_attributes(self.attributes(parts, &name));
        }
        Started { span, name, rest: None }
    }

    fn attributes(&self, parts: &Parts, name: &Name) -> Vec<KeyValue> {
        let lines = Lines::of(&parts.headers);
        let mut attributes = match self.options.common.side {
            Side::Server => {
                let mut attributes = ServerRequest::new(&self.options, parts, &lines, name).into_attributes();
                ServerRest::new(&self.options, parts, &lines).visit(true, |attribute| attributes.push(attribute));
                attributes
            }
            Side::Client => ClientRequest::new(&self.options, parts, &lines, name).into_attributes(),
        };
        self.show_more(parts, |attribute| attributes.push(attribute));
        attributes
    }

    /// Absent if no subscriber wants the span.
    pub(super) fn start_on_tracing(&self, ready: &Ready, parts: &Parts) -> Option<Started> {
        let name = OnceCell::new();
        let named = || name.get_or_init(|| self.name(ready, parts));
        let (options, lines) = (&self.options, LazyCell::new(|| Lines::of(&parts.headers)));
        // Asked before the span is there, since what the caller says may be a panic.
        let mut more = Vec::new();
        let span = match options.common.side {
            Side::Server => fields::server(|| {
                self.show_more(parts, |attribute| more.push(attribute));
                let rest = options.sampler_attributes.then(|| ServerRest::new(options, parts, &lines));
                (named().clone(), ServerRequest::new(options, parts, &lines, named()), rest)
            }),
            Side::Client => fields::client(|| {
                self.show_more(parts, |attribute| more.push(attribute));
                (named().clone(), ClientRequest::new(options, parts, &lines, named()))
            }),
        };
        if span.is_disabled() {
            return None;
        }
        let (parent, link) = self.parent(parts);
        if options.common.side == Side::Server {
            // Without an OpenTelemetry layer there is nobody who wants to know.
            let _ = span.set_parent(parent);
        }
        if let Some(link) = link {
            span.add_link(link.span_context);
        }
        let show = |attribute: KeyValue| span.set_attribute(attribute.key, attribute.value);
        more.into_iter().for_each(show);
        let mut rest = (options.common.side == Side::Server).then(|| ServerRest::new(options, parts, &lines));
        if options.sampler_attributes
            && let Some(rest) = rest.take()
        {
            // The other half of it are fields.
            rest.visit(false, show);
        }
        let context = span.context();
        let span = match context.has_active_span() {
            true => RequestSpan::of_tracing(span, context),
            false => RequestSpan::of_tracing_alone(span, self.parent(parts).0),
        };
        Some(Started { span, name: name.into_inner()?, rest })
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

/// Whether a span with this parent is one that hardly any sampler wants.
fn is_unsampled(parent: &Context) -> bool {
    parent.has_active_span() && !parent.span().span_context().is_sampled()
}
