use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use http::StatusCode;
use http::request::Parts;
use telemetry_core::opentelemetry::metrics::{Histogram, UpDownCounter};
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::{ActiveGuard, AttributesFactory, ErrorType};

use crate::attributes::{self, RequestAttributes};
use crate::connection::Scheme;
use crate::error::classify;
use crate::method::KnownMethods;
use crate::route::{MissingRouteNotice, RouteSource};

/// The instruments; one that is switched off is absent.
#[derive(Debug)]
pub(crate) struct Instruments {
    pub(crate) duration: Option<Histogram<f64>>,
    pub(crate) active: Option<UpDownCounter<i64>>,
    pub(crate) request_size: Option<Histogram<u64>>,
    pub(crate) response_size: Option<Histogram<u64>>,
}

/// What all requests of a layer share.
#[derive(Debug)]
pub(crate) struct Recorder {
    instruments: Instruments,
    fixed: Vec<KeyValue>,
    extra: AttributesFactory,
    route: RouteSource,
    missing_route: MissingRouteNotice,
    known_methods: KnownMethods,
    methods: Vec<MethodAttributes>,
}

/// One entry a known method, made ahead so that a request only has to share it.
#[derive(Debug)]
struct MethodAttributes {
    name: StringValue,
    active_http: Arc<[KeyValue]>,
    active_https: Arc<[KeyValue]>,
}

impl Recorder {
    pub(crate) fn new(
        instruments: Instruments,
        fixed: Vec<KeyValue>,
        extra: AttributesFactory,
        route: RouteSource,
        known_methods: KnownMethods,
    ) -> Self {
        let active = |name: &StringValue, scheme| attributes::active(name.clone(), scheme, &fixed).to_vec().into();
        let methods = known_methods
            .names()
            .map(|name| MethodAttributes {
                active_http: active(&name, Scheme::Http),
                active_https: active(&name, Scheme::Https),
                name,
            })
            .collect();
        Self { instruments, extra, route, missing_route: MissingRouteNotice::default(), known_methods, methods, fixed }
    }

    /// Starts the clock and counts the request as active.
    pub(crate) fn start(self: &Arc<Self>, parts: &Parts) -> InFlight {
        let start = Instant::now();
        let scheme = Scheme::of(parts);
        let method = &self.methods[self.known_methods.index(&parts.method)];
        let active = self.instruments.active.as_ref().map(|counter| {
            let attributes = match scheme {
                Scheme::Http => &method.active_http,
                Scheme::Https => &method.active_https,
            };
            ActiveGuard::new(counter.clone(), Arc::clone(attributes))
        });
        let version = attributes::version(parts.version);
        let mut in_flight = InFlight {
            recorder: Arc::clone(self),
            start,
            request: RequestAttributes {
                method: method.name.clone(),
                scheme,
                version,
                route: None,
                extra: Arc::default(),
            },
            request_bytes: None,
            status: None,
            response_bytes: 0,
            announced_bytes: None,
            ending: Ending::Failed(ErrorType::Cancelled),
            _active: active,
        };
        // The caller's functions may panic: the request has to be one by then.
        let (route, extra) = in_flight.step(|| (self.route.route(parts), self.extra.attributes(&parts.extensions)));
        in_flight.request.route = route;
        in_flight.request.extra = extra;
        in_flight
    }
}

/// How a request ends if it is dropped now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Complete,
    Failed(ErrorType),
}

/// A request on its way. It is recorded when this is dropped, whoever drops it: that is the one place where a request
/// ends.
#[derive(Debug)]
pub(crate) struct InFlight {
    recorder: Arc<Recorder>,
    start: Instant,
    request: RequestAttributes,
    /// Absent when the request has no body.
    request_bytes: Option<Arc<AtomicU64>>,
    status: Option<StatusCode>,
    response_bytes: u64,
    /// How many bytes of body the head announced. A server stops asking once they have passed.
    announced_bytes: Option<u64>,
    ending: Ending,
    _active: Option<ActiveGuard<Arc<[KeyValue]>>>,
}

impl InFlight {
    /// A counter for the bytes of the request's body.
    pub(crate) fn count_request_bytes(&mut self) -> Option<Arc<AtomicU64>> {
        if self.recorder.instruments.request_size.is_some() {
            self.request_bytes = Some(Arc::default());
        }
        self.request_bytes.clone()
    }

    /// Runs a step of the request. If it panics, the request ends with that.
    pub(crate) fn step<T>(&mut self, step: impl FnOnce() -> T) -> T {
        self.ending = Ending::Failed(ErrorType::Panic);
        let result = step();
        self.ending = Ending::Failed(ErrorType::Cancelled);
        result
    }

    /// The head of the response is there.
    pub(crate) fn head(&mut self, status: StatusCode) {
        self.status = Some(status);
        if self.request.route.is_none() {
            self.recorder.missing_route.check(&self.recorder.route, status);
        }
    }

    /// A response body follows the head, with this many bytes that the client waits for, if that is known.
    pub(crate) fn expect_response_bytes(&mut self, announced: Option<u64>) {
        self.announced_bytes = announced;
    }

    pub(crate) fn add_response_bytes(&mut self, bytes: u64) {
        self.response_bytes += bytes;
    }

    /// Ends the request well; a status from 500 on is an error nevertheless.
    pub(crate) fn complete(mut self) {
        self.ending = Ending::Complete;
    }

    /// Ends the request with an error of the service or of the response body.
    pub(crate) fn fail<E: 'static>(mut self, error: &E) {
        self.ending = Ending::Failed(classify(error));
    }

    fn error(&self) -> Option<ErrorType> {
        let all_passed = self.announced_bytes.is_some_and(|announced| self.response_bytes >= announced);
        match self.ending {
            Ending::Failed(ErrorType::Cancelled) if all_passed => self.status_error(),
            Ending::Failed(error) => Some(error),
            Ending::Complete => self.status_error(),
        }
    }

    fn status_error(&self) -> Option<ErrorType> {
        self.status.filter(StatusCode::is_server_error).map(ErrorType::Status)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let seconds = self.start.elapsed().as_secs_f64();
        let attributes = self.request.ended(self.status, self.error(), &self.recorder.fixed);
        let Instruments { duration, request_size, response_size, active: _ } = &self.recorder.instruments;
        if let Some(duration) = duration {
            duration.record(seconds, &attributes);
        }
        if let Some(size) = request_size {
            let bytes = self.request_bytes.as_ref().map_or(0, |bytes| bytes.load(Ordering::Relaxed));
            size.record(bytes, &attributes);
        }
        if let (Some(size), Some(_)) = (response_size, self.status) {
            size.record(self.response_bytes, &attributes);
        }
    }
}
