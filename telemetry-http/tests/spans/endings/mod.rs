//! Every way in which a request can end, and what its span says of it then: on both sides, made in both ways.
#![allow(clippy::expect_used, clippy::panic, clippy::print_stdout)] // Helpers of tests may fail them.

mod callers;
mod current;
mod early;
mod labels;
mod messages;
mod panics;
mod response;

use std::convert::Infallible;
use std::future::{pending, ready};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::trace::{SpanKind, Status, TraceContextExt};
use telemetry_core::testing::{FinishedSpan, ScriptedBody, poll_once};
use telemetry_http::{
    ClientTraceLayer, ClientTraceService, RequestBody, RequestTraceLayer, RequestTraceService, ResponseBody, Traced,
};
use tower::util::Either;
use tower::{Layer, Service, service_fn};

use crate::{Spans, both};

type Upload = http_body_util::Full<Bytes>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Server,
    Client,
}

/// A layer of one side, made in one way.
struct Case<'a> {
    side: Side,
    spans: &'a Spans,
    server: RequestTraceLayer,
    client: ClientTraceLayer,
}

/// Runs a test for both sides and both ways.
fn each(test: impl Fn(&Case<'_>)) {
    both(|spans| {
        for side in [Side::Server, Side::Client] {
            println!("{side:?}");
            test(&Case { side, spans, server: spans.server(), client: spans.client() });
        }
    });
}

impl Case<'_> {
    fn layer<S>(&self, inner: S) -> Either<RequestTraceService<S>, ClientTraceService<S>> {
        match self.side {
            Side::Server => Either::Left(self.server.layer(inner)),
            Side::Client => Either::Right(self.client.layer(inner)),
        }
    }

    /// The same with options.
    fn with(
        &self,
        server: impl FnOnce(RequestTraceLayer) -> RequestTraceLayer,
        client: impl FnOnce(ClientTraceLayer) -> ClientTraceLayer,
    ) -> Self {
        let (server, client) = (server(self.server.clone()), client(self.client.clone()));
        Self { side: self.side, spans: self.spans, server, client }
    }

    /// Who has hung up: on a client it is the caller's own wish.
    fn cancelled(&self) -> Option<&'static str> {
        (self.side == Side::Server).then_some("cancelled")
    }

    #[track_caller]
    fn assert_running(&self) {
        assert_eq!(self.spans.kept.finished(), []);
        assert_nothing_is_current();
    }

    /// Asserts that one span has ended since the last time, with this status and this error, and nothing but that. Gives
    /// the span.
    #[track_caller]
    fn assert_ended(&self, status: Option<u16>, error: Option<&str>) -> FinishedSpan {
        let span = self.spans.only();
        let text = |name: &str| span.attribute(name).map(ToString::to_string);
        assert_eq!(span.attribute("http.response.status_code"), status.map(|code| i64::from(code).into()).as_ref());
        assert_eq!(text("error.type").as_deref(), error);
        let expected = if error.is_some() { Status::error("") } else { Status::Unset };
        assert_eq!(span.status, expected);
        assert_eq!(span.span_kind, if self.side == Side::Server { SpanKind::Server } else { SpanKind::Client });
        assert!(span.is_root() && span.end_time >= span.start_time, "{span:?}");
        assert_nothing_is_current();
        span
    }
}

#[track_caller]
fn assert_nothing_is_current() {
    assert!(!Context::current().has_active_span(), "{:?}", Context::current());
    assert!(tracing::Span::current().is_none(), "{:?}", tracing::Span::current());
}

fn request() -> Request<Upload> {
    Request::get("http://shop.example/").body(Upload::default()).unwrap()
}

/// Calls a service that is ready at once with `response`, and gives the response that came through the layer.
fn respond<B, E>(
    case: &Case<'_>,
    request: Request<Upload>,
    response: Result<Response<B>, E>,
) -> Result<Response<ResponseBody<B, Traced>>, E>
where
    B: http_body::Body<Error: 'static>,
    E: 'static,
{
    let mut response = Some(response);
    let service = service_fn(move |_: Request<RequestBody<Upload>>| ready(response.take().unwrap()));
    crate::now(case.layer(service).call(request))
}

fn respond_with<B: http_body::Body<Error: 'static>>(case: &Case<'_>, body: B) -> ResponseBody<B, Traced> {
    respond(case, request(), Ok::<_, Infallible>(Response::new(body))).unwrap().into_body()
}

/// A service that never answers.
async fn never<B>(_: Request<B>) -> Result<Response<Upload>, Infallible> {
    pending().await
}

/// Polls the body until it has nothing ready, has failed or has ended. Gives the number of frames.
fn drain<B: http_body::Body + Unpin>(body: &mut B) -> usize {
    let mut frames = 0;
    while let Poll::Ready(Some(Ok(_))) = poll_once(pin!(body.frame())) {
        frames += 1;
        assert_nothing_is_current();
    }
    frames
}

/// Runs `request` and asserts that the panic which comes out of it is the one that was made on purpose.
#[track_caller]
fn assert_panics(request: impl FnOnce()) {
    let panic = catch_unwind(AssertUnwindSafe(request)).expect_err("the panic goes on");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
    assert_nothing_is_current();
}
