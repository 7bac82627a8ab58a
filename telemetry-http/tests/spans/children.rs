//! Spans of both APIs inside of a request's.

use http::Request;
use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};
use telemetry_core::testing::InMemorySpans;
use tracing::info_span;
use tracing_subscriber::layer::Identity;

use crate::{Spans, Way, exchange, hello, send};

/// With and without contexts that become current when a span of `tracing` is entered.
fn all(test: impl Fn(&Spans, bool)) {
    for way in Way::ALL {
        for activates in [true, false] {
            println!("{way:?} {activates}");
            let options = |exporting: crate::Exporting| exporting.with_context_activation(activates);
            test(&Spans::beside(way, InMemorySpans::new(), options, None::<Identity>), activates);
        }
    }
}

fn request() -> http::request::Builder {
    Request::get("http://shop.example/")
}

#[test]
fn cp_11_a_span_of_tracing_in_the_handler_is_a_child_of_the_request_s() {
    all(|spans, _| {
        exchange(&spans.server(), request(), |_| {
            info_span!("checkout").in_scope(|| info_span!("pay").in_scope(|| ()));
            hello()
        });
        let [pay, checkout, server] = &spans.kept.finished()[..] else { panic!("three spans") };
        assert!(checkout.is_child_of(server) && pay.is_child_of(checkout));
        assert!(server.is_root());
    });
}

#[test]
fn cp_11_a_span_of_opentelemetry_in_the_handler_is_a_child_of_the_request_s() {
    all(|spans, activates| {
        // Without activation a span of `tracing` is not where OpenTelemetry looks: that is what it is for.
        if spans.way == Way::Tracing && !activates {
            return;
        }
        exchange(&spans.server(), request(), |_| {
            let tracer = spans.kept.provider().tracer("shop");
            tracer.in_span("checkout", |_| tracer.in_span("pay", |_| ()));
            hello()
        });
        let [pay, checkout, server] = &spans.kept.finished()[..] else { panic!("three spans") };
        assert!(checkout.is_child_of(server) && pay.is_child_of(checkout));
    });
}

#[test]
fn cp_11_spans_of_both_apis_are_one_inside_of_the_other() {
    all(|spans, activates| {
        if !activates {
            return;
        }
        let tracer = spans.kept.provider().tracer("shop");
        exchange(&spans.server(), request(), |_| {
            info_span!("a").in_scope(|| tracer.in_span("b", |_| info_span!("c").in_scope(|| ())));
            tracer.in_span("d", |_| info_span!("e").in_scope(|| tracer.in_span("f", |_| ())));
            hello()
        });
        let [a, b, c, d, e, f, server] = ["a", "b", "c", "d", "e", "f", "GET"].map(|name| spans.kept.named(name));
        assert!(a.is_child_of(&server) && b.is_child_of(&a) && c.is_child_of(&b));
        assert!(d.is_child_of(&server) && e.is_child_of(&d) && f.is_child_of(&e));
    });
}

#[test]
fn cp_11_a_span_of_tracing_in_one_of_opentelemetry_finds_it_without_activation_as_well() {
    let options = |exporting: crate::Exporting| exporting.with_context_activation(false);
    let spans = Spans::beside(Way::Api, InMemorySpans::new(), options, None::<Identity>);
    let tracer = spans.kept.provider().tracer("shop");
    exchange(&spans.server(), request(), |_| {
        tracer.in_span("a", |_| info_span!("b").in_scope(|| ()));
        hello()
    });
    let [a, b, server] = ["a", "b", "GET"].map(|name| spans.kept.named(name));
    assert!(a.is_child_of(&server) && b.is_child_of(&a));
}

#[test]
fn cp_03_cp_11_a_client_s_span_in_the_handler_is_a_child_whichever_way_each_is_made() {
    all(|spans, activates| {
        for client in Way::ALL {
            if !activates && (spans.way, client) == (Way::Tracing, Way::Api) {
                continue;
            }
            let mut told = None;
            exchange(&spans.server(), request(), |_| {
                exchange(&client.client(&spans.kept), request(), |parts| {
                    told = parts.headers.get("traceparent").cloned();
                    hello()
                });
                hello()
            });
            let [client, server] = &spans.kept.finished()[..] else { panic!("two spans") };
            assert!(client.is_child_of(server) && server.is_root());
            assert_eq!(told.unwrap(), format!("00-{}-{}-01", server.trace_id(), client.span_id()));
            spans.kept.clear();
        }
    });
}

#[test]
fn cp_02_without_activation_what_is_current_around_the_layer_is_not_the_parent_either() {
    all(|spans, _| {
        info_span!("around").in_scope(|| send(&spans.server(), request(), hello));
        assert!(spans.kept.named("GET").is_root());
    });
}

#[test]
fn cp_11_attributes_that_the_handler_records_are_those_of_the_request_s_span() {
    use telemetry_core::opentelemetry::trace::TraceContextExt;
    use telemetry_core::opentelemetry::{Context, KeyValue};

    all(|spans, activates| {
        if spans.way == Way::Tracing && !activates {
            return;
        }
        exchange(&spans.server(), request(), |_| {
            Context::current().span().set_attribute(KeyValue::new("shop.plan", "gold"));
            hello()
        });
        assert_eq!(spans.only().attribute("shop.plan"), Some(&"gold".into()));
    });
}
