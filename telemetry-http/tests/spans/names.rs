//! What a span is called, and its kind.

use http::{Method, Request, Response};
use telemetry_core::opentelemetry::trace::SpanKind;
use telemetry_http::{HttpRoute, RequestLabels, UrlTemplate};

use crate::sampler::Sampler;
use crate::{Body, Spans, Way, both, exchange, hello, send, status};

fn get() -> http::request::Builder {
    Request::get("http://shop.example/users/42")
}

fn routed() -> Response<Body> {
    let mut response = hello();
    response.extensions_mut().insert(HttpRoute::new("/users/{id}"));
    response
}

#[test]
fn sp_01_spans_are_of_their_sides_kind() {
    both(|spans| {
        send(&spans.server(), get(), hello);
        assert_eq!(spans.only().span_kind, SpanKind::Server);
        send(&spans.client(), get(), hello);
        assert_eq!(spans.only().span_kind, SpanKind::Client);
    });
}

#[test]
fn sp_02_sp_04_the_name_is_the_method_and_the_target_if_one_is_known() {
    both(|spans| {
        send(&spans.server(), get(), hello);
        assert_eq!(spans.only().name, "GET");
        send(&spans.client(), get(), hello);
        assert_eq!(spans.only().name, "GET");
        send(&spans.server().with_route(|_| Some("/users/{id}".into())), get(), hello);
        assert_eq!(spans.only().name, "GET /users/{id}");
        send(&spans.server().with_route(|_| None), get(), status::<404>);
        assert_eq!(spans.only().name, "GET");
        send(&spans.client().with_url_template(|_| Some("/users/{id}".into())), get(), hello);
        assert_eq!(spans.only().name, "GET /users/{id}");
        send(&spans.client(), get().extension(UrlTemplate::new("/users/{user}")), hello);
        assert_eq!(spans.only().name, "GET /users/{user}");
    });
}

#[test]
fn sp_03_a_method_that_is_not_known_is_http_in_the_name() {
    both(|spans| {
        for method in ["get", "PURGE"] {
            let request = || Request::builder().method(method).uri("http://shop.example/users/42");
            send(&spans.server(), request(), hello);
            assert_eq!(spans.only().name, "HTTP");
            send(&spans.client(), request(), hello);
            assert_eq!(spans.only().name, "HTTP");
            send(&spans.server().with_route(|_| Some("/users/{id}".into())), request(), hello);
            assert_eq!(spans.only().name, "HTTP /users/{id}");
        }
        let request = Request::builder().method("PURGE").uri("/");
        send(&spans.server().with_known_methods(["PURGE"]), request, hello);
        assert_eq!(spans.only().name, "PURGE");
        send(&spans.server().with_known_methods(["PURGE"]), get(), hello);
        assert_eq!(spans.only().name, "HTTP");
    });
}

#[test]
fn sp_04_a_function_of_the_callers_gives_the_name() {
    both(|spans| {
        let named = |parts: &http::request::Parts| (parts.method == Method::GET).then(|| "fetch".into());
        let layer = spans.server().with_route(|_| Some("/users/{id}".into())).with_span_name(named);
        send(&layer, get(), hello);
        let span = spans.only();
        assert_eq!(span.name, "fetch");
        assert_eq!(span.attribute("http.route"), Some(&"/users/{id}".into()));
        send(&layer, Request::post("/"), hello);
        assert_eq!(spans.only().name, "POST /users/{id}");
        send(&spans.client().with_span_name(named), get(), hello);
        assert_eq!(spans.only().name, "fetch");
        // Not even a route that is told late changes it.
        send(&spans.server().with_span_name(named), get(), routed);
        let span = spans.only();
        assert_eq!(span.name, "fetch");
        assert_eq!(span.attribute("http.route"), Some(&"/users/{id}".into()));
    });
}

#[test]
fn sp_05_sp_31_hs_16_a_route_that_is_known_late_is_in_the_name_and_the_sampler_saw_the_first_one() {
    for way in Way::ALL {
        let sampler = Sampler::default();
        let spans = Spans::sampled(way, sampler.clone());
        let labelled = |parts: http::request::Parts| {
            parts.extensions.get::<RequestLabels>().unwrap().set_route("/users/{id}");
            hello()
        };
        let late = |layer: &telemetry_http::RequestTraceLayer,
                    told: &dyn Fn(http::request::Parts) -> Response<Body>| {
            exchange(layer, get(), told);
            let span = spans.only();
            assert_eq!(span.name, "GET /users/{id}");
            assert_eq!(span.attribute("http.route"), Some(&"/users/{id}".into()));
            let shown = sampler.only();
            assert_eq!(shown.name, "GET");
            assert!(!shown.attributes.iter().any(|attribute| attribute.starts_with("http.route")));
        };
        late(&spans.server(), &|_| routed());
        late(&spans.server().with_labels(), &labelled);
        // The handler's word comes last.
        late(&spans.server().with_labels(), &|parts| {
            let mut response = labelled(parts);
            response.extensions_mut().insert(HttpRoute::new("/{all}"));
            response
        });
    }
}

#[test]
fn sp_05_a_route_that_was_known_at_the_start_stays_since_a_span_cannot_replace_it() {
    both(|spans| {
        send(&spans.server().with_route(|_| Some("/{all}".into())), get(), routed);
        let span = spans.only();
        assert_eq!(span.name, "GET /{all}");
        assert_eq!(span.attribute("http.route"), Some(&"/{all}".into()));
    });
}

#[test]
fn sp_05_a_method_that_is_not_known_is_http_in_the_late_name_as_well() {
    both(|spans| {
        send(&spans.server(), Request::builder().method("PURGE").uri("/users/42"), routed);
        assert_eq!(spans.only().name, "HTTP /users/{id}");
    });
}

#[test]
fn sp_04_a_client_does_not_take_its_template_from_the_response() {
    both(|spans| {
        send(&spans.client(), get(), routed);
        let span = spans.only();
        assert_eq!(span.name, "GET");
        assert_eq!((span.attribute("http.route"), span.attribute("url.template")), (None, None));
    });
}
