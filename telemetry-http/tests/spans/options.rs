//! What the caller adds, and what the caller leaves out.

use http::{Request, Response};
use telemetry_core::AttributesFactory;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::FinishedSpan;
use telemetry_http::{RequestFilter, RequestLabels};
use tower::{Layer, ServiceExt, service_fn};

use crate::{Body, Spans, both, exchange, hello, now, send};

fn get() -> http::request::Builder {
    Request::get("http://shop.example/users/42")
}

fn value(span: &FinishedSpan, name: &str) -> Option<String> {
    span.attribute(name).map(ToString::to_string)
}

#[derive(Clone)]
struct Tenant(&'static str);

#[test]
fn attributes_are_fixed_or_come_from_the_request() {
    both(|spans| {
        let fixed =
            [KeyValue::new("shop.region", "eu"), KeyValue::new("shop.region", "us"), KeyValue::new("shop.n", 7)];
        send(&spans.server().with_attributes(fixed.clone()), get(), hello);
        let server = spans.only();
        send(&spans.client().with_attributes(fixed), get(), hello);
        for span in [server, spans.only()] {
            assert_eq!(value(&span, "shop.region").as_deref(), Some("us"), "the last one of a name");
            assert_eq!(span.attribute("shop.n"), Some(&7.into()));
        }
        let tenant = AttributesFactory::from_fn(|extensions| {
            extensions.get::<Tenant>().map(|tenant| KeyValue::new("shop.tenant", tenant.0)).into_iter().collect()
        });
        send(&spans.server().with_attributes(tenant.clone()), get().extension(Tenant("acme")), hello);
        assert_eq!(value(&spans.only(), "shop.tenant").as_deref(), Some("acme"));
        send(&spans.server().with_attributes(tenant), get(), hello);
        assert_eq!(value(&spans.only(), "shop.tenant"), None);
    });
}

#[test]
fn attributes_of_the_response_and_of_the_handler_are_there_at_the_end() {
    both(|spans| {
        let of_response =
            |head: &http::response::Parts| vec![KeyValue::new("shop.answer", i64::from(head.status.as_u16()))];
        send(&spans.client().with_response_attributes(of_response), get(), hello);
        assert_eq!(spans.only().attribute("shop.answer"), Some(&200.into()));
        exchange(&spans.server().with_labels().with_response_attributes(of_response), get(), |parts| {
            let labels = parts.extensions.get::<RequestLabels>().unwrap();
            labels.add(KeyValue::new("shop.plan", "silver"));
            labels.add(KeyValue::new("shop.plan", "gold"));
            hello()
        });
        let span = spans.only();
        assert_eq!(value(&span, "shop.plan").as_deref(), Some("gold"), "the last one of a name");
        assert_eq!(span.attribute("shop.answer"), Some(&200.into()));
    });
}

#[test]
fn names_that_the_layer_sets_itself_are_not_the_caller_s() {
    /// Also those that this request goes without.
    fn ours() -> Vec<KeyValue> {
        let names = [
            "client.address",
            "client.port",
            "error.type",
            "http.request.body.size",
            "http.request.header.cookie",
            "http.request.method",
            "http.request.method_original",
            "http.request.resend_count",
            "http.response.body.size",
            "http.response.header.x",
            "http.response.status_code",
            "http.route",
            "network.local.address",
            "network.local.port",
            "network.peer.address",
            "network.peer.port",
            "network.protocol.version",
            "network.transport",
            "server.address",
            "server.port",
            "url.full",
            "url.path",
            "url.query",
            "url.scheme",
            "url.template",
            "user_agent.original",
            "user_agent.synthetic.type",
        ];
        names.map(|name| KeyValue::new(name, "forged")).to_vec()
    }

    both(|spans| {
        let layer = spans.server().with_attributes(ours()).with_response_attributes(|_| ours()).with_labels();
        exchange(&layer, get(), |parts| {
            let labels = parts.extensions.get::<RequestLabels>().unwrap();
            ours().into_iter().for_each(|attribute| labels.add(attribute));
            hello()
        });
        let server = spans.only();
        send(&spans.client().with_attributes(ours()).with_response_attributes(|_| ours()), get(), hello);
        for span in [server, spans.only()] {
            assert!(
                !span.attributes().iter().any(|attribute| attribute.ends_with("forged")),
                "{:?}",
                span.attributes()
            );
        }
    });
}

#[test]
fn a_second_call_replaces_what_the_first_one_gave() {
    both(|spans: &Spans| {
        let layer = spans
            .server()
            .with_attributes([KeyValue::new("first", 1)])
            .with_attributes([KeyValue::new("second", 2)])
            .with_request_headers([http::header::COOKIE])
            .with_request_headers([http::header::ACCEPT]);
        send(&layer, get().header("cookie", "a=b").header("accept", "*/*"), hello);
        let span = spans.only();
        let there = ["first", "second", "http.request.header.cookie", "http.request.header.accept"]
            .map(|name| span.attribute(name).is_some());
        assert_eq!(there, [false, true, false, true]);
    });
}

#[test]
fn requests_that_are_filtered_out_have_no_span() {
    both(|spans| {
        let filter = RequestFilter::except_paths(["/healthz"]);
        let layer = spans.server().with_filter(filter);
        exchange(&layer, Request::get("/healthz"), |_| {
            assert!(tracing::Span::current().is_none());
            hello()
        });
        assert!(spans.kept.finished().is_empty());
        send(&layer, Request::get("/users"), hello);
        spans.only();
    });
}

#[test]
fn sp_30_hs_06_the_callers_word_on_an_error_comes_first() {
    both(|spans| {
        let layer = spans.server().with_error_classifier(|_: &std::io::Error| Some(telemetry_core::ErrorType::Tls));
        let failing = service_fn(|_| async { Err::<Response<Body>, _>(std::io::Error::other("no answer")) });
        assert!(now(layer.layer(failing).oneshot(Request::get("/").body(Body::default()).unwrap())).is_err());
        assert_eq!(value(&spans.only(), "error.type").as_deref(), Some(telemetry_core::ErrorType::Tls.as_str()));
    });
}

#[test]
fn sp_04_sp_31_a_request_that_is_forwarded_keeps_its_labels_to_itself() {
    both(|spans| {
        exchange(&spans.server().with_labels(), get(), |parts| {
            let labels = parts.extensions.get::<RequestLabels>().unwrap();
            labels.set_route("/users/{id}");
            labels.add(KeyValue::new("shop.plan", "gold"));
            let mut forwarded = Request::get("http://inner.example/users/42");
            *forwarded.extensions_mut().unwrap() = parts.extensions;
            exchange(&spans.client(), forwarded, |_| hello());
            hello()
        });
        let [client, server] = &spans.kept.finished()[..] else { panic!("two spans") };
        assert_eq!((&*client.name, value(client, "http.route"), value(client, "shop.plan")), ("GET", None, None));
        assert_eq!((&*server.name, value(server, "shop.plan").as_deref()), ("GET /users/{id}", Some("gold")));
        spans.kept.clear();
    });
}

#[test]
fn without_labels_the_handler_finds_none() {
    both(|spans| {
        exchange(&spans.server(), get(), |parts| {
            assert!(parts.extensions.get::<RequestLabels>().is_none());
            hello()
        });
    });
}

#[test]
fn an_api_span_names_the_crate_its_version_and_the_conventions() {
    let spans = Spans::new(crate::Way::Api);
    send(&spans.server(), get(), hello);
    let span = spans.only();
    assert_eq!((span.scope().name(), span.scope().version()), ("telemetry-http", Some(env!("CARGO_PKG_VERSION"))));
    assert_eq!(span.scope().schema_url(), Some(telemetry_core::semconv::SCHEMA_URL));
}
