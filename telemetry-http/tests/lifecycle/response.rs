//! Endings of a response whose head was sent.

use super::*;

#[test]
fn hs_30_to_hs_33_a_body_read_to_its_end() {
    let metrics = InMemoryMetrics::new();
    let mut body = respond_with(&metrics, ScriptedBody::new().data("hello").data("world"));
    assert_active(&metrics);
    assert_eq!(drain(&mut body), 2);
    let expected = Expected { status: Some("200"), error: None, request_bytes: 0.0, response_bytes: Some(10.0) };
    assert_ended(&metrics, &expected);
    drop(body);
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_40_ends_with_the_last_frame_when_the_body_says_that_it_is_the_last() {
    let metrics = InMemoryMetrics::new();
    let mut body = respond_with(&metrics, ScriptedBody::new().data("hello").pending().data("world").telling_end());
    assert_eq!(drain(&mut body), 1);
    assert_active(&metrics);
    assert_eq!(drain(&mut body), 1);
    let expected = Expected { status: Some("200"), error: None, request_bytes: 0.0, response_bytes: Some(10.0) };
    assert_ended(&metrics, &expected);
}

#[test]
fn an_empty_body_ends_with_the_head() {
    let metrics = InMemoryMetrics::new();
    let body = respond_with(&metrics, Empty::<Bytes>::new());
    let expected = Expected { status: Some("200"), error: None, request_bytes: 0.0, response_bytes: Some(0.0) };
    assert_ended(&metrics, &expected);
    assert!(body.is_end_stream());
}

#[test]
fn hs_47_trailers_are_the_end_and_no_payload_and_their_grpc_status_is_no_error_here() {
    let metrics = InMemoryMetrics::new();
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("13"));
    let mut body = respond_with(&metrics, ScriptedBody::new().data("hello").trailers(trailers));
    for _ in 0..2 {
        assert!(matches!(poll_once(pin!(body.frame())), Poll::Ready(Some(Ok(_)))));
    }
    let expected = Expected { status: Some("200"), error: None, request_bytes: 0.0, response_bytes: Some(5.0) };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_05_a_status_from_500_on_is_an_error() {
    for (status, error) in [(StatusCode::BAD_GATEWAY, Some("502")), (StatusCode::NOT_FOUND, None)] {
        let metrics = InMemoryMetrics::new();
        let response = Response::builder().status(status).body(Full::from("sorry")).unwrap();
        let mut body = respond(&metrics, request(), Ok::<_, Infallible>(response)).unwrap().into_body();
        drain(&mut body);
        let status = Some(status.as_str());
        assert_ended(&metrics, &Expected { status, error, request_bytes: 0.0, response_bytes: Some(5.0) });
    }
}

#[test]
fn hs_45_an_error_of_the_body_keeps_the_status() {
    let metrics = InMemoryMetrics::new();
    let mut body = respond_with(&metrics, ScriptedBody::new().data("hello").error("disk on fire").data("never"));
    let (Poll::Ready(Some(Ok(_))), Poll::Ready(Some(Err(error)))) =
        (poll_once(pin!(body.frame())), poll_once(pin!(body.frame())))
    else {
        panic!("one frame, then an error")
    };
    assert_eq!(error.to_string(), "disk on fire");
    let expected =
        Expected { status: Some("200"), error: Some("_OTHER"), request_bytes: 0.0, response_bytes: Some(5.0) };
    assert_ended(&metrics, &expected);
    drop(body);
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_45a_a_body_dropped_half_way_keeps_the_status() {
    let metrics = InMemoryMetrics::new();
    let mut body = respond_with(&metrics, ScriptedBody::new().data("hello").pending().data("world"));
    assert_eq!(drain(&mut body), 1);
    assert_active(&metrics);
    drop(body);
    let expected =
        Expected { status: Some("200"), error: Some("cancelled"), request_bytes: 0.0, response_bytes: Some(5.0) };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_45a_a_body_dropped_unread() {
    let metrics = InMemoryMetrics::new();
    drop(respond_with(&metrics, ScriptedBody::new().data("hello")));
    let expected =
        Expected { status: Some("200"), error: Some("cancelled"), request_bytes: 0.0, response_bytes: Some(0.0) };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_45a_all_bytes_of_content_length_have_passed() {
    let response = || Response::builder().header("content-length", "5");
    let bodies = [
        response().body(ScriptedBody::new().data("hello")).unwrap(),
        Response::new(ScriptedBody::new().data("hello").with_exact_size(5)),
    ];
    for response in bodies {
        let metrics = InMemoryMetrics::new();
        let mut body = respond(&metrics, request(), Ok::<_, Infallible>(response)).unwrap().into_body();
        assert!(poll_once(pin!(body.frame())).is_ready());
        drop(body);
        let expected = Expected { status: Some("200"), error: None, request_bytes: 0.0, response_bytes: Some(5.0) };
        assert_ended(&metrics, &expected);
    }
}

#[test]
fn hs_45a_more_bytes_than_content_length_have_passed() {
    let metrics = InMemoryMetrics::new();
    let body = ScriptedBody::new().data("hello").data("world").pending();
    let response = Response::builder().header("content-length", "7").body(body).unwrap();
    let mut body = respond(&metrics, request(), Ok::<_, Infallible>(response)).unwrap().into_body();
    drain(&mut body);
    drop(body);
    let expected = Expected { status: Some("200"), error: None, request_bytes: 0.0, response_bytes: Some(10.0) };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_45a_some_bytes_of_content_length_are_missing() {
    let metrics = InMemoryMetrics::new();
    let response =
        Response::builder().header("content-length", "6").body(ScriptedBody::new().data("hello").pending()).unwrap();
    let mut body = respond(&metrics, request(), Ok::<_, Infallible>(response)).unwrap().into_body();
    drain(&mut body);
    drop(body);
    let expected =
        Expected { status: Some("200"), error: Some("cancelled"), request_bytes: 0.0, response_bytes: Some(5.0) };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_19_hs_45a_a_body_that_is_never_sent_may_be_dropped() {
    let cases = [
        (Method::HEAD, StatusCode::OK, "200"),
        (Method::GET, StatusCode::NO_CONTENT, "204"),
        (Method::GET, StatusCode::NOT_MODIFIED, "304"),
    ];
    for (method, status, code) in cases {
        let metrics = InMemoryMetrics::new();
        let request = Request::builder().method(method).body(Full::default()).unwrap();
        let response = Response::builder().status(status).body(ScriptedBody::new().data("unsent")).unwrap();
        drop(respond(&metrics, request, Ok::<_, Infallible>(response)));
        let expected = Expected { status: Some(code), error: None, request_bytes: 0.0, response_bytes: Some(0.0) };
        assert_ended(&metrics, &expected);
    }
}

#[test]
fn hs_19_a_body_that_the_client_does_not_wait_for_still_counts_what_passes() {
    let metrics = InMemoryMetrics::new();
    let request = Request::head("/").body(Full::default()).unwrap();
    let response = Response::new(ScriptedBody::new().data("sent").error("late"));
    let mut body = respond(&metrics, request, Ok::<_, Infallible>(response)).unwrap().into_body();
    assert_active(&metrics);
    assert_eq!(drain(&mut body), 1);
    let expected =
        Expected { status: Some("200"), error: Some("_OTHER"), request_bytes: 0.0, response_bytes: Some(4.0) };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_46_an_upgrade_ends_with_the_head() {
    let cases = [(Method::GET, StatusCode::SWITCHING_PROTOCOLS, "101"), (Method::CONNECT, StatusCode::OK, "200")];
    for (method, status, code) in cases {
        let metrics = InMemoryMetrics::new();
        let request = Request::builder().method(method).uri("shop.example:443").body(Full::default()).unwrap();
        let response = Response::builder().status(status).body(ScriptedBody::new().pending()).unwrap();
        let tunnel = respond(&metrics, request, Ok::<_, Infallible>(response)).unwrap();
        let expected = Expected { status: Some(code), error: None, request_bytes: 0.0, response_bytes: Some(0.0) };
        assert_ended(&metrics, &expected);
        drop(tunnel);
        assert_ended(&metrics, &expected);
    }
}

#[test]
fn a_connect_that_is_refused_has_a_body_like_any_other() {
    let metrics = InMemoryMetrics::new();
    let request = Request::builder().method(Method::CONNECT).uri("shop.example:443").body(Full::default()).unwrap();
    let response = Response::builder().status(StatusCode::FORBIDDEN).body(Full::from("no")).unwrap();
    let mut body = respond(&metrics, request, Ok::<_, Infallible>(response)).unwrap().into_body();
    assert_active(&metrics);
    drain(&mut body);
    let expected = Expected { status: Some("403"), error: None, request_bytes: 0.0, response_bytes: Some(2.0) };
    assert_ended(&metrics, &expected);
}
