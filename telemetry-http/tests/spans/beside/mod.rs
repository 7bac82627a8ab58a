//! Spans and metrics of the same requests, with the layers in both orders, on both sides.
#![allow(clippy::panic, clippy::print_stdout)] // Helpers of tests may fail them.

mod allocations;
mod exemplars;
mod flight;
mod labels;
mod random;
mod resent;
mod times;

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use telemetry_core::MeterOptions;
use telemetry_core::exemplar::{Exemplar, ExemplarFilter, ExemplarStore};
use telemetry_core::opentelemetry::{InstrumentationScope, KeyValue};
use telemetry_core::semconv::SCHEMA_URL;
use telemetry_core::testing::{FinishedSpan, InMemoryMetrics, InMemorySpans, Point};
use telemetry_http::{ClientMetricsLayer, ClientTraceLayer, RequestBody, RequestMetricsLayer, RequestTraceLayer};
use tower::util::{BoxCloneSyncService, MapRequest};
use tower::{Layer, Service, ServiceExt};

use crate::{Spans, Way};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Body = UnsyncBoxBody<Bytes, BoxError>;
type Client = BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>;
type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Server,
    Client,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outside {
    Metrics,
    Spans,
}

/// Layers for spans and for metrics, and what they leave behind.
struct Pair {
    side: Side,
    outside: Outside,
    spans: Spans,
    metrics: InMemoryMetrics,
    store: ExemplarStore,
    servers: (RequestTraceLayer, RequestMetricsLayer),
    clients: (ClientTraceLayer, ClientMetricsLayer),
}

/// Runs a test for both orders of the layers, both sides and both ways of making a span.
fn each(test: impl Fn(Pair)) {
    for way in Way::ALL {
        for side in [Side::Server, Side::Client] {
            for outside in [Outside::Metrics, Outside::Spans] {
                println!("{way:?} {side:?} {outside:?}");
                test(Pair::new(way, side, outside));
            }
        }
    }
}

impl Pair {
    fn new(way: Way, side: Side, outside: Outside) -> Self {
        Self::keeping(Spans::new(way), side, outside, ExemplarFilter::TraceBased)
    }

    fn keeping(spans: Spans, side: Side, outside: Outside, filter: ExemplarFilter) -> Self {
        let metrics = InMemoryMetrics::new();
        let store = ExemplarStore::builder().with_filter(filter).build();
        let options = MeterOptions::default().with_meter_provider(metrics.provider());
        let servers = (spans.server(), RequestMetricsLayer::custom(options.clone()).with_exemplars(store.clone()));
        let clients = (spans.client(), ClientMetricsLayer::custom(options).with_exemplars(store.clone()));
        Self { side, outside, spans, metrics, store, servers, clients }
    }

    /// The same with other options of the server's layers.
    fn with_servers(
        mut self,
        change: impl FnOnce(RequestTraceLayer, RequestMetricsLayer) -> (RequestTraceLayer, RequestMetricsLayer),
    ) -> Self {
        self.servers = change(self.servers.0, self.servers.1);
        self
    }

    fn with_spans(&self, inner: Client) -> Client {
        match self.side {
            Side::Server => observed(&self.servers.0, inner),
            Side::Client => observed(&self.clients.0, inner),
        }
    }

    fn with_metrics(&self, inner: Client) -> Client {
        match self.side {
            Side::Server => observed(&self.servers.1, inner),
            Side::Client => observed(&self.clients.1, inner),
        }
    }

    /// Both layers around a service.
    fn around(&self, inner: Client) -> Client {
        self.around_with(inner, |inner| inner)
    }

    /// The same with something between them.
    fn around_with(&self, inner: Client, between: impl FnOnce(Client) -> Client) -> Client {
        match self.outside {
            Outside::Metrics => self.with_metrics(between(self.with_spans(inner))),
            Outside::Spans => self.with_spans(between(self.with_metrics(inner))),
        }
    }

    fn duration(&self) -> &'static str {
        match self.side {
            Side::Server => "http.server.request.duration",
            Side::Client => "http.client.request.duration",
        }
    }

    /// The series of durations.
    fn series(&self) -> Vec<Point> {
        self.metrics.snapshot().points(self.duration()).into_iter().cloned().collect()
    }

    /// The exemplars of a series.
    fn exemplars(&self, series: &Point) -> Vec<Exemplar> {
        exemplars(&self.store, &scope(), series)
    }

    /// The one exemplar of the one request.
    #[track_caller]
    fn exemplar(&self) -> Exemplar {
        let exemplars: Vec<_> = self.series().iter().flat_map(|series| self.exemplars(series)).collect();
        let [exemplar] = &exemplars[..] else { panic!("{exemplars:?}") };
        exemplar.clone()
    }
}

/// What the layers of this crate name themselves.
fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("telemetry-http")
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(SCHEMA_URL)
        .build()
}

fn exemplars(store: &ExemplarStore, scope: &InstrumentationScope, series: &Point) -> Vec<Exemplar> {
    let attribute = |(name, value): (&String, &String)| match name.as_str() {
        "http.response.status_code" | "server.port" => KeyValue::new(name.clone(), value.parse::<i64>().unwrap()),
        _ => KeyValue::new(name.clone(), value.clone()),
    };
    let attributes: Vec<_> = series.attributes.iter().map(attribute).collect();
    let mut found = Vec::new();
    if let Some(reservoir) = store.find(scope, &series.metric, &attributes) {
        reservoir.visit(|exemplar| found.push(exemplar.clone()));
    }
    found
}

/// A layer around a service, with bodies that hide it from the next one.
fn observed<L, B>(layer: &L, inner: Client) -> Client
where
    L: Layer<MapRequest<Client, fn(Request<RequestBody<Body>>) -> Request<Body>>>,
    L::Service:
        Service<Request<Body>, Response = Response<B>, Error = BoxError, Future: Send> + Clone + Send + Sync + 'static,
    B: http_body::Body<Data = Bytes, Error = BoxError> + Send + 'static,
{
    let unbox: fn(Request<RequestBody<Body>>) -> Request<Body> = |request| request.map(BodyExt::boxed_unsync);
    let service = layer.layer(inner.map_request(unbox));
    BoxCloneSyncService::new(service.map_response(|response| response.map(BodyExt::boxed_unsync)))
}

fn service<F>(serve: F) -> Client
where
    F: Fn(Request<Body>) -> Answer + Clone + Send + Sync + 'static,
{
    BoxCloneSyncService::new(tower::service_fn(serve))
}

fn body(body: impl http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static) -> Body {
    body.map_err(Into::into).boxed_unsync()
}

fn request() -> Request<Body> {
    Request::get("http://shop.example/").body(body(http_body_util::Empty::new())).unwrap()
}

/// Answers at once with a body to read.
fn hello(_: Request<Body>) -> Answer {
    Box::pin(async { Ok(Response::new(body(http_body_util::Full::from("hello")))) })
}

fn call(client: &Client, request: Request<Body>) -> Answer {
    client.clone().call(request)
}

/// Sends a request and reads the response to its end.
fn send(client: &Client, request: Request<Body>) {
    crate::now(async { client.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap() });
}

/// Waits until the clock has gone on for a while.
fn let_time_pass() {
    let start = std::time::Instant::now();
    while start.elapsed() < A_WHILE {
        std::hint::spin_loop();
    }
}

const A_WHILE: std::time::Duration = std::time::Duration::from_micros(200);
