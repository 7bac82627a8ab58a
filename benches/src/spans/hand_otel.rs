//! A span as one writes it by hand: the API of OpenTelemetry, attributes in strings of their own, and a context that is
//! current wherever the request is.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, ready};

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use opentelemetry_http::HeaderExtractor;
use pin_project_lite::pin_project;
use telemetry_core::opentelemetry::global::{self, BoxedTracer};
use telemetry_core::opentelemetry::trace::{SpanBuilder, SpanKind, Status, TraceContextExt, Tracer};
use telemetry_core::opentelemetry::{Context, KeyValue};
use tower::{Service, service_fn};

use super::arrivals::SERVER_SPAN;
use super::request::{header, peer, route};
use super::systems::Entry;
use crate::request::{answer, sender};

/// Spans written by hand with the API of OpenTelemetry.
pub const HAND_OTEL: Entry = Entry {
    name: "hand-otel",
    on_tracing: false,
    span: Some(SERVER_SPAN),
    build: |request| {
        let tracer = Arc::new(global::tracer("hand-otel"));
        let service = service_fn(move |request| call(&tracer, &mut service_fn(answer), request));
        Ok(sender(request, service))
    },
};

fn call<S>(tracer: &BoxedTracer, inner: &mut S, request: Request<Full<Bytes>>) -> InContext<S::Future>
where
    S: Service<Request<Full<Bytes>>>,
{
    let parent = global::get_text_map_propagator(|format| format.extract(&HeaderExtractor(request.headers())));
    let name = format!("{} {}", request.method(), route(&request));
    let span = SpanBuilder::from_name(name).with_kind(SpanKind::Server).with_attributes(attributes(&request));
    let context = parent.with_span(tracer.build_with_context(span, &parent));
    let inner = {
        let _current = context.clone().attach();
        inner.call(request)
    };
    InContext { inner, context }
}

fn attributes(request: &Request<Full<Bytes>>) -> Vec<KeyValue> {
    let peer = peer(request);
    // Room for what is known at the end as well.
    let mut attributes = Vec::with_capacity(11);
    attributes.extend([
        KeyValue::new("http.request.method", request.method().to_string()),
        KeyValue::new("http.route", route(request).to_owned()),
        KeyValue::new("url.path", request.uri().path().to_owned()),
        KeyValue::new("url.scheme", "http"),
        KeyValue::new("network.protocol.version", "1.1"),
        KeyValue::new("server.address", header(request, HOST).to_owned()),
        KeyValue::new("user_agent.original", header(request, USER_AGENT).to_owned()),
        KeyValue::new("client.address", peer.ip().to_string()),
        KeyValue::new("network.peer.port", i64::from(peer.port())),
    ]);
    attributes
}

pin_project! {
    /// A future or a body with the context that is current while it is polled.
    struct InContext<T> {
        #[pin]
        inner: T,
        context: Context,
    }
}

impl<F, B> Future for InContext<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
{
    type Output = Result<Response<InContext<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _current = this.context.clone().attach();
        let Ok(response) = ready!(this.inner.poll(cx));
        let status = response.status();
        let span = this.context.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if status.is_server_error() {
            span.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
            span.set_status(Status::error(""));
        }
        let context = this.context.clone();
        Poll::Ready(Ok(response.map(|inner| InContext { inner, context })))
    }
}

impl<B: Body> Body for InContext<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let _current = this.context.clone().attach();
        let frame = ready!(this.inner.poll_frame(cx));
        if frame.is_none() {
            this.context.span().end();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
