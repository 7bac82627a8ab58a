//! Functions of the caller that panic: the panic goes on, and the request is recorded once all the same.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::Context;

use http_body::{Body, Frame, SizeHint};
use telemetry_core::AttributesFactory;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_http::RequestFilter;

use super::*;

/// A quiet one.
fn panic<T>() -> T {
    resume_unwind(Box::new("the caller's"))
}

/// Sends a request whose panic must come through, then one more way of ending it: both by `layer`.
#[track_caller]
fn assert_panics(layer: &RequestMetricsLayer, send: impl Fn(&RequestMetricsLayer)) {
    let panic = catch_unwind(AssertUnwindSafe(|| send(layer))).expect_err("the panic goes on");
    assert_eq!(panic.downcast_ref(), Some(&"the caller's"));
}

#[test]
fn hs_39_hs_43_functions_that_look_at_requests_may_panic() {
    type Option = fn(RequestMetricsLayer) -> RequestMetricsLayer;
    let options: [(Option, bool); 3] = [
        (|layer| layer.with_route(|_| panic()), false),
        (|layer| layer.with_attributes(AttributesFactory::from_fn(|_| panic())), false),
        (|layer| layer.with_response_attributes(|_| panic::<Vec<KeyValue>>()), true),
    ];
    for (option, has_head) in options {
        let (metrics, layer) = in_memory();
        let layer = option(layer);
        for round in 1..=3 {
            assert_panics(&layer, send);
            let snapshot = metrics.snapshot();
            assert_eq!(snapshot.count(DURATION, &[("error.type", "panic")]), round);
            assert_eq!(snapshot.count(RESPONSE_SIZE, &[]), if has_head { round } else { 0 });
            assert_eq!((snapshot.count(DURATION, &[]), snapshot.sum(ACTIVE, &[])), (round, 0.0));
        }
    }
}

#[test]
fn a_filter_that_panics_observes_nothing() {
    let (metrics, layer) = in_memory();
    let layer = layer.with_filter(RequestFilter::new(|head| head.uri.path() != "/users/42" || panic()));
    assert_panics(&layer, send);
    assert!(metrics.snapshot().names().is_empty());
}

#[test]
fn hs_39_hs_41_a_function_that_judges_a_status_may_panic() {
    let (metrics, layer) = in_memory();
    // It is asked when the layer is made: a request ends where a panic would lose it.
    let result = catch_unwind(AssertUnwindSafe(|| layer.clone().with_error_status(|status| status == 200 && panic())));
    assert_eq!(result.unwrap_err().downcast_ref(), Some(&"the caller's"));
    send(&layer);
    assert_eq!(totals(&metrics.snapshot()), (1, 5.0, 0.0));
}

/// A body that panics in one place.
#[derive(Clone, Copy, PartialEq)]
enum Bomb {
    End,
    Size,
    Drop,
    Nowhere,
}

impl Body for Bomb {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        if *self == Self::End { panic() } else { false }
    }

    fn size_hint(&self) -> SizeHint {
        if *self == Self::Size { panic() } else { SizeHint::default() }
    }
}

struct Dropped(Bomb);

impl Body for Dropped {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        if self.0 == Bomb::Drop {
            panic::<()>();
        }
    }
}

#[test]
fn hs_39_hs_43_a_body_may_panic_when_it_is_asked_or_dropped() {
    let cases = [
        (Bomb::End, Bomb::Nowhere, "panic", None),
        (Bomb::Nowhere, Bomb::End, "panic", Some("200")),
        (Bomb::Nowhere, Bomb::Size, "panic", Some("200")),
        // Whoever dropped it did that first.
        (Bomb::Nowhere, Bomb::Drop, "cancelled", Some("200")),
    ];
    for (upload, download, error, status) in cases {
        let (metrics, layer) = in_memory();
        for round in 1..=3 {
            assert_panics(&layer, |layer| {
                let answer =
                    |_: Request<RequestBody<Bomb>>| ready(Ok::<_, Infallible>(Response::new(Dropped(download))));
                drop(now(layer.layer(service_fn(answer)).call(Request::new(upload))));
            });
            let snapshot = metrics.snapshot();
            assert_eq!(snapshot.count(DURATION, &[("error.type", error)]), round);
            let [point] = snapshot.points(DURATION)[..] else { panic!("one series") };
            assert_eq!(point.attributes.get("http.response.status_code").map(String::as_str), status);
            assert_eq!(totals(&snapshot), (round, 0.0, 0.0));
        }
    }
}
