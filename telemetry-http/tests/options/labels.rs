//! What a handler adds while it runs.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::channel;

use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::ScriptedBody;
use telemetry_http::{HttpRoute, RequestLabels};

use super::*;

fn labels(request: &Inner) -> RequestLabels {
    request.extensions().get::<RequestLabels>().unwrap().clone()
}

fn plan() -> KeyValue {
    KeyValue::new("shop.plan", "gold")
}

const PLAN: &[(&str, &str)] = &[("shop.plan", "gold")];

#[test]
fn hs_38_labels_are_on_what_has_ended_and_not_on_active_requests() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_labels();
    let handler = |request: Inner| {
        labels(&request).add(plan());
        hello(request)
    };
    finish(layer.layer(service_fn(handler)), get());
    send(&layer, get());
    let snapshot = metrics.snapshot();
    for metric in [DURATION, REQUEST_SIZE, RESPONSE_SIZE] {
        assert_eq!((snapshot.count(metric, PLAN), snapshot.count(metric, &[])), (1, 2), "each has its own: {metric}");
    }
    assert_eq!(values(&snapshot, ACTIVE, "shop.plan"), [None]);
}

#[test]
fn without_the_option_there_are_none() {
    let metrics = InMemoryMetrics::new();
    let handler = |request: Inner| {
        assert!(request.extensions().get::<RequestLabels>().is_none());
        hello(request)
    };
    finish(server(&metrics).layer(service_fn(handler)), get());
    assert_eq!(metrics.snapshot().count(DURATION, &[]), 1);
}

#[test]
fn hs_43_a_handler_that_panics_has_set_them() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_labels();
    let handler = |request: Inner| async move {
        labels(&request).add(plan());
        labels(&request).set_route("/users/{id}");
        resume_unwind(Box::new("on purpose"))
    };
    let mut service = layer.layer(service_fn(|request| async {
        let () = handler(request).await;
        Ok::<_, Infallible>(status(200))
    }));
    let panic = catch_unwind(AssertUnwindSafe(|| now(service.call(get())).map(drop)));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"on purpose"));
    let seen = [PLAN[0], ("error.type", "panic"), ("http.route", "/users/{id}")];
    assert_eq!(metrics.snapshot().count(DURATION, &seen), 1);
}

#[test]
fn hs_42_a_request_that_is_dropped_while_its_handler_runs_has_them() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_labels();
    let mut service = layer.layer(service_fn(|request: Inner| {
        labels(&request).add(plan());
        pending::<Result<Response<Upload>, Infallible>>()
    }));
    drop(service.call(get()));
    assert_eq!(metrics.snapshot().count(DURATION, &[PLAN[0], ("error.type", "cancelled")]), 1);
}

#[test]
fn a_body_may_still_set_them_and_after_the_end_nobody_can() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_labels();
    let (sender, receiver) = channel();
    let mut service = layer.layer(service_fn(move |request: Inner| {
        sender.send(labels(&request)).unwrap();
        ready(Ok::<_, Infallible>(Response::new(ScriptedBody::new().data("hello"))))
    }));
    let mut body = now(service.call(get())).unwrap().into_body();
    let labels = receiver.recv().unwrap();
    now(body.frame()).unwrap().unwrap();
    labels.add(plan());
    assert!(now(body.frame()).is_none());
    labels.add(KeyValue::new("shop.late", true));
    labels.set_route("/late");
    drop(body);
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.count(DURATION, PLAN), 1);
    assert_eq!(values(&snapshot, DURATION, "shop.late"), [None]);
    assert_eq!(values(&snapshot, DURATION, "http.route"), [None]);
}

#[test]
fn a_request_has_32_of_them_and_the_last_of_a_name_wins() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_labels().with_attributes([KeyValue::new("n00", "layer")]);
    let handler = |request: Inner| {
        let labels = labels(&request);
        (0..31).for_each(|n| labels.add(KeyValue::new(format!("n{n:02}"), n)));
        labels.add(KeyValue::new("n00", "label"));
        labels.add(KeyValue::new("n32", "too many"));
        hello(request)
    };
    finish(layer.layer(service_fn(handler)), get());
    let have = attributes(&metrics.snapshot(), DURATION);
    let have: Vec<_> = have.iter().filter(|pair| !pair.contains('.')).collect();
    assert_eq!((have.len(), have[0].as_str()), (31, "n00=label"));
    assert_eq!(have[30], "n30=30");
}

#[test]
fn hs_16_a_label_wins_over_the_response_and_the_layers_names_are_left_out() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_labels().with_response_attributes(|_| vec![KeyValue::new("shop.plan", "none")]);
    let handler = |request: Inner| {
        labels(&request).add(plan());
        labels(&request).add(KeyValue::new("http.response.status_code", 999));
        labels(&request).add(KeyValue::new("http.route", "/wrong"));
        labels(&request).set_route("/right");
        let mut response = status(200);
        response.extensions_mut().insert(HttpRoute::new("/wrong"));
        ready(Ok::<_, Infallible>(response))
    };
    finish(layer.layer(service_fn(handler)), get());
    let seen = [PLAN[0], ("http.response.status_code", "200"), ("http.route", "/right")];
    assert_eq!(metrics.snapshot().count(DURATION, &seen), 1);
}

#[test]
fn labels_of_nobody_go_nowhere() {
    let labels = RequestLabels::default();
    (0..100).for_each(|n| labels.add(KeyValue::new("n", n)));
    labels.set_route("/nowhere");
    let metrics = InMemoryMetrics::new();
    let mut request = get();
    request.extensions_mut().insert(labels);
    send(&server(&metrics).with_labels(), request);
    assert_eq!(values(&metrics.snapshot(), DURATION, "n"), [None], "the layer's own replace what came in");
}

/// Adds its label when it is dropped.
struct Last(RequestLabels);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.add(plan());
    }
}

#[test]
fn what_is_dropped_with_the_handler_or_with_the_body_comes_before_the_record() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_labels();
    let mut service = layer.layer(service_fn(|request: Inner| {
        let last = Last(labels(&request));
        async move {
            let _last = last;
            pending::<Result<Response<Upload>, Infallible>>().await
        }
    }));
    let mut future = Box::pin(service.call(get()));
    assert!(poll_once(future.as_mut()).is_pending());
    drop(future);
    assert_eq!(metrics.snapshot().count(DURATION, PLAN), 1);

    let mut service = layer.layer(service_fn(|request: Inner| {
        let last = Last(labels(&request));
        let body = ScriptedBody::new().map_frame(move |frame| {
            let _last = &last;
            frame
        });
        ready(Ok::<_, Infallible>(Response::new(body)))
    }));
    drop(now(service.call(get())));
    assert_eq!(metrics.snapshot().count(DURATION, PLAN), 2);
}
