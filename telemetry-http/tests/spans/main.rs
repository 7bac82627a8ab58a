//! Spans of requests, made in both ways: what an exporter gets is the same.
#![allow(clippy::panic, clippy::print_stdout, clippy::unwrap_used)]

mod attributes;
mod auto_traits;
#[cfg(feature = "axum")]
mod axum_routes;
mod beside;
mod children;
mod client;
mod clients;
mod current;
mod endings;
mod exceptions;
mod headers;
mod hostile;
mod names;
mod network;
mod off;
mod options;
mod outgoing;
mod parents;
mod plain;
mod recording;
mod redaction;
mod same;
mod sampler;
mod sampling;
mod status;
mod time;

use std::convert::Infallible;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, response};
use http_body_util::{BodyExt, Empty, Full};
use telemetry_core::opentelemetry::Value;
use telemetry_core::opentelemetry::trace::TracerProvider;
use telemetry_core::opentelemetry_sdk::trace::{SdkTracer, ShouldSample};
use telemetry_core::propagation::Propagator;
use telemetry_core::testing::{FinishedSpan, InMemorySpans};
use telemetry_http::{ClientTraceLayer, RequestTraceLayer};
use tower::{Layer, Service, ServiceExt};
use tracing::subscriber::DefaultGuard;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::layer::{Identity, Layer as SubscriberLayer, Layered, SubscriberExt};
use tracing_subscriber::{Registry, registry};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Api,
    Tracing,
}

impl Way {
    pub(crate) const ALL: [Self; 2] = [Self::Api, Self::Tracing];

    pub(crate) fn server(self, kept: &InMemorySpans) -> RequestTraceLayer {
        let layer = match self {
            Self::Api => RequestTraceLayer::with_tracer_provider(kept.provider()),
            Self::Tracing => RequestTraceLayer::tracing(),
        };
        layer.with_propagator(Propagator::w3c())
    }

    pub(crate) fn client(self, kept: &InMemorySpans) -> ClientTraceLayer {
        let layer = match self {
            Self::Api => ClientTraceLayer::with_tracer_provider(kept.provider()),
            Self::Tracing => ClientTraceLayer::tracing(),
        };
        layer.with_propagator(Propagator::w3c())
    }
}

/// What exports spans of `tracing`.
pub(crate) type Exporting = OpenTelemetryLayer<Registry, SdkTracer>;

/// Layers whose spans are kept here. The subscriber of `tracing` is that of the thread.
pub(crate) struct Spans {
    pub(crate) way: Way,
    pub(crate) kept: InMemorySpans,
    _subscriber: DefaultGuard,
}

impl Spans {
    pub(crate) fn new(way: Way) -> Self {
        Self::keeping(way, InMemorySpans::new())
    }

    pub(crate) fn keeping(way: Way, kept: InMemorySpans) -> Self {
        Self::beside(way, kept, |exporting| exporting, None::<Identity>)
    }

    /// Decided by a sampler.
    pub(crate) fn sampled(way: Way, sampler: impl ShouldSample + 'static) -> Self {
        Self::keeping(way, InMemorySpans::with_sampler(sampler))
    }

    /// With other options, and another layer of the subscriber beside what exports.
    pub(crate) fn beside<L>(
        way: Way,
        kept: InMemorySpans,
        options: impl FnOnce(Exporting) -> Exporting,
        other: L,
    ) -> Self
    where
        L: SubscriberLayer<Layered<Exporting, Registry>> + Send + Sync,
    {
        // Without what the layer adds to every span by its own.
        let exporting = tracing_opentelemetry::layer()
            .with_tracer(kept.provider().tracer("tracing"))
            .with_location(false)
            .with_threads(false)
            .with_target(false);
        let subscriber = registry().with(options(exporting)).with(other);
        Self { way, kept, _subscriber: tracing::subscriber::set_default(subscriber) }
    }

    pub(crate) fn server(&self) -> RequestTraceLayer {
        self.way.server(&self.kept)
    }

    pub(crate) fn client(&self) -> ClientTraceLayer {
        self.way.client(&self.kept)
    }

    /// The one span that has ended, which is forgotten then.
    pub(crate) fn only(&self) -> FinishedSpan {
        let span = self.kept.only();
        self.kept.clear();
        span
    }
}

/// Runs a test with spans of both ways.
pub(crate) fn both(test: impl Fn(&Spans)) {
    for way in Way::ALL {
        println!("{way:?}");
        test(&Spans::new(way));
    }
}

/// All attributes that a span has, with their types.
#[track_caller]
pub(crate) fn assert_attributes<const N: usize>(span: &FinishedSpan, mut expected: [(&'static str, Value); N]) {
    let mut attributes: Vec<_> =
        span.attributes.iter().map(|attribute| (attribute.key.as_str(), &attribute.value)).collect();
    attributes.sort_by_key(|attribute| attribute.0);
    expected.sort_by_key(|attribute| attribute.0);
    assert_eq!(attributes, expected.iter().map(|(name, value)| (*name, value)).collect::<Vec<_>>());
}

pub(crate) type Body = Full<Bytes>;

/// Sends a request through a layer, to a service that answers in this way, and reads the response to its end.
pub(crate) fn send<'a, L>(layer: &L, request: http::request::Builder, answer: fn() -> Response<Body>)
where
    L: Layer<Answering<'a>>,
    L::Service: Service<Request<Empty<Bytes>>, Error = Infallible>,
    <L::Service as Service<Request<Empty<Bytes>>>>::Response: IntoBytes,
{
    exchange(layer, request, move |_| answer());
}

/// The same with a service that looks at the request. Gives the head of the response.
pub(crate) fn exchange<'a, L>(
    layer: &L,
    request: http::request::Builder,
    answer: impl FnMut(Parts) -> Response<Body> + 'a,
) -> response::Parts
where
    L: Layer<Answering<'a>>,
    L::Service: Service<Request<Empty<Bytes>>, Error = Infallible>,
    <L::Service as Service<Request<Empty<Bytes>>>>::Response: IntoBytes,
{
    let request = request.body(Empty::new()).unwrap();
    let service = layer.layer(Answering::new(answer));
    now(async { service.oneshot(request).await.unwrap().into_bytes().await }).0
}

pub(crate) trait IntoBytes {
    fn into_bytes(self) -> impl Future<Output = (response::Parts, Bytes)>;
}

impl<B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>> IntoBytes for Response<B> {
    async fn into_bytes(self) -> (response::Parts, Bytes) {
        let (head, body) = self.into_parts();
        (head, body.collect().await.unwrap().to_bytes())
    }
}

/// A service that answers at once, while it is called.
pub(crate) struct Answering<'a>(Box<dyn FnMut(Parts) -> Response<Body> + 'a>);

impl<'a> Answering<'a> {
    pub(crate) fn new(answer: impl FnMut(Parts) -> Response<Body> + 'a) -> Self {
        Self(Box::new(answer))
    }
}

impl<B> Service<Request<B>> for Answering<'_> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        std::future::ready(Ok((self.0)(request.into_parts().0)))
    }
}

pub(crate) fn hello() -> Response<Body> {
    Response::new("hello".into())
}

pub(crate) fn status<const STATUS: u16>() -> Response<Body> {
    Response::builder().status(STATUS).body("hello".into()).unwrap()
}

/// What a future gives that is ready at once.
pub(crate) fn now<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("pending"),
    }
}

/// A caller in another process.
pub(crate) const TRACE: &str = "11111111111111111111111111111111";
pub(crate) const CALLER: &str = "2222222222222222";

/// Its header, sampled or not.
pub(crate) fn traceparent(is_sampled: bool) -> String {
    format!("00-{TRACE}-{CALLER}-0{}", u8::from(is_sampled))
}
