//! A span as one writes it by hand with `tracing`: a macro with all fields, the parent set afterwards, and the span
//! entered wherever the request is.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use opentelemetry_http::HeaderExtractor;
use pin_project_lite::pin_project;
use telemetry_benches::request::answer;
use telemetry_benches::spans::{Entry, SERVER_SPAN, header, peer, route, sender};
use telemetry_core::opentelemetry::global;
use tower::{Service, service_fn};
use tracing::field::Empty;
use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

pub(super) const HAND_TRACING: Entry = Entry {
    name: "hand-tracing",
    on_tracing: true,
    span: Some(SERVER_SPAN),
    build: |request| Ok(sender(request, service_fn(|request| call(&mut service_fn(answer), request)))),
};

fn call<S: Service<Request<Full<Bytes>>>>(inner: &mut S, request: Request<Full<Bytes>>) -> InSpan<S::Future> {
    let span = span(&request);
    let inner = span.in_scope(|| inner.call(request));
    InSpan { inner, span }
}

fn span(request: &Request<Full<Bytes>>) -> Span {
    let span = info_span!(
        "request",
        otel.name = format_args!("{} {}", request.method(), route(request)),
        otel.kind = "server",
        otel.status_code = Empty,
        error.r#type = Empty,
        http.request.method = request.method().as_str(),
        http.route = route(request),
        http.response.status_code = Empty,
        url.path = request.uri().path(),
        url.scheme = "http",
        network.protocol.version = "1.1",
        server.address = header(request, HOST),
        user_agent.original = header(request, USER_AGENT),
        client.address = %peer(request).ip(),
        network.peer.port = i64::from(peer(request).port()),
    );
    if !span.is_disabled() {
        let parent = global::get_text_map_propagator(|format| format.extract(&HeaderExtractor(request.headers())));
        // It fails where nobody makes spans of OpenTelemetry out of those of `tracing`.
        let _ = span.set_parent(parent);
    }
    span
}

pin_project! {
    /// A future or a body with the span that is entered while it is polled.
    struct InSpan<T> {
        #[pin]
        inner: T,
        span: Span,
    }
}

impl<F, B> Future for InSpan<F>
where
    F: Future<Output = Result<Response<B>, Infallible>>,
{
    type Output = Result<Response<InSpan<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let _entered = this.span.enter();
        let Ok(response) = ready!(this.inner.poll(cx));
        let status = response.status();
        this.span.record("http.response.status_code", status.as_u16());
        if status.is_server_error() {
            this.span.record("error.type", status.as_str());
            this.span.record("otel.status_code", "ERROR");
        }
        let span = this.span.clone();
        Poll::Ready(Ok(response.map(|inner| InSpan { inner, span })))
    }
}

impl<B: Body> Body for InSpan<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.project();
        let frame = {
            let _entered = this.span.enter();
            ready!(this.inner.poll_frame(cx))
        };
        if frame.is_none() {
            *this.span = Span::none();
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
