mod end;

use std::num::NonZeroU64;
use std::time::Instant;

use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, response};
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

/// How a request ends if it is dropped now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Complete,
    Cancelled,
    Failed(ErrorType),
}

/// A request on its way. It is recorded when this is dropped, whoever drops it: that is the one place where a request
/// ends.
#[derive(Debug)]
pub(crate) struct InFlight {
    metrics: Local<Metrics>,
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
    /// Absent when the request has no body.
    request_bytes: Option<ByteCount>,
    response_bytes: u64,
    /// How many bytes of body the head announced, [`UNKNOWN`] if it does not say. A server stops asking once they have
    /// passed.
    announced_bytes: u64,
    /// The time until the head was there, for a layer that records it.
    head_nanos: Option<NonZeroU64>,
    /// Holds the connection that answered active, if somebody counts those.
    #[cfg(feature = "client")]
    connection: Option<ActiveStream>,
    /// A request moves from the future to the body, so what few layers ask for stands aside.
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

impl InFlight {
    /// Starts the clock.
    #[inline]
    pub(crate) fn start(metrics: &Local<Metrics>, parts: &Parts) -> Self {
        let start = Instant::now();
        Self {
            metrics: metrics.clone(),
            start,
            started: None,
            head: metrics.head_of(parts),
            method: Special::of(&parts.method),
            status: None,
            ending: Ending::Cancelled,
            call: Call::NONE,
            request_bytes: None,
            response_bytes: 0,
            announced_bytes: UNKNOWN,
            head_nanos: None,
            #[cfg(feature = "client")]
            connection: None,
            asides: None,
        }
    }

    /// Finds out what the head alone does not tell, and counts the request as active.
    #[inline]
    pub(crate) fn look_further(&mut self, parts: &mut Parts) {
        if let Some((call, unproven)) = self.metrics.calls.as_ref().and_then(|calls| calls.start(parts)) {
            self.call = call;
            if let Some(method) = unproven {
                self.asides.get_or_insert_default().unproven = Some(method.into());
            }
        }
        if self.metrics.asks_caller {
            self.ask_caller(parts);
        }
        self.count_as_active();
    }

    /// Gives the place of the head that it is counted with.
    #[inline(always)]
    fn count_as_active(&mut self) -> u32 {
        self.started = Some(self.head);
        if let Some(active) = self.metrics.active(self.metrics.head_at(self.head)) {
            active.add(1, &self.metrics);
        }
        self.head
    }

    /// The caller's functions may panic: the request is one by then.
    #[cold]
    fn ask_caller(&mut self, parts: &mut Parts) {
        let options = &self.metrics.options;
        if let Some(route) = step(&mut self.ending, || options.route.given(parts)) {
            self.head = self.metrics.head_with_route(self.head, route.as_str());
        }
        if options.attributes.needs_extensions() {
            let extras = step(&mut self.ending, || options.attributes.attributes(&parts.extensions).to_vec());
            self.asides.get_or_insert_default().extras = extras;
        }
        if options.labels {
            let labels = RequestLabels::default();
            parts.extensions.insert(labels.clone());
            self.asides.get_or_insert_default().labels = Some(labels);
        }
    }

    /// A counter for the bytes of the request's body.
    pub(crate) fn count_request_bytes(&mut self) -> Option<ByteCount> {
        self.metrics.instruments.request_size.as_ref()?;
        let (own, body) = ByteCount::pair();
        self.request_bytes = Some(own);
        Some(body)
    }

    /// Runs a step of the request. If it panics, the request ends with that.
    #[inline]
    pub(crate) fn step<T>(&mut self, run: impl FnOnce() -> T) -> T {
        step(&mut self.ending, run)
    }

    /// The head of the response is there.
    pub(crate) fn head(&mut self, response: &response::Parts) {
        self.status = Some(response.status);
        self.call.look_for_status(&response.headers);
        #[cfg(feature = "client")]
        if self.metrics.options.side == Side::Client {
            self.head = self.metrics.head_with_version(self.head, response.version);
            self.hold_connection(response);
        }
        let options = &self.metrics.options;
        if self.metrics.instruments.head_duration.is_some() {
            let nanos = NonZeroU64::new(self.start.elapsed().as_nanos() as u64);
            // No time at all is one, where the clock is coarse.
            self.head_nanos = nanos.or(Some(NonZeroU64::MIN));
        }
        // A client's metrics have the template of the URL there, which a server in the same process does not know.
        if options.side == Side::Server
            && let Some(route) = response.extensions.get::<HttpRoute>()
        {
            self.head = self.metrics.head_with_route(self.head, route.as_str());
        }
        if let Some(attributes) = &options.response_attributes.0 {
            let extras = step(&mut self.ending, || attributes(response));
            self.asides.get_or_insert_default().extras.extend(extras);
        }
    }

    #[cfg(feature = "client")]
    fn hold_connection(&mut self, response: &response::Parts) {
        self.connection = response.extensions.get().map(ConnectionHandle::stream);
        if self.switches_protocol(response.status)
            && let Some(tunnel) = self.connection.take()
        {
            tunnel.upgrade();
        }
    }

    /// Whether what follows the head is not part of the response any more.
    pub(crate) fn switches_protocol(&self, status: StatusCode) -> bool {
        status.is_informational() || (self.method == Special::Connect && status.is_success())
    }

    /// Whether the client waits for no body. A server for HTTP/1 then drops the one that it was given, unread.
    pub(crate) fn is_without_body(&self, status: StatusCode) -> bool {
        self.method == Special::Head || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
    }

    /// A response body follows the head, with this many bytes that the client waits for, if that is known.
    pub(crate) fn expect_response_bytes(&mut self, announced: Option<u64>) {
        self.announced_bytes = announced.unwrap_or(UNKNOWN);
    }

    /// The trailers of the response are there.
    #[inline]
    pub(crate) fn trailers(&mut self, trailers: &HeaderMap) {
        self.call.look_for_status(trailers);
    }

    #[inline]
    pub(crate) fn add_response_bytes(&mut self, bytes: u64) {
        self.response_bytes += bytes;
    }

    /// The request has ended well; a status may be an error nevertheless. It is recorded when this is dropped.
    #[inline]
    pub(crate) fn complete(&mut self) {
        self.ending = Ending::Complete;
    }

    /// The request has ended with an error of the service or of the response body. What kind it is may be for a function of
    /// the caller's to say, which may panic.
    pub(crate) fn fail<E: 'static>(&mut self, error: &E) {
        let errors = &self.metrics.options.errors;
        let kind = step(&mut self.ending, || errors.classify(error));
        self.ending = Ending::Failed(kind);
    }
}

#[inline]
fn step<T>(ending: &mut Ending, run: impl FnOnce() -> T) -> T {
    *ending = Ending::Failed(ErrorType::Panic);
    let result = run();
    *ending = Ending::Cancelled;
    result
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
