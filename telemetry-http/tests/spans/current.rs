//! While which code a span is the current one.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty};
use telemetry_core::opentelemetry::trace::TraceContextExt;
use telemetry_core::opentelemetry::{Context, SpanId};
use telemetry_core::testing::{FinishedSpan, poll_once};
use telemetry_http::RequestBody;
use tower::{Layer, Service, service_fn};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{Spans, Way, both, exchange, hello};

/// The current spans of both APIs, as OpenTelemetry knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Current {
    context: SpanId,
    tracing: SpanId,
}

impl Current {
    const NONE: Self = Self { context: SpanId::INVALID, tracing: SpanId::INVALID };

    fn look() -> Self {
        let id = |context: &Context| context.span().span_context().span_id();
        // Whoever is in no span of `tracing` would be told the default context.
        let tracing = tracing::Span::current();
        let tracing = if tracing.is_none() { SpanId::INVALID } else { id(&tracing.context()) };
        Self { context: id(&Context::current()), tracing }
    }

    fn of(way: Way, span: SpanId) -> Self {
        Self { context: span, tracing: if way == Way::Tracing { span } else { SpanId::INVALID } }
    }
}

/// What was current, with the place in the code.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(&'static str, Current)>>>);

impl Seen {
    fn note(&self, place: &'static str) {
        self.0.lock().unwrap().push((place, Current::look()));
    }

    fn take(&self) -> Vec<(&'static str, Current)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// Notes its polls and its drop.
struct Watched {
    seen: Seen,
    pending: bool,
    left: u8,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.seen.note("body");
        if std::mem::take(&mut self.pending) {
            return Poll::Pending;
        }
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        Poll::Ready(Some(Ok(Frame::data("one".into()))))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.seen.note("drop");
    }
}

type Incoming = Request<RequestBody<Empty<Bytes>>>;

/// A service that waits once, and so does its body.
fn watched(
    seen: &Seen,
) -> impl Service<
    Incoming,
    Response = Response<Watched>,
    Error = Infallible,
    Future: Future<Output = Result<Response<Watched>, Infallible>> + Send,
> {
    let seen = seen.clone();
    service_fn(move |_: Incoming| {
        seen.note("call");
        let (seen, mut is_pending) = (seen.clone(), true);
        async move {
            poll_fn(|_| {
                seen.note("poll");
                if std::mem::take(&mut is_pending) { Poll::Pending } else { Poll::Ready(()) }
            })
            .await;
            Ok(Response::new(Watched { seen, pending: true, left: 1 }))
        }
    })
}

fn request() -> Request<Empty<Bytes>> {
    Request::get("http://shop.example/").body(Empty::new()).unwrap()
}

/// Sends a request through a service whose places are noted. Gives the places, and checks that nothing is left behind
/// after each step.
macro_rules! step_by_step {
    ($service:expr, $seen:expr) => {{
        let mut service = $service;
        let mut future = pin!(service.call(request()));
        assert_eq!(Current::look(), Current::NONE);
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(Current::look(), Current::NONE);
        let Poll::Ready(Ok(response)) = poll_once(future.as_mut()) else { panic!("ready") };
        assert_eq!(Current::look(), Current::NONE);
        let mut body = Box::pin(response.into_body());
        assert!(poll_once(pin!(body.frame())).is_pending());
        assert_eq!(Current::look(), Current::NONE);
        assert!(poll_once(pin!(body.frame())).is_ready());
        assert!(poll_once(pin!(body.frame())).is_ready());
        assert_eq!(Current::look(), Current::NONE);
        drop(body);
        $seen.take()
    }};
}

#[test]
fn cp_11_the_span_is_current_in_the_call_in_each_poll_and_in_those_of_the_body_and_never_after() {
    both(|spans| {
        let seen = Seen::default();
        for is_server in [true, false] {
            let noted = if is_server {
                step_by_step!(spans.server().layer(watched(&seen)), seen)
            } else {
                step_by_step!(spans.client().layer(watched(&seen)), seen)
            };
            let current = Current::of(spans.way, spans.only().span_id());
            let places: Vec<_> = noted.iter().map(|(place, _)| *place).collect();
            assert_eq!(places, ["call", "poll", "poll", "body", "body", "body", "drop"]);
            // The span has ended before the body is dropped.
            assert!(noted[..6].iter().all(|(_, seen)| *seen == current), "{noted:?} in {current:?}");
            assert_eq!(noted[6].1, Current::NONE);
        }
    });
}

#[test]
fn cp_11_the_span_is_current_while_what_was_cancelled_is_dropped() {
    both(|spans| {
        let seen = Seen::default();
        let mut service = spans.server().layer(watched(&seen));
        let mut future = Box::pin(service.call(request()));
        assert!(poll_once(future.as_mut()).is_pending());
        let Poll::Ready(Ok(response)) = poll_once(future.as_mut()) else { panic!("ready") };
        drop(response);
        assert_eq!(Current::look(), Current::NONE);
        let current = Current::of(spans.way, spans.only().span_id());
        assert_eq!(seen.take().pop(), Some(("drop", current)));
    });
}

#[test]
fn cp_11_two_requests_on_one_thread_do_not_see_each_other() {
    both(|spans| {
        let seen = [(); 2].map(|()| Seen::default());
        let mut services = seen.each_ref().map(|seen| spans.server().layer(watched(seen)));
        let mut futures: Vec<_> = services.iter_mut().map(|service| Box::pin(service.call(request()))).collect();
        for future in &mut futures {
            assert!(poll_once(future.as_mut()).is_pending());
        }
        let mut bodies = Vec::new();
        for future in futures.iter_mut().rev() {
            let Poll::Ready(Ok(response)) = poll_once(future.as_mut()) else { panic!("ready") };
            bodies.push(Box::pin(response.into_body()));
        }
        for _ in 0..3 {
            bodies.iter_mut().for_each(|body| {
                let _ = poll_once(pin!(body.frame()));
            });
        }
        assert_eq!(Current::look(), Current::NONE);
        let noted = seen.each_ref().map(Seen::take);
        let ids = noted.each_ref().map(|noted| noted[0].1);
        assert_ne!(ids[0], ids[1]);
        for (noted, id) in noted.iter().zip(ids) {
            assert_eq!(noted.len(), 6);
            assert!(noted.iter().all(|(_, seen)| *seen == id), "{noted:?}");
        }
        let mut ended: Vec<_> = spans.kept.finished().iter().map(FinishedSpan::span_id).collect();
        ended.reverse();
        assert_eq!(ids.map(|id| id.context)[..], ended[..]);
        drop((bodies, futures));
        spans.kept.clear();
    });
}

#[test]
fn cp_11_a_request_within_a_request_is_current_until_it_is_done() {
    both(|spans| {
        exchange(&spans.server(), Request::get("/"), |_| {
            let outer = Current::look();
            exchange(&spans.client(), Request::get("http://shop.example/"), |_| {
                assert_ne!(Current::look(), outer);
                hello()
            });
            assert_eq!(Current::look(), outer);
            hello()
        });
        let [client, server] = &spans.kept.finished()[..] else { panic!("two spans") };
        assert!(client.is_child_of(server));
        spans.kept.clear();
    });
}

#[test]
fn cp_11_a_task_that_the_handler_spawns_has_no_current_span_unless_it_takes_it_along() {
    both(|spans| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let tasks = Arc::new(Mutex::new(Vec::new()));
            let spawned = Arc::clone(&tasks);
            let mut service = spans.server().layer(service_fn(move |_: Incoming| {
                let span = tracing::Span::current();
                let alone = tokio::spawn(async { Current::look() });
                let along = tokio::spawn(async move { span.in_scope(Current::look) });
                spawned.lock().unwrap().extend([alone, along]);
                async { Ok::<_, Infallible>(hello()) }
            }));
            service.call(request()).await.unwrap().collect().await.unwrap();
            let span = spans.only().span_id();
            let [alone, along] = <[_; 2]>::try_from(std::mem::take(&mut *tasks.lock().unwrap())).unwrap();
            assert_eq!(alone.await.unwrap(), Current::NONE);
            let taken = if spans.way == Way::Tracing { Current::of(spans.way, span) } else { Current::NONE };
            assert_eq!(along.await.unwrap(), taken);
            assert!(spans.kept.finished().is_empty(), "it has ended once");
        });
    });
}

#[test]
fn cp_11_a_request_moves_from_thread_to_thread() {
    // The subscriber of `tracing` is that of one thread here.
    let spans = Spans::new(Way::Api);
    let seen = Seen::default();
    let mut service = spans.server().layer(watched(&seen));
    let mut future = Box::pin(service.call(request()));
    let mut poll = || std::thread::scope(|scope| scope.spawn(|| poll_once(future.as_mut())).join().unwrap());
    assert!(poll().is_pending());
    assert_eq!(Current::look(), Current::NONE);
    let Poll::Ready(Ok(response)) = poll() else { panic!("ready") };
    assert!(std::thread::scope(|scope| scope.spawn(move || drop(response)).join()).is_ok());
    let current = Current::of(Way::Api, spans.only().span_id());
    assert!(seen.take().into_iter().all(|(_, seen)| seen == current));
}
