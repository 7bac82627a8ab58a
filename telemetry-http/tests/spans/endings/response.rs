//! Endings of a response whose head was there.

use super::*;

#[test]
fn sp_57_sp_58_a_body_read_to_its_end() {
    each(|case| {
        let mut body = respond_with(case, ScriptedBody::new().data("hello").pending().data("world"));
        assert_eq!(drain(&mut body), 1);
        case.assert_running();
        assert_eq!(drain(&mut body), 1);
        case.assert_ended(Some(200), None);
        drop(body);
        case.assert_running();
    });
}

#[test]
fn sp_57_sp_58_an_end_that_is_told_with_the_last_frame() {
    each(|case| {
        let mut body = respond_with(case, ScriptedBody::new().data("hello").data("world").telling_end());
        case.assert_running();
        for _ in 0..2 {
            assert!(poll_once(pin!(body.frame())).is_ready());
        }
        case.assert_ended(Some(200), None);
        assert_eq!(drain(&mut body), 0);
        drop(body);
        case.assert_running();
    });
}

#[test]
fn sp_58_an_empty_body_ends_with_the_head() {
    each(|case| {
        let body = respond_with(case, Empty::<Bytes>::new());
        case.assert_ended(Some(200), None);
        drop(body);
        case.assert_running();
    });
}

#[test]
fn sp_58_hs_45a_all_bytes_that_were_announced_have_passed() {
    let sized = |data| Response::new(ScriptedBody::new().data(data).pending().with_exact_size(5));
    let announced = |data| {
        Response::builder().header("content-length", "5").body(ScriptedBody::new().data(data).pending()).unwrap()
    };
    each(|case| {
        for (response, is_all) in
            [(sized("hello"), true), (announced("hello"), true), (sized("hell"), false), (announced("hell"), false)]
        {
            let mut body = respond(case, request(), Ok::<_, Infallible>(response)).unwrap().into_body();
            assert_eq!(drain(&mut body), 1);
            case.assert_running();
            drop(body);
            case.assert_ended(Some(200), if is_all { None } else { case.cancelled() });
        }
    });
}

#[test]
fn sp_58_trailers_are_the_end() {
    each(|case| {
        let trailers = || HeaderMap::from_iter([(http::header::ETAG, http::HeaderValue::from_static("x"))]);
        let mut body = respond_with(case, ScriptedBody::new().data("hello").trailers(trailers()));
        for _ in 0..2 {
            assert!(matches!(poll_once(pin!(body.frame())), Poll::Ready(Some(Ok(_)))));
        }
        case.assert_ended(Some(200), None);
    });
}

#[test]
fn hs_04_hs_05_a_status_is_an_error_for_the_side_that_it_is_one_for() {
    let cases = [(399, None, None), (404, None, Some("404")), (500, Some("500"), Some("500"))];
    for (status, server, client) in cases.into_iter().chain([(999, None, None)]) {
        each(|case| {
            let response = Response::builder().status(status).body(Upload::from("sorry")).unwrap();
            drain(&mut respond(case, request(), Ok::<_, Infallible>(response)).unwrap().into_body());
            case.assert_ended(Some(status), if case.side == Side::Server { server } else { client });
        });
    }
}

#[test]
fn hs_45_sp_58_an_error_of_the_body_keeps_the_status() {
    each(|case| {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let mut body = respond_with(case, ScriptedBody::new().data("hello").error(reset).data("never"));
        assert_eq!(drain(&mut body), 1);
        case.assert_ended(Some(200), Some("connection_reset"));
        drop(body);
        case.assert_running();
    });
}

#[test]
fn hs_05_an_error_of_the_body_says_more_than_the_status() {
    each(|case| {
        let body = ScriptedBody::new().error("disk on fire");
        let response = Response::builder().status(503).body(body).unwrap();
        drain(&mut respond(case, request(), Ok::<_, Infallible>(response)).unwrap().into_body());
        case.assert_ended(Some(503), Some("_OTHER"));
    });
}

#[test]
fn sp_57_sp_58_hc_17_a_body_dropped_half_way_or_unread() {
    each(|case| {
        let mut body = respond_with(case, ScriptedBody::new().data("hello").pending().data("world"));
        assert_eq!(drain(&mut body), 1);
        case.assert_running();
        drop(body);
        case.assert_ended(Some(200), case.cancelled());

        drop(respond_with(case, ScriptedBody::new().data("hello")));
        case.assert_ended(Some(200), case.cancelled());
    });
}

#[test]
fn hs_45a_a_body_that_is_never_sent_may_be_dropped() {
    for (method, status) in
        [(Method::HEAD, StatusCode::OK), (Method::GET, StatusCode::NO_CONTENT), (Method::GET, StatusCode::NOT_MODIFIED)]
    {
        each(|case| {
            let mut request = request();
            *request.method_mut() = method.clone();
            let response = Response::builder().status(status).body(ScriptedBody::new().data("unsent")).unwrap();
            let response = respond(case, request, Ok::<_, Infallible>(response));
            case.assert_running();
            drop(response);
            case.assert_ended(Some(status.as_u16()), None);
        });
    }
}

#[test]
fn hs_46_an_upgrade_ends_with_the_head() {
    for (method, status) in [(Method::GET, StatusCode::SWITCHING_PROTOCOLS), (Method::CONNECT, StatusCode::OK)] {
        each(|case| {
            let request = Request::builder().method(&method).uri("shop.example:443").body(Upload::default()).unwrap();
            let response = Response::builder().status(status).body(ScriptedBody::new().pending().data("x")).unwrap();
            let mut tunnel = respond(case, request, Ok::<_, Infallible>(response)).unwrap().into_body();
            case.assert_ended(Some(status.as_u16()), None);
            drain(&mut tunnel);
            drop(tunnel);
            case.assert_running();
        });
    }
}

#[test]
fn hs_46_a_connect_that_is_refused_has_a_body_like_any_other() {
    each(|case| {
        let request = Request::connect("shop.example:443").body(Upload::default()).unwrap();
        let response = Response::builder().status(302).body(Upload::from("no")).unwrap();
        let mut body = respond(case, request, Ok::<_, Infallible>(response)).unwrap().into_body();
        case.assert_running();
        drain(&mut body);
        case.assert_ended(Some(302), None);
    });
}
