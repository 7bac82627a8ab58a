mod end;

use std::num::NonZeroU64;

use http::request::Parts;
use http::{HeaderMap, Response};
use http_body::Body;
use telemetry_core::ErrorType;
use telemetry_core::bound::Local;
use telemetry_core::opentelemetry::KeyValue;

use crate::bytes::ByteCount;
#[cfg(feature = "client")]
use crate::client::connection::{ActiveStream, ConnectionHandle};
use crate::grpc::Call;
use crate::labels::RequestLabels;
use crate::lifecycle::{Kept, Observer, Progress, Tracked};
use crate::metrics::Metrics;
use crate::route::HttpRoute;
use crate::series::Head;
use crate::side::Side;
use crate::spare::{Depot, Spare};
use crate::tie::Tie;

/// What the metrics layers keep of a request on its way. What it points to is left to the next request.
#[derive(Debug)]
pub struct Measured {
    metrics: Local<Metrics>,
    state: Box<State>,
}

/// What is known of a request so far.
#[derive(Debug)]
struct State {
    progress: Progress,
    tie: Tie,
    /// The place of the head that is counted as active; absent until it is.
    started: Option<u32>,
    /// The place of the head that is recorded: the route may have become known later.
    head: u32,
    call: Call,
    /// Counts nothing when the request has no body.
    request_bytes: ByteCount,
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

static DEPOT: Depot<Box<State>> = Depot::new();

thread_local! {
    static SPARE: Spare<Box<State>> = const { Spare::new(&DEPOT) };
}

impl State {
    /// A request that has come, whose head is at this place.
    #[inline]
    fn new(progress: Progress, tie: Tie, head: u32) -> Self {
        Self {
            progress,
            tie,
            started: None,
            head,
            call: Call::NONE,
            request_bytes: ByteCount::NONE,
            head_nanos: None,
            #[cfg(feature = "client")]
            connection: None,
            asides: None,
        }
    }

    /// The same in the memory of a request that has been recorded: that has taken out all that would have to be dropped.
    #[inline]
    fn restart(&mut self, progress: Progress, tie: Tie, head: u32) {
        self.progress = progress;
        self.tie = tie;
        self.started = None;
        self.head = head;
        self.call = Call::NONE;
        self.head_nanos = None;
    }

    fn asides(&mut self) -> &mut Asides {
        self.asides.get_or_insert_default()
    }
}

impl Measured {
    /// Starts the clock, and counts the request as active.
    #[inline]
    pub(crate) fn start<B: Body>(metrics: &Local<Metrics>, parts: &mut Parts, body: &B) -> (Tracked<Self>, ByteCount) {
        let tie = Tie::new(metrics, &mut parts.extensions);
        let (place, head) = metrics.head_of(parts, metrics.stripe());
        let progress = Progress::new(&parts.method);
        let state = match Spare::take(&SPARE) {
            Some(mut spare) => {
                spare.restart(progress, tie, place);
                spare
            }
            None => Box::new(State::new(progress, tie, place)),
        };
        let mut tracked = Tracked::new(Self { metrics: metrics.clone(), state });
        let bytes = tracked.with(|measured| measured.look_further(head, parts, body)).unwrap_or_default();
        (tracked, bytes)
    }

    /// Finds out what the head alone does not tell, and counts the request as active.
    #[inline]
    fn look_further<B: Body>(&mut self, head: Option<&Head>, parts: &mut Parts, body: &B) -> ByteCount {
        if self.metrics.asks_further {
            self.ask_further(parts);
            self.count_as_active();
        } else {
            self.state.started = Some(self.state.head);
            count(&self.metrics, head);
        }
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
        if let Some(route) = options.common.route.given(parts) {
            state.head = metrics.head_with_route(state.head, route.as_str());
        }
        if options.common.attributes.needs_extensions() {
            state.asides().extras = options.common.attributes.attributes(&parts.extensions).to_vec();
        }
        if options.common.labels {
            let labels = RequestLabels::give(state.tie.labels(), &mut parts.extensions);
            state.asides().labels = Some(labels);
        }
    }

    /// Gives the place of the head that it is counted with.
    #[inline(never)]
    fn count_as_active(&mut self) -> u32 {
        self.state.started = Some(self.state.head);
        count(&self.metrics, self.metrics.head_at(self.state.head));
        self.state.head
    }

    #[inline(never)]
    fn look_at_answer<B>(&mut self, response: &mut Response<B>) {
        let (metrics, state) = (&self.metrics, &mut *self.state);
        let options = &metrics.options;
        state.call.look_for_status(response.headers());
        #[cfg(feature = "client")]
        if options.common.side == Side::Client {
            state.head = metrics.head_with_version(state.head, response.version());
            state.connection = response.extensions().get().map(ConnectionHandle::stream);
            if state.progress.switches_protocol(response.status())
                && let Some(tunnel) = state.connection.take()
            {
                tunnel.upgrade();
            }
        }
        if metrics.instruments.head_duration.is_some() {
            let nanos = NonZeroU64::new(state.tie.start().elapsed().as_nanos() as u64);
            // No time at all is one, where the clock is coarse.
            state.head_nanos = nanos.or(Some(NonZeroU64::MIN));
        }
        // A client's metrics have the template of the URL there, which a server in the same process does not know.
        if options.common.side == Side::Server
            && let Some(route) = response.extensions().get::<HttpRoute>()
        {
            state.head = metrics.head_with_route(state.head, route.as_str());
        }
        if options.common.response_attributes.0.is_some() {
            let extras = options.common.response_attributes(response);
            state.asides().extras.extend(extras);
        }
    }
}

/// Counts a request with this head as active.
#[inline]
fn count(metrics: &Local<Metrics>, head: Option<&Head>) {
    if let Some(active) = metrics.active(head) {
        active.add(1, metrics);
    }
}

impl Observer for Measured {
    type Slot<T> = Kept<T>;
    type Scope<'a> = ();

    #[inline]
    fn enter(&mut self) -> ((), &mut Progress) {
        self.state.tie.step();
        ((), &mut self.state.progress)
    }

    #[inline]
    fn progress(&mut self) -> &mut Progress {
        &mut self.state.progress
    }

    #[inline]
    fn answered<B>(&mut self, response: &mut Response<B>) {
        // Few responses have extensions: one may name the route.
        if self.metrics.asks_answer || self.state.call.is_some() || !response.extensions().is_empty() {
            self.look_at_answer(response);
        }
    }

    #[inline]
    fn trailers(&mut self, trailers: &HeaderMap) {
        self.state.call.look_for_status(trailers);
    }

    fn failed<E: 'static>(&mut self, error: &E) -> ErrorType {
        self.metrics.options.common.errors.classify(error)
    }

    #[inline(never)]
    fn end(mut self) {
        self.record();
        Spare::leave(&SPARE, self.state);
    }
}
