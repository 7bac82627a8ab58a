//! Every way in which a call can end.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

const NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

const SERVER_ERRORS: [&str; 6] =
    ["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"];

/// How a call ended, as both sides tell it: `rpc.status_code` and `error.type`, and the status of the HTTP request with
/// its error.
#[derive(Debug, PartialEq, Eq)]
struct Ending {
    status: Option<String>,
    error: Option<String>,
    http: (Option<String>, Option<String>),
}

fn ending(status: Option<&str>, error: Option<&str>, http: (Option<&str>, Option<&str>)) -> Ending {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Ending { status: owned(status), error: owned(error), http: (owned(http.0), owned(http.1)) }
}

/// The only call that was recorded. It took as long as the request.
#[track_caller]
fn ended(metrics: &InMemoryMetrics, side: &str) -> Ending {
    let snapshot = metrics.snapshot();
    let (rpc, http) = (format!("rpc.{side}.call.duration"), format!("http.{side}.request.duration"));
    let [call] = snapshot.points(&rpc)[..] else { panic!("one call in {snapshot:#?}") };
    let [request] = snapshot.points(&http)[..] else { panic!("one request in {snapshot:#?}") };
    assert_eq!((snapshot.count(&rpc, &[]), snapshot.count(&http, &[])), (1, 1));
    assert_eq!(snapshot.sum(&rpc, &[]), snapshot.sum(&http, &[]), "the same duration");
    assert_eq!(call.unit, "s");
    assert_eq!(call.attributes["rpc.system.name"], "grpc");
    Ending {
        status: call.attributes.get("rpc.status_code").cloned(),
        error: call.attributes.get("error.type").cloned(),
        http: (
            request.attributes.get("http.response.status_code").cloned(),
            request.attributes.get("error.type").cloned(),
        ),
    }
}

fn on_server(response: Response<ScriptedBody>) -> Ending {
    let metrics = InMemoryMetrics::new();
    exchange(&server(&metrics), add(), response);
    ended(&metrics, "server")
}

fn on_client(response: Response<ScriptedBody>) -> Ending {
    let metrics = InMemoryMetrics::new();
    exchange(&client(&metrics), add(), response);
    ended(&metrics, "client")
}

const FINE: (Option<&str>, Option<&str>) = (Some("200"), None);

#[test]
fn rpc_hs_47_each_status_in_trailers_and_in_a_head_without_a_body() {
    for (code, name) in NAMES.iter().enumerate() {
        let code = code.to_string();
        let error = Some(*name).filter(|name| SERVER_ERRORS.contains(name));
        assert_eq!(on_server(trailers(&code)), ending(Some(name), error, FINE));
        assert_eq!(on_server(trailers_only(&code)), ending(Some(name), error, FINE));
        let error = Some(*name).filter(|name| *name != "OK");
        assert_eq!(on_client(trailers(&code)), ending(Some(name), error, FINE));
        assert_eq!(on_client(trailers_only(&code)), ending(Some(name), error, FINE));
    }
}

#[test]
fn rpc_a_status_that_nobody_knows_is_unknown() {
    assert_eq!(on_server(trailers("99")), ending(Some("UNKNOWN"), Some("UNKNOWN"), FINE));
}

#[test]
fn rpc_trailers_have_the_last_word_if_they_have_a_status() {
    let mut response = trailers("0");
    *response.headers_mut() = with_status("13");
    assert_eq!(on_server(response), ending(Some("OK"), None, FINE));

    let mut response = Response::new(ScriptedBody::new().data("message").trailers(HeaderMap::new()));
    *response.headers_mut() = with_status("13");
    assert_eq!(on_server(response), ending(Some("INTERNAL"), Some("INTERNAL"), FINE));
}

#[test]
fn rpc_without_a_status_of_grpc_that_of_http_is_mapped() {
    let expected = [(200, "UNKNOWN"), (401, "UNAUTHENTICATED"), (404, "UNIMPLEMENTED"), (503, "UNAVAILABLE")];
    for (code, name) in expected {
        let response = || Response::builder().status(code).body(ScriptedBody::new().data("sorry")).unwrap();
        let http = code.to_string();
        let error = Some(name).filter(|name| SERVER_ERRORS.contains(name));
        let http_error = Some(http.as_str()).filter(|_| code >= 500);
        assert_eq!(on_server(response()), ending(Some(name), error, (Some(&http), http_error)));
        let http_error = Some(http.as_str()).filter(|_| code >= 400);
        assert_eq!(on_client(response()), ending(Some(name), Some(name), (Some(&http), http_error)));
    }
}

#[test]
fn rpc_trailers_without_a_status_are_no_good_ending() {
    let response = Response::new(ScriptedBody::new().data("message").trailers(HeaderMap::new()));
    assert_eq!(on_server(response), ending(Some("UNKNOWN"), Some("UNKNOWN"), FINE));
}

#[test]
fn rpc_a_body_that_fails_before_its_status() {
    let broken =
        || Response::new(ScriptedBody::new().data("message").error(io::Error::from(io::ErrorKind::BrokenPipe)));
    let http = (Some("200"), Some("broken_pipe"));
    assert_eq!(on_server(broken()), ending(None, Some("broken_pipe"), http));
    assert_eq!(on_client(broken()), ending(None, Some("broken_pipe"), http));
}

#[test]
fn rpc_a_body_that_is_dropped_before_its_status() {
    let unfinished = || Response::new(ScriptedBody::new().data("message").pending().trailers(with_status("0")));
    assert_eq!(on_server(unfinished()), ending(None, Some("cancelled"), (Some("200"), Some("cancelled"))));
    assert_eq!(on_client(unfinished()), ending(None, None, FINE), "its caller wanted that");
}

#[test]
fn rpc_a_response_that_is_complete_by_its_length_has_no_status_for_anybody() {
    let body = ScriptedBody::new().data("hello").pending();
    let response = Response::builder().header("content-length", "5").body(body).unwrap();
    assert_eq!(on_server(response), ending(Some("UNKNOWN"), Some("UNKNOWN"), FINE));
}

#[test]
fn rpc_a_status_in_the_head_counts_even_if_the_body_is_dropped_or_fails() {
    let with_head = |body| {
        let mut response = Response::new(body);
        *response.headers_mut() = with_status("5");
        response
    };
    let unread = with_head(ScriptedBody::new().pending());
    assert_eq!(on_server(unread), ending(Some("NOT_FOUND"), None, (Some("200"), Some("cancelled"))));
    let broken = with_head(ScriptedBody::new().error("disk on fire"));
    assert_eq!(on_server(broken), ending(Some("NOT_FOUND"), None, (Some("200"), Some("_OTHER"))));
}

#[test]
fn rpc_a_service_that_fails() {
    let failed = || Err::<Response<Full<Bytes>>, _>(io::Error::from(io::ErrorKind::TimedOut));
    let metrics = InMemoryMetrics::new();
    assert!(respond(&server(&metrics), add(), failed()).is_err());
    assert_eq!(ended(&metrics, "server"), ending(None, Some("timeout"), (None, Some("timeout"))));
    let metrics = InMemoryMetrics::new();
    assert!(respond(&client(&metrics), add(), failed()).is_err());
    assert_eq!(ended(&metrics, "client"), ending(None, Some("timeout"), (None, Some("timeout"))));
}

#[test]
fn rpc_a_call_that_is_dropped_before_the_head() {
    let pending = || {
        tower::service_fn(|_: Request<RequestBody<Full<Bytes>>>| {
            std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>()
        })
    };
    let metrics = InMemoryMetrics::new();
    assert!(poll_once(pin!(server(&metrics).layer(pending()).call(add()))).is_pending());
    assert_eq!(ended(&metrics, "server"), ending(None, Some("cancelled"), (None, Some("cancelled"))));
    let metrics = InMemoryMetrics::new();
    assert!(poll_once(pin!(client(&metrics).layer(pending()).call(add()))).is_pending());
    assert_eq!(ended(&metrics, "client"), ending(None, None, (None, None)));
}

#[test]
fn rpc_a_service_that_panics() {
    let metrics = InMemoryMetrics::new();
    let response = Ok::<_, Infallible>(Response::new(ScriptedBody::new().data("message").panic()));
    let mut body = respond(&server(&metrics), add(), response).unwrap().into_body();
    assert!(poll_once(pin!(body.frame())).is_ready());
    let panicked = catch_unwind(AssertUnwindSafe(|| poll_once(pin!(body.frame()))));
    assert!(panicked.is_err());
    drop(body);
    assert_eq!(ended(&metrics, "server"), ending(None, Some("panic"), (Some("200"), Some("panic"))));
}

#[test]
fn rpc_a_function_of_the_layers_owner_that_panics() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_route(|_| panic!("a test asks for it"));
    assert!(catch_unwind(AssertUnwindSafe(|| exchange(&layer, add(), trailers("0")))).is_err());
    assert_eq!(ended(&metrics, "server"), ending(None, Some("panic"), (None, Some("panic"))));
}

#[test]
fn rpc_a_call_is_recorded_when_it_has_ended_and_only_then() {
    let metrics = InMemoryMetrics::new();
    let response = Response::new(ScriptedBody::new().data("one").pending().data("two").trailers(with_status("0")));
    let mut body = respond(&server(&metrics), add(), Ok::<_, Infallible>(response)).unwrap().into_body();
    for _ in 0..2 {
        assert!(matches!(poll_once(pin!(body.frame())), Poll::Pending | Poll::Ready(Some(Ok(_)))));
        assert_eq!(metrics.snapshot().count(SERVER, &[]), 0);
    }
    while let Poll::Ready(Some(frame)) = poll_once(pin!(body.frame())) {
        frame.unwrap();
    }
    assert_eq!(metrics.snapshot().count(SERVER, &[]), 1);
    drop(body);
    assert_eq!(metrics.snapshot().count(SERVER, &[]), 1);
}
