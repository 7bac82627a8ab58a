//! What a handler says of its request, for its span and for its metrics.

use std::sync::Arc;

use telemetry_core::opentelemetry::KeyValue;
use telemetry_http::RequestLabels;

use super::*;

/// A handler that names a plan.
fn labelling(request: Request<Body>) -> Answer {
    if let Some(labels) = request.extensions().get::<RequestLabels>() {
        labels.add(KeyValue::new("shop.plan", "gold"));
    }
    hello(request)
}

#[test]
fn one_label_is_in_both_if_both_ask_or_if_the_metrics_outside_do() {
    for way in Way::ALL {
        for outside in [Outside::Metrics, Outside::Spans] {
            for span_asks in [true, false] {
                let pair = Pair::new(way, Side::Server, outside).with_servers(|spans, metrics| {
                    (if span_asks { spans.with_labels() } else { spans }, metrics.with_labels())
                });
                send(&pair.around(service(labelling)), request());
                let in_span = pair.spans.only().attribute("shop.plan").map(ToString::to_string);
                let is_seen = span_asks || outside == Outside::Metrics;
                assert_eq!(in_span.as_deref(), is_seen.then_some("gold"), "{way:?} {outside:?}");
                assert_eq!(pair.metrics.snapshot().count(pair.duration(), &[("shop.plan", "gold")]), 1);
            }
        }
    }
}

#[test]
fn the_labels_of_a_request_within_a_request_are_its_own() {
    for way in Way::ALL {
        for outside in [Outside::Metrics, Outside::Spans] {
            let pair = Pair::new(way, Side::Server, outside)
                .with_servers(|spans, metrics| (spans.with_labels(), metrics.with_labels()));
            let inner = pair.around(service(hello));
            let around = pair.around(service(move |request| {
                let mut onward = super::request();
                *onward.extensions_mut() = request.extensions().clone();
                let answered = call(&inner, onward);
                let labelled = labelling(request);
                Box::pin(async move {
                    answered.await?.into_body().collect().await?;
                    labelled.await
                })
            }));
            send(&around, request());
            let snapshot = pair.metrics.snapshot();
            assert_eq!(snapshot.count(pair.duration(), &[]), 2);
            assert_eq!(snapshot.count(pair.duration(), &[("shop.plan", "gold")]), 1);
            let labelled = |span: &FinishedSpan| span.attribute("shop.plan").is_some();
            let with_label = pair.spans.kept.finished().iter().map(labelled).collect::<Vec<_>>();
            assert_eq!(with_label, [false, true]);
        }
    }
}

#[test]
fn nothing_of_a_request_is_kept_when_it_has_ended() {
    for way in Way::ALL {
        for outside in [Outside::Metrics, Outside::Spans] {
            let pair = Pair::new(way, Side::Server, outside)
                .with_servers(|spans, metrics| (spans.with_labels(), metrics.with_labels()));
            let plan: Arc<str> = "gold".into();
            let client = {
                let plan = Arc::clone(&plan);
                pair.around(service(move |request| {
                    let labels = request.extensions().get::<RequestLabels>().unwrap();
                    labels.add(KeyValue::new("shop.plan", Arc::clone(&plan)));
                    hello(request)
                }))
            };
            let owners_after = |requests: usize| {
                let at_once: Vec<_> = (0..requests).map(|_| call(&client, request())).collect();
                drop(at_once);
                pair.spans.kept.clear();
                Arc::strong_count(&plan)
            };
            // The series keeps its attributes.
            assert_eq!(owners_after(1), owners_after(10), "{way:?} {outside:?}");
        }
    }
}
