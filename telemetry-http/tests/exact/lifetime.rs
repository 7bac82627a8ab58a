//! Requests that outlive their layer or their thread, and layers that come and go.

use std::cell::RefCell;
use std::thread;

use telemetry_core::testing::ScriptedBody;
use telemetry_http::ResponseBody;

use super::*;

fn begin(layer: &RequestMetricsLayer) -> ResponseBody<ScriptedBody> {
    let body = || ScriptedBody::new().data("hello").pending();
    let answer = move |_: Request<RequestBody<Upload>>| ready(Ok::<_, Infallible>(Response::new(body())));
    let mut body = now(layer.layer(service_fn(answer)).call(get())).unwrap().into_body();
    assert!(poll_once(pin!(body.frame())).is_ready());
    body
}

#[test]
fn hs_39_hs_41_requests_that_outlive_their_layer_are_recorded() {
    for reads in [false, true] {
        let (metrics, layer) = in_memory();
        if reads {
            send(&layer);
            assert_eq!(totals(&metrics.snapshot()), (1, 5.0, 0.0));
        }
        let bodies = [begin(&layer), begin(&layer)];
        drop(layer);
        let before = u64::from(reads);
        assert_eq!(totals(&metrics.snapshot()), (before, 5.0 * before as f64, 2.0));
        let [first, second] = bodies;
        drop(first);
        assert_eq!(totals(&metrics.snapshot()).2, 1.0);
        thread::spawn(move || drop(second)).join().unwrap();
        assert_eq!(totals(&metrics.snapshot()), (before + 2, 5.0 * (before + 2) as f64, 0.0));
    }
}

#[test]
fn hs_39_hs_41_a_request_that_ends_with_its_thread_is_recorded() {
    thread_local! {
        static LAST: RefCell<Vec<ResponseBody<ScriptedBody>>> = const { RefCell::new(Vec::new()) };
    }
    let (metrics, layer) = in_memory();
    for round in 1..=3 {
        // Its other thread-local values are made before it or after it, and so are gone or there when it is dropped.
        for sends_before in [true, false] {
            let layer = layer.clone();
            let work = move || {
                if sends_before {
                    send(&layer);
                }
                LAST.with_borrow_mut(|last| last.push(begin(&layer)));
            };
            thread::spawn(work).join().unwrap();
        }
        assert_eq!(totals(&metrics.snapshot()), (3 * round, 15.0 * round as f64, 0.0));
    }
}

#[test]
fn layers_that_come_and_go_add_up() {
    let metrics = InMemoryMetrics::new();
    for round in 1..=100 {
        let body = begin(&layer(&metrics.provider()));
        send(&layer(&metrics.provider()));
        assert_eq!(totals(&metrics.snapshot()).2, 1.0);
        drop(body);
        assert_eq!(totals(&metrics.snapshot()), (2 * round, 10.0 * round as f64, 0.0));
    }
    assert_eq!(metrics.snapshot().points(ACTIVE).len(), 1);
}

#[test]
fn two_layers_on_one_provider_count_their_active_requests_together() {
    let metrics = InMemoryMetrics::new();
    let layers = [layer(&metrics.provider()), layer(&metrics.provider())];
    for reads in [false, true] {
        let bodies = layers.each_ref().map(begin);
        if reads {
            assert_eq!(totals(&metrics.snapshot()).2, 2.0);
        }
        drop(bodies);
        assert_eq!(totals(&metrics.snapshot()).2, 0.0);
    }
    assert_eq!(totals(&metrics.snapshot()), (4, 20.0, 0.0));
}
