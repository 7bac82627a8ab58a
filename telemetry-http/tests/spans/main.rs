//! Spans of requests, made in both ways: what an exporter gets is the same.
#![allow(clippy::unwrap_used)]

mod attributes;
mod auto_traits;
mod beside;
mod client;
mod endings;
mod names;

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use telemetry_core::opentelemetry::trace::TracerProvider;
use telemetry_core::propagation::Propagator;
use telemetry_core::testing::{FinishedSpan, InMemorySpans};
use telemetry_http::{ClientTraceLayer, RequestTraceLayer};
use tower::{Layer, Service, ServiceExt};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Api,
    Tracing,
}

impl Way {
    pub(crate) const ALL: [Self; 2] = [Self::Api, Self::Tracing];
}

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
        // Without what the layer adds to every span by its own.
        let exporting = tracing_opentelemetry::layer()
            .with_tracer(kept.provider().tracer("tracing"))
            .with_location(false)
            .with_threads(false)
            .with_target(false);
        let subscriber = tracing::subscriber::set_default(registry().with(exporting));
        Self { way, kept, _subscriber: subscriber }
    }

    pub(crate) fn server(&self) -> RequestTraceLayer {
        let layer = match self.way {
            Way::Api => RequestTraceLayer::with_tracer_provider(self.kept.provider()),
            Way::Tracing => RequestTraceLayer::tracing(),
        };
        layer.with_propagator(Propagator::w3c())
    }

    pub(crate) fn client(&self) -> ClientTraceLayer {
        let layer = match self.way {
            Way::Api => ClientTraceLayer::with_tracer_provider(self.kept.provider()),
            Way::Tracing => ClientTraceLayer::tracing(),
        };
        layer.with_propagator(Propagator::w3c())
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

pub(crate) type Body = Full<Bytes>;

/// Sends a request through a layer, to a service that answers in this way, and reads the response to its end.
pub(crate) fn send<L>(layer: &L, request: http::request::Builder, answer: fn() -> Response<Body>)
where
    L: Layer<Answering>,
    L::Service: Service<Request<Empty<Bytes>>, Error = Infallible>,
    <L::Service as Service<Request<Empty<Bytes>>>>::Response: IntoBytes,
{
    let request = request.body(Empty::new()).unwrap();
    now(async { layer.layer(Answering(answer)).oneshot(request).await.unwrap().into_bytes().await });
}

pub(crate) trait IntoBytes {
    fn into_bytes(self) -> impl Future<Output = Bytes>;
}

impl<B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>> IntoBytes for Response<B> {
    async fn into_bytes(self) -> Bytes {
        self.into_body().collect().await.unwrap().to_bytes()
    }
}

/// A service that answers at once.
#[derive(Clone, Copy)]
pub(crate) struct Answering(pub(crate) fn() -> Response<Body>);

impl<B> Service<Request<B>> for Answering {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        std::future::ready(Ok((self.0)()))
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
