mod end;
mod tracked;

use std::num::NonZeroU64;
use std::time::Instant;

use bytes::Buf;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header::CONTENT_LENGTH, response};
use http_body::{Body, Frame};
use telemetry_core::ErrorType;
use telemetry_core::bound::Local;
use telemetry_core::opentelemetry::KeyValue;

use crate::bytes::ByteCount;
#[cfg(feature = "client")]
use crate::client::connection::{ActiveStream, ConnectionHandle};
use crate::grpc::Call;
use crate::labels::RequestLabels;
use crate::metrics::Metrics;
use crate::route::HttpRoute;
use crate::side::Side;

pub(crate) use tracked::Tracked;

/// How a request ends if it is dropped now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Complete,
    Cancelled,
    Failed(ErrorType),
}

/// A request on its way.
#[derive(Debug)]
struct InFlight {
    metrics: Local<Metrics>,
    state: Box<State>,
}

/// What is known of a request so far.
#[derive(Debug)]
struct State {
    start: Instant,
    /// The place of the head that is counted as active; absent until it is.
    started: Option<u32>,
    /// The place of the head that is recorded: the route may have become known later.
    head: u32,
    /// Whether the request asks for a head alone, or for a tunnel.
    method: Special,
    status: Option<StatusCode>,
    ending: Ending,
    call: Call,
    /// Counts nothing when the request has no body.
    request_bytes: ByteCount,
    response_bytes: u64,
    /// How many bytes of body the head announced, [`UNKNOWN`] if it does not say. A server stops asking once they have
    /// passed.
    announced_bytes: u64,
    /// The time until the head was there, for a layer that records it.
    head_nanos: Option<NonZeroU64>,
    /// Holds the connection that answered active, if somebody counts those.
    #[cfg(feature = "client")]
    connection: Option<ActiveStream>,
    /// What few layers ask for.
    asides: Option<Box<Asides>>,
}

/// What a request carries for a layer with the options that need it.
#[derive(Debug, Default)]
struct Asides {
    extras: Vec<KeyValue>,
    labels: Option<RequestLabels>,
    /// The method of a gRPC call that nobody knew when it came.
    unproven: Option<Box<str>>,
}

/// More bytes than pass.
const UNKNOWN: u64 = u64::MAX;

/// The methods whose responses are not like others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Special {
    Head,
    Connect,
    None,
}

impl State {
    /// A request that has come, whose head is at this place.
    #[inline]
    fn new(start: Instant, head: u32, method: &Method) -> Self {
        Self {
            start,
            started: None,
            head,
            method: Special::of(method),
            status: None,
            ending: Ending::Cancelled,
            call: Call::NONE,
            request_bytes: ByteCount::NONE,
            response_bytes: 0,
            announced_bytes: UNKNOWN,
            head_nanos: None,
            #[cfg(feature = "client")]
            connection: None,
            asides: None,
        }
    }

    fn asides(&mut self) -> &mut Asides {
        self.asides.get_or_insert_default()
    }
}

impl InFlight {
    /// Finds out what the head alone does not tell, and counts the request as active.
    #[inline]
    fn look_further<B: Body>(&mut self, parts: &mut Parts, body: &B) -> ByteCount {
        if self.metrics.asks_further {
            self.ask_further(parts);
        }
        self.count_as_active();
        // Most requests have no body, and then there is nothing to share between the two bodies.
        if body.is_end_stream() || self.metrics.instruments.request_size.is_none() {
            return ByteCount::NONE;
        }
        let (own, body) = ByteCount::pair();
        self.state.request_bytes = own;
        body
    }

    /// The caller's functions may panic: the request is one by then.
    #[cold]
    fn ask_further(&mut self, parts: &mut Parts) {
        let (metrics, state) = (&self.metrics, &mut *self.state);
        let options = &metrics.options;
        let call = metrics.calls.as_ref().and_then(|calls| calls.start(parts));
        if let Some((call, unproven)) = call {
            state.call = call;
            if let Some(method) = unproven {
                state.asides().unproven = Some(method.into());
            }
        }
        if let Some(route) = options.route.given(parts) {
            state.head = metrics.head_with_route(state.head, route.as_str());
        }
        if options.attributes.needs_extensions() {
            state.asides().extras = options.attributes.attributes(&parts.extensions).to_vec();
        }
        if options.labels {
            let labels = RequestLabels::default();
            parts.extensions.insert(labels.clone());
            state.asides().labels = Some(labels);
        }
    }

    /// Gives the place of the head that it is counted with.
    #[inline(always)]
    fn count_as_active(&mut self) -> u32 {
        let head = self.state.head;
        self.state.started = Some(head);
        if let Some(active) = self.metrics.active(self.metrics.head_at(head)) {
            active.add(1, &self.metrics);
        }
        head
    }

    /// The head of the response is there. Says whether the request has ended with that.
    #[inline]
    fn answered<B: Body>(&mut self, head: &response::Parts, body: &B) -> bool {
        let status = head.status;
        self.state.status = Some(status);
        // Few responses have extensions: one may name the route.
        if self.metrics.asks_answer || self.state.call.is_some() || !head.extensions.is_empty() {
            self.look_at_answer(head);
        }
        if switches_protocol(self.state.method, status) {
            return true;
        }
        // A server for HTTP/1 drops the body of such a response unread.
        let is_without_body =
            self.state.method == Special::Head || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let announced = || body.size_hint().exact().or_else(|| content_length(&head.headers));
        self.state.announced_bytes = if is_without_body { 0 } else { announced().unwrap_or(UNKNOWN) };
        body.is_end_stream()
    }

    fn look_at_answer(&mut self, head: &response::Parts) {
        let (metrics, state) = (&self.metrics, &mut *self.state);
        let options = &metrics.options;
        state.call.look_for_status(&head.headers);
        #[cfg(feature = "client")]
        if options.side == Side::Client {
            state.head = metrics.head_with_version(state.head, head.version);
            state.connection = head.extensions.get().map(ConnectionHandle::stream);
            if switches_protocol(state.method, head.status)
                && let Some(tunnel) = state.connection.take()
            {
                tunnel.upgrade();
            }
        }
        if metrics.instruments.head_duration.is_some() {
            let nanos = NonZeroU64::new(state.start.elapsed().as_nanos() as u64);
            // No time at all is one, where the clock is coarse.
            state.head_nanos = nanos.or(Some(NonZeroU64::MIN));
        }
        // A client's metrics have the template of the URL there, which a server in the same process does not know.
        if options.side == Side::Server
            && let Some(route) = head.extensions.get::<HttpRoute>()
        {
            state.head = metrics.head_with_route(state.head, route.as_str());
        }
        if let Some(attributes) = &options.response_attributes.0 {
            let extras = attributes(head);
            state.asides().extras.extend(extras);
        }
    }

    /// What kind an error is may be for a function of the caller's to say, which may panic.
    fn failed<E: 'static>(&mut self, error: &E) {
        self.state.ending = Ending::Failed(self.metrics.options.errors.classify(error));
    }

    /// A frame of the response's body is there. Says whether nothing can come after it.
    #[inline]
    fn frame<D: Buf>(&mut self, frame: &Frame<D>) -> bool {
        if let Some(data) = frame.data_ref() {
            self.state.response_bytes += data.remaining() as u64;
        }
        if let Some(trailers) = frame.trailers_ref() {
            self.state.call.look_for_status(trailers);
        }
        // hyper does not ask for more either.
        frame.is_trailers()
    }
}

/// Whether what follows the head is not part of the response any more.
#[inline]
fn switches_protocol(method: Special, status: StatusCode) -> bool {
    status.is_informational() || (method == Special::Connect && status.is_success())
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

impl Special {
    #[inline]
    fn of(method: &Method) -> Self {
        match *method {
            Method::HEAD => Self::Head,
            Method::CONNECT => Self::Connect,
            _ => Self::None,
        }
    }
}
