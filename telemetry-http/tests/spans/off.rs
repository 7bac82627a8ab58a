//! What is never there, or not unless it is asked for.

use std::process::Command;

use http::{Request, Response};
use telemetry_core::testing::FinishedSpan;
use telemetry_http::{Resends, UrlTemplate};

use crate::attributes::request;
use crate::{Body, Spans, both, exchange, hello, send, status};

/// The attributes that the conventions have given up, from their registry.
const DEPRECATED: &str = include_str!("deprecated.txt");

fn all_of_server(spans: &Spans) -> FinishedSpan {
    let layer = spans
        .server()
        .with_body_sizes()
        .with_exceptions()
        .with_forwarded_headers()
        .with_network_details()
        .with_request_headers([http::header::HOST])
        .with_response_headers([http::header::CONTENT_TYPE])
        .with_route(|_| Some("/users/{id}".into()))
        .with_synthetic_type()
        .with_sampler_attributes();
    send(&layer, request("/users/42?a=b").method("PURGE"), status::<500>);
    spans.only()
}

fn all_of_client(spans: &Spans) -> FinishedSpan {
    let layer = spans
        .client()
        .with_body_sizes()
        .with_exceptions()
        .with_network_details()
        .with_request_headers([http::header::HOST])
        .with_response_headers([http::header::CONTENT_TYPE])
        .with_scheme()
        .with_synthetic_type()
        .with_user_agent();
    let resends = Resends::default();
    let mut sent = Vec::new();
    for _ in 0..2 {
        let request = request("http://shop.example/users/42?a=b").method("PURGE").extension(resends.clone());
        send(&layer, request.extension(UrlTemplate::new("/users/{id}")), status::<500>);
        sent.push(spans.only());
    }
    sent.pop().unwrap()
}

#[test]
fn sp_62_no_name_is_deprecated() {
    both(|spans| {
        for span in [all_of_server(spans), all_of_client(spans)] {
            assert!(span.attributes.len() >= 14, "{:?}", span.attributes());
            for attribute in &span.attributes {
                let name = attribute.key.as_str();
                assert!(DEPRECATED.lines().all(|deprecated| deprecated != name), "{name}");
            }
        }
    });
}

#[test]
fn sp_61_the_variable_for_the_old_names_changes_nothing() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["off::sp_62", "client::", "attributes::"])
        .env("OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("sp_62_no_name_is_deprecated ... ok"), "{text}");
}

#[test]
fn sp_35_sp_36_sp_38_sp_40_sp_42_sp_43_what_is_opt_in_is_off() {
    both(|spans| {
        let opt_in = |span: &FinishedSpan| {
            let is = |name: &str| {
                ["network.local", "network.transport", "client.port", "user_agent.synthetic", "http.request.header"]
                    .iter()
                    .chain(&["http.response.header", "http.request.body", "http.response.body", "http.request.size"])
                    .any(|prefix| name.starts_with(prefix))
            };
            span.attributes.iter().any(|attribute| is(attribute.key.as_str()))
        };
        send(&spans.server(), request("/").header("content-type", "text/plain"), hello);
        assert!(!opt_in(&spans.only()));
        send(&spans.client(), request("http://shop.example/").header("content-type", "text/plain"), hello);
        assert!(!opt_in(&spans.only()));
    });
}

#[test]
fn sp_43_body_sizes_are_bytes_on_demand_and_whole_sizes_are_not_offered() {
    both(|spans| {
        for span in [all_of_server(spans), all_of_client(spans)] {
            assert_eq!(span.attribute("http.request.body.size"), Some(&0.into()));
            assert_eq!(span.attribute("http.response.body.size"), Some(&5.into()));
            assert_eq!(span.attribute("http.request.size"), None);
            assert_eq!(span.attribute("http.response.size"), None);
        }
    });
}

#[test]
fn sp_43_hs_19_what_passes_of_a_request_body_counts() {
    use http_body_util::{BodyExt, Full};
    use tower::{Layer, ServiceExt, service_fn};

    both(|spans| {
        let reading = service_fn(|request: Request<telemetry_http::RequestBody<Full<bytes::Bytes>>>| async move {
            let body = request.into_body().collect().await?.to_bytes();
            Ok::<_, std::convert::Infallible>(Response::new(Body::from(body.slice(..3))))
        });
        let request = Request::post("/").body(Full::from("12345678")).unwrap();
        let service = spans.server().with_body_sizes().layer(reading);
        crate::now(async { service.oneshot(request).await.unwrap().collect().await.unwrap() });
        let span = spans.only();
        assert_eq!(span.attribute("http.request.body.size"), Some(&8.into()));
        assert_eq!(span.attribute("http.response.body.size"), Some(&3.into()));
    });
}

#[test]
fn sp_43_without_a_head_there_is_no_size_of_a_response() {
    use tower::{Layer, ServiceExt, service_fn};

    both(|spans| {
        let failing = service_fn(|_| async { Err::<Response<Body>, _>(std::io::Error::other("no answer")) });
        let request = Request::get("/").body(Body::default()).unwrap();
        assert!(crate::now(spans.server().with_body_sizes().layer(failing).oneshot(request)).is_err());
        let span = spans.only();
        assert_eq!(span.attribute("http.request.body.size"), Some(&0.into()));
        assert_eq!(span.attribute("http.response.body.size"), None);
    });
}

#[test]
fn sp_44_the_content_of_bodies_is_not_offered() {
    both(|spans| {
        for span in [all_of_server(spans), all_of_client(spans)] {
            assert!(!span.attributes.iter().any(|attribute| attribute.key.as_str().ends_with(".content")));
        }
    });
}

#[test]
fn sp_40_hs_17_who_is_no_person_is_told_on_demand() {
    both(|spans| {
        let layer = spans.server().with_synthetic_type();
        let kind = |agent: &str| {
            send(&layer, Request::get("/").header("user-agent", agent), hello);
            spans.only().attribute("user_agent.synthetic.type").map(ToString::to_string)
        };
        assert_eq!(kind("Googlebot/2.1").as_deref(), Some("bot"));
        assert_eq!(kind("curl/8"), None);
    });
}

#[test]
fn sp_41_sp_31_names_of_one_side_are_not_on_the_other() {
    both(|spans| {
        let resends = Resends::default();
        for _ in 0..2 {
            send(&spans.server(), request("/").extension(resends.clone()), hello);
            assert_eq!(spans.only().attribute("http.request.resend_count"), None);
        }
        exchange(&spans.client(), Request::get("http://shop.example/"), |_| hello());
        assert_eq!(spans.only().attribute("http.route"), None);
    });
}
