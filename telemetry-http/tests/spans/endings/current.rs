//! What is current while a request runs, and after.

use std::sync::{Arc, Mutex};

use telemetry_core::opentelemetry::trace::SpanId;

use super::*;
use crate::Way;

/// The span that is current now, for both APIs.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    api: SpanId,
    is_in_tracing: bool,
}

impl Seen {
    fn now() -> Self {
        let api = Context::current().span().span_context().span_id();
        Self { api, is_in_tracing: !tracing::Span::current().is_none() }
    }

    /// What is seen inside of a span.
    fn inside(case: &Case<'_>, span: &FinishedSpan) -> Self {
        Self { api: span.span_id(), is_in_tracing: case.spans.way == Way::Tracing }
    }
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// Sees what is current when it is polled as a body, and when it is dropped.
struct Witness(Log);

impl http_body::Body for Witness {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        self.0.lock().unwrap().push(Seen::now());
        Poll::Pending
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(Seen::now());
    }
}

/// Sees what is current in the call, in each poll, and when it is dropped.
fn watch(log: &Log) -> impl Service<Request<RequestBody<Upload>>, Response = Response<Upload>, Error = Infallible> {
    let log = Arc::clone(log);
    service_fn(move |_: Request<RequestBody<Upload>>| {
        let witness = Witness(Arc::clone(&log));
        log.lock().unwrap().push(Seen::now());
        async move {
            let witness = witness;
            std::future::poll_fn(|_| {
                witness.0.lock().unwrap().push(Seen::now());
                Poll::<()>::Pending
            })
            .await;
            Ok(Response::default())
        }
    })
}

fn taken(log: &Log) -> Vec<Seen> {
    std::mem::take(&mut log.lock().unwrap())
}

#[test]
fn cp_11_the_span_is_current_in_the_call_in_each_poll_and_in_destructors_of_what_is_cancelled() {
    each(|case| {
        let log = Log::default();
        let mut future = Box::pin(case.layer(watch(&log)).call(request()));
        for _ in 0..2 {
            assert!(poll_once(future.as_mut()).is_pending());
            assert_nothing_is_current();
        }
        drop(future);
        let span = case.assert_ended(None, case.cancelled());
        assert_eq!(taken(&log), vec![Seen::inside(case, &span); 4]);

        let mut body = respond_with(case, Witness(Arc::clone(&log)));
        assert_eq!(drain(&mut body), 0);
        drop(body);
        let span = case.assert_ended(Some(200), case.cancelled());
        assert_eq!(taken(&log), vec![Seen::inside(case, &span); 2]);
    });
}

#[test]
fn cp_11_the_span_is_current_in_destructors_while_a_panic_unwinds() {
    each(|case| {
        let log = Log::default();
        let service = service_fn(|_: Request<RequestBody<Upload>>| {
            let witness = Witness(Arc::clone(&log));
            async move {
                let _witness = witness;
                panic!("on purpose");
                #[expect(unreachable_code, reason = "names the type")]
                Ok::<Response<Upload>, Infallible>(Response::default())
            }
        });
        let mut future = Box::pin(case.layer(service).call(request()));
        assert_panics(|| drop(poll_once(future.as_mut())));
        drop(future);
        let span = case.assert_ended(None, Some("panic"));
        assert_eq!(taken(&log), [Seen::inside(case, &span)]);
    });
}

#[test]
fn cp_11_requests_on_one_thread_do_not_see_each_other() {
    each(|case| {
        let logs = [Log::default(), Log::default()];
        let mut futures = logs.each_ref().map(|log| Box::pin(case.layer(watch(log)).call(request())));
        for _ in 0..3 {
            for future in &mut futures {
                assert!(poll_once(future.as_mut()).is_pending());
                assert_nothing_is_current();
            }
        }
        for (future, log) in futures.into_iter().zip(&logs) {
            drop(future);
            let span = case.assert_ended(None, case.cancelled());
            assert_eq!(taken(log), vec![Seen::inside(case, &span); 5]);
        }
    });
}

#[test]
fn cp_11_what_was_current_before_is_current_again() {
    each(|case| {
        let outer = tracing::info_span!("outer").entered();
        let outside = Seen::now();
        let log = Log::default();
        let mut future = Box::pin(case.layer(watch(&log)).call(request()));
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(Seen::now(), outside);
        drop(future);
        assert_eq!(Seen::now(), outside);
        drop(outer);
        assert_nothing_is_current();
        let span = case.spans.kept.finished().into_iter().find(|span| span.name == "GET").unwrap();
        let inside = Seen { api: span.span_id(), is_in_tracing: true };
        assert_eq!(taken(&log), vec![inside; 3]);
        case.spans.kept.clear();
    });
}

/// What a task may keep of the request that has started it.
fn kept_by_a_task() -> (Context, tracing::Span) {
    (Context::current(), tracing::Span::current())
}

#[test]
fn sp_57_sp_58_a_span_ends_with_the_response_though_a_task_keeps_it() {
    each(|case| {
        let kept = Mutex::default();
        let service = service_fn(|_: Request<RequestBody<Upload>>| {
            *kept.lock().unwrap() = Some(kept_by_a_task());
            ready(Ok::<_, Infallible>(Response::new(Upload::from("hello"))))
        });
        let mut body = crate::now(case.layer(service).call(request())).unwrap().into_body();
        case.assert_running();
        drain(&mut body);
        case.assert_ended(Some(200), None);

        let (context, span) = kept.into_inner().unwrap().unwrap();
        span.in_scope(|| drop(context.attach()));
        drop(span);
        case.assert_running();
    });
}
