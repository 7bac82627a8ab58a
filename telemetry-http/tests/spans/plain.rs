//! Spans of `tracing` for subscribers that know nothing of OpenTelemetry.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use http::{Request, Response};
use telemetry_core::opentelemetry::baggage::BaggageExt;
use telemetry_core::opentelemetry::trace::{Status, TraceContextExt, Tracer, TracerProvider};
use telemetry_core::opentelemetry::{Context, KeyValue};
use telemetry_core::propagation::Propagator;
use telemetry_core::testing::InMemorySpans;
use telemetry_http::{ClientTraceLayer, HttpRoute, RequestLabels, RequestTraceLayer};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Subscriber, info_span};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{self, Layer as _, SubscriberExt};
use tracing_subscriber::registry;

use crate::attributes::request;
use crate::{CALLER, TRACE, exchange, hello, send, status, traceparent};

/// The fields of all spans of ours, as text.
#[derive(Clone, Default)]
struct Fields(Arc<Mutex<BTreeMap<String, String>>>);

impl<S: Subscriber> layer::Layer<S> for Fields {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: layer::Context<'_, S>) {
        if attributes.metadata().target() == "telemetry_http" {
            attributes.record(&mut self.clone());
        }
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: layer::Context<'_, S>) {
        values.record(&mut self.clone());
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.lock().unwrap().insert(field.to_string(), format!("{value}_i64"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.lock().unwrap().insert(field.to_string(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        panic!("{field} is {value:?}");
    }
}

impl Fields {
    /// As `name=value`, and forgets them.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }
}

fn subscribed(test: impl FnOnce(&Fields)) {
    let fields = Fields::default();
    tracing::subscriber::with_default(registry().with(fields.clone()), || test(&fields));
}

fn server() -> RequestTraceLayer {
    RequestTraceLayer::tracing().with_propagator(Propagator::w3c())
}

fn client() -> ClientTraceLayer {
    ClientTraceLayer::tracing().with_propagator(Propagator::w3c())
}

#[test]
fn sp_20_sp_29_the_fields_of_a_server_are_there_also_those_that_are_known_late() {
    subscribed(|fields| {
        let routed = || {
            let mut response = Response::builder().status(503).body("hello".into()).unwrap();
            response.extensions_mut().insert(HttpRoute::new("/users/{id}"));
            response
        };
        send(&server(), request("/users/42?a=b"), routed);
        let expected = [
            "error.type=503",
            "http.request.method=GET",
            "http.response.status_code=503_i64",
            "http.route=/users/{id}",
            "otel.kind=server",
            "otel.name=GET",
            "server.address=shop.example",
            "server.port=8080_i64",
            "url.path=/users/42",
            "url.query=a=b",
        ];
        assert_eq!(fields.take(), expected);

        let layer = server().with_sampler_attributes().with_labels();
        exchange(&layer, request("/").method("PURGE"), |parts| {
            parts.extensions.get::<RequestLabels>().unwrap().set_route("/");
            hello()
        });
        let expected = [
            "client.address=192.0.2.7",
            "http.request.method=_OTHER",
            "http.request.method_original=PURGE",
            "http.response.status_code=200_i64",
            "http.route=/",
            "otel.kind=server",
            "otel.name=HTTP",
            "server.address=shop.example",
            "server.port=8080_i64",
            "url.path=/",
            "url.scheme=http",
            "user_agent.original=curl/8",
        ];
        assert_eq!(fields.take(), expected);
    });
}

#[test]
fn sp_20_sp_29_the_fields_of_a_client_are_there_also_those_that_are_known_late() {
    subscribed(|fields| {
        let layer = client().with_scheme().with_user_agent().with_url_template(|_| Some("/users/{id}".into()));
        send(&layer, request("http://me:s3cret@shop.example/users/42?sig=s3cret"), status::<404>);
        let expected = [
            "error.type=404",
            "http.request.method=GET",
            "http.response.status_code=404_i64",
            "otel.kind=client",
            "otel.name=GET /users/{id}",
            "server.address=shop.example",
            "server.port=80_i64",
            "url.full=http://REDACTED:REDACTED@shop.example/users/42?sig=REDACTED",
            "url.scheme=http",
            "url.template=/users/{id}",
            "user_agent.original=curl/8",
        ];
        assert_eq!(fields.take(), expected);
    });
}

#[test]
fn cp_03_cp_11_without_an_exporter_the_caller_s_context_is_passed_on() {
    subscribed(|_| {
        let request = Request::get("/").header("traceparent", traceparent(true)).header("baggage", "plan=gold");
        exchange(&server(), request, |_| {
            let context = Context::current();
            assert_eq!(context.span().span_context().span_id().to_string(), CALLER);
            assert_eq!(context.baggage().len(), 1);
            assert_eq!(tracing::Span::current().metadata().map(tracing::Metadata::target), Some("telemetry_http"));
            exchange(&client(), Request::get("http://shop.example/"), |parts| {
                assert_eq!(parts.headers["traceparent"], traceparent(true));
                assert_eq!(parts.headers["baggage"], "plan=gold");
                hello()
            });
            hello()
        });
        assert!(!Context::current().has_active_span());
        exchange(&client(), Request::get("http://shop.example/"), |parts| {
            assert!(parts.headers.is_empty());
            hello()
        });
    });
}

#[test]
fn cp_02_cp_13_without_an_exporter_a_caller_that_is_only_linked_is_not_passed_on() {
    subscribed(|_| {
        exchange(&server().with_linked_parent(), Request::get("/").header("traceparent", traceparent(true)), |_| {
            assert!(!Context::current().has_active_span());
            hello()
        });
    });
}

#[test]
fn cp_11_without_an_exporter_the_span_around_a_client_is_left_as_it_is() {
    let kept = InMemorySpans::new();
    subscribed(|_| {
        kept.provider().tracer("shop").in_span("checkout", |_| {
            let layer = client().with_body_sizes().with_attributes([KeyValue::new("shop.plan", "gold")]);
            exchange(&layer, Request::get("http://shop.example/"), |parts| {
                assert!(parts.headers.contains_key("traceparent"));
                status::<500>()
            });
            assert!(kept.finished().is_empty());
        });
    });
    let checkout = kept.only();
    assert_eq!((&*checkout.name, &checkout.status), ("checkout", &Status::Unset));
    assert_eq!(checkout.attributes(), [""; 0]);
}

#[test]
fn cp_11_a_span_that_the_exporter_does_not_want_is_no_one_s_parent() {
    let kept = InMemorySpans::new();
    let fields = Fields::default();
    let exporting = tracing_opentelemetry::layer()
        .with_tracer(kept.provider().tracer("tracing"))
        .with_filter(filter_fn(|metadata| metadata.target() != "telemetry_http"));
    tracing::subscriber::with_default(registry().with(exporting).with(fields.clone()), || {
        exchange(&server(), Request::get("/").header("traceparent", traceparent(true)), |_| {
            info_span!("checkout").in_scope(|| ());
            hello()
        });
    });
    let checkout = kept.only();
    let parent = (checkout.trace_id().to_string(), checkout.parent_span_id.to_string());
    assert_eq!(parent, (TRACE.to_owned(), CALLER.to_owned()));
    assert!(fields.take().contains(&"http.response.status_code=200_i64".to_owned()));
}
