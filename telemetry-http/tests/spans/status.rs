//! The status of a span.

use std::io;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::trace::{Status, TraceContextExt};
use telemetry_core::testing::{FinishedSpan, ScriptedBody};
use tower::{Layer, ServiceExt, service_fn};

use crate::{Body, Spans, both, exchange, hello, now, send, status};

fn get() -> http::request::Builder {
    Request::get("http://shop.example/")
}

/// Of a server's span, and of a client's.
fn statuses(spans: &Spans, answer: fn() -> Response<Body>) -> [(Status, Option<String>); 2] {
    let told = |span: FinishedSpan| (span.status.clone(), span.attribute("error.type").map(ToString::to_string));
    send(&spans.server(), get(), answer);
    let server = told(spans.only());
    send(&spans.client(), get(), answer);
    [server, told(spans.only())]
}

/// An error that the status alone tells.
fn error(code: &str) -> (Status, Option<String>) {
    (Status::error(""), Some(code.to_owned()))
}

const NONE: (Status, Option<String>) = (Status::Unset, None);

#[test]
fn sp_10_sp_14_hs_05_what_is_no_error_has_no_status() {
    both(|spans| {
        for answer in [status::<101>, status::<200>, status::<204>, status::<302>, status::<399>] {
            assert_eq!(statuses(spans, answer), [NONE, NONE]);
        }
    });
}

#[test]
fn sp_10_sp_15_a_response_that_fails_after_a_good_head_is_an_error() {
    both(|spans| {
        for is_server in [true, false] {
            let body = || ScriptedBody::new().data("one").error(io::Error::from(io::ErrorKind::ConnectionReset));
            let answer = move |_| async move { Ok::<_, io::Error>(Response::new(body())) };
            let request = get().body(Empty::<bytes::Bytes>::new()).unwrap();
            if is_server {
                let service = spans.server().layer(service_fn(answer));
                now(async { assert!(service.oneshot(request).await.unwrap().collect().await.is_err()) });
            } else {
                let service = spans.client().layer(service_fn(answer));
                now(async { assert!(service.oneshot(request).await.unwrap().collect().await.is_err()) });
            }
            let span = spans.only();
            assert_eq!(span.status, Status::error(""));
            assert_eq!(span.attribute("error.type"), Some(&"connection_reset".into()));
            assert_eq!(span.attribute("http.response.status_code"), Some(&200.into()));
        }
    });
}

#[test]
fn sp_15_sp_29_sp_30_hs_04_an_error_without_a_head_has_no_status_code() {
    both(|spans| {
        let refused = |_| async { Err::<Response<Body>, _>(io::Error::from(io::ErrorKind::ConnectionRefused)) };
        let request = || get().body(Empty::<bytes::Bytes>::new()).unwrap();
        assert!(now(spans.server().layer(service_fn(refused)).oneshot(request())).is_err());
        let server = spans.only();
        assert!(now(spans.client().layer(service_fn(refused)).oneshot(request())).is_err());
        for span in [server, spans.only()] {
            assert_eq!(span.status, Status::error(""));
            assert_eq!(span.attribute("error.type"), Some(&"connection_refused".into()));
            assert_eq!(span.attribute("http.response.status_code"), None);
        }
    });
}

#[test]
fn sp_11_sp_30_a_4xx_is_an_error_of_the_client_alone() {
    both(|spans| {
        assert_eq!(statuses(spans, status::<404>), [NONE, error("404")]);
        assert_eq!(statuses(spans, status::<400>), [NONE, error("400")]);
    });
}

#[test]
fn sp_12_sp_13_sp_30_a_5xx_is_an_error_of_both_and_needs_no_description() {
    both(|spans| {
        assert_eq!(statuses(spans, status::<500>), [error("500"), error("500")]);
        assert_eq!(statuses(spans, status::<503>), [error("503"), error("503")]);
    });
}

#[test]
fn sp_14_ok_set_by_the_application_stays() {
    both(|spans| {
        let ok = |status: StatusCode| {
            move |_| {
                Context::current().span().set_status(Status::Ok);
                let mut response = hello();
                *response.status_mut() = status;
                response
            }
        };
        for code in [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR] {
            exchange(&spans.server(), get(), ok(code));
            assert_eq!(spans.only().status, Status::Ok);
            exchange(&spans.client(), get(), ok(code));
            assert_eq!(spans.only().status, Status::Ok);
        }
    });
}

#[test]
fn sp_14_an_error_set_by_the_application_stays_with_its_description() {
    both(|spans| {
        let fails = |_| {
            Context::current().span().set_status(Status::error("out of stock"));
            hello()
        };
        exchange(&spans.server(), get(), fails);
        assert_eq!(spans.only().status, Status::error("out of stock"));
        let fails_twice = |_| {
            Context::current().span().set_status(Status::error("out of stock"));
            status::<500>()
        };
        exchange(&spans.server(), get(), fails_twice);
        assert_eq!(spans.only().status, Status::error("out of stock"));
    });
}

#[test]
fn sp_16_hc_18_the_caller_decides_which_status_is_an_error() {
    both(|spans| {
        let told = || {
            let span = spans.only();
            (span.status.clone(), span.attribute("error.type").map(ToString::to_string))
        };
        let missing = |status: StatusCode| status == StatusCode::NOT_FOUND;
        send(&spans.server().with_error_status(missing), get(), status::<404>);
        assert_eq!(told(), error("404"));
        send(&spans.server().with_error_status(missing), get(), status::<500>);
        assert_eq!(told(), NONE);
        send(&spans.client().with_error_status(|status| status.is_server_error()), get(), status::<404>);
        assert_eq!(told(), NONE);
    });
}
