//! When a request begins and ends: its span and its metrics say the same.

use std::time::{Instant, SystemTime};

use super::flight::{Flight, PLAIN, Plan, endings, scripted};
use super::*;

/// What the metrics say of the time that requests took, in seconds.
fn recorded(pair: &Pair) -> f64 {
    let snapshot = pair.metrics.snapshot();
    assert_eq!(snapshot.count(pair.duration(), &[]), 1);
    snapshot.sum(pair.duration(), &[])
}

#[test]
fn hs_35_hc_08_a_span_and_its_metrics_begin_and_end_together() {
    for plan in endings() {
        println!("{plan:?}");
        each(|pair| {
            let before = SystemTime::now();
            Flight::fly(&pair.around(scripted()), plan.clone());
            let span = pair.spans.only();
            assert!(span.start_time >= before, "{span:?}");
            match pair.spans.way {
                Way::Api => assert_eq!(span.duration().as_secs_f64(), recorded(&pair)),
                // It takes a while to make the span, which then starts by its own clock.
                Way::Tracing => assert!(span.duration().as_secs_f64() <= recorded(&pair), "{span:?}"),
            }
        });
    }
}

/// Reads the whole response before it goes on.
fn buffering(inner: Client) -> Client {
    service(move |request| {
        let inner = inner.clone();
        Box::pin(async move {
            let (head, download) = call(&inner, request).await?.into_parts();
            let bytes = download.collect().await?.to_bytes();
            Ok(Response::from_parts(head, body(http_body_util::Full::from(bytes))))
        })
    })
}

#[test]
fn hs_35_where_a_layer_between_them_keeps_the_response_each_tells_its_own_end() {
    each(|pair| {
        let client = pair.around_with(service(hello), buffering);
        let start = Instant::now();
        let response = crate::now(client.oneshot(request())).unwrap();
        let answered = start.elapsed().as_secs_f64();
        let_time_pass();
        let outer_is_under_way = pair.metrics.snapshot().count(pair.duration(), &[]) == 0;
        assert_eq!(outer_is_under_way, pair.outside == Outside::Metrics);
        crate::now(response.into_body().collect()).unwrap();

        let (span, metrics) = (pair.spans.only().duration().as_secs_f64(), recorded(&pair));
        let (outer, inner) = if pair.outside == Outside::Metrics { (metrics, span) } else { (span, metrics) };
        // A span of `tracing` begins later than the metrics.
        let begins_later = pair.spans.way == Way::Tracing && pair.outside == Outside::Spans;
        let least = A_WHILE.as_secs_f64() + if begins_later { 0.0 } else { inner };
        assert!(inner <= answered && outer >= least - 1e-12, "{answered} {inner} {outer}");
    });
}

/// Answers after it has sent the request on, with all that it carries.
fn forwarding(to: Client) -> Client {
    service(move |request| {
        let to = to.clone();
        Box::pin(async move {
            let_time_pass();
            let mut onward = super::request();
            *onward.extensions_mut() = request.extensions().clone();
            let answer = call(&to, onward).await?;
            answer.into_body().collect().await?;
            let_time_pass();
            Ok(Response::new(body(http_body_util::Empty::new())))
        })
    })
}

#[test]
fn hs_35_a_request_within_a_request_is_another_one() {
    each(|pair| {
        let inner = pair.around(service(hello));
        let both = pair.around(forwarding(inner));
        send(&both, request());
        let spans = pair.spans.kept.finished();
        let [inner, outer] = &spans[..] else { panic!("{spans:?}") };
        assert_ne!(inner.span_id(), outer.span_id());
        assert!(inner.start_time >= outer.start_time + A_WHILE, "{inner:?} {outer:?}");
        let snapshot = pair.metrics.snapshot();
        assert_eq!(snapshot.count(pair.duration(), &[]), 2);
        if pair.spans.way == Way::Api {
            assert!(outer.duration() >= inner.duration() + 2 * A_WHILE, "{inner:?} {outer:?}");
            let all = (inner.duration() + outer.duration()).as_secs_f64();
            assert!((all - snapshot.sum(pair.duration(), &[])).abs() < 1e-12, "{all}");
        }
        // A client's span is under that around it, and a server's is under what the headers say.
        assert_eq!(inner.is_child_of(outer), pair.side == Side::Client);
    });
}

#[test]
fn hs_44_the_clock_does_not_run_while_the_service_is_not_ready() {
    each(|pair| {
        let plan = Plan { tells_end: true, ..PLAIN };
        let mut client = pair.around(scripted());
        crate::now(std::future::poll_fn(|cx| client.poll_ready(cx))).unwrap();
        let_time_pass();
        let (before, start) = (SystemTime::now(), Instant::now());
        Flight::fly(&client, plan);
        let span = pair.spans.only();
        assert!(span.start_time >= before, "{span:?}");
        assert!(recorded(&pair) <= start.elapsed().as_secs_f64());
    });
}
