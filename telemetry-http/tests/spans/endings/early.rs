//! Requests that end without a head.

use super::*;

#[test]
fn hs_04_hs_41_an_error_of_the_service() {
    each(|case| {
        let failed = Err::<Response<Upload>, _>(io::Error::new(io::ErrorKind::TimedOut, "id=12345"));
        let error = respond(case, request(), failed).unwrap_err();
        assert_eq!(error.to_string(), "id=12345");
        let span = case.assert_ended(None, Some("timeout"));
        assert!(!format!("{span:?}").contains("id=12345"));
    });
}

#[test]
fn hs_42_hc_17_a_future_dropped_before_it_is_polled() {
    each(|case| {
        let future = case.layer(service_fn(never)).call(request());
        case.assert_running();
        drop(future);
        case.assert_ended(None, case.cancelled());
    });
}

#[test]
fn hs_42_hc_17_a_future_dropped_while_pending() {
    each(|case| {
        let mut future = Box::pin(case.layer(service_fn(never)).call(request()));
        assert!(poll_once(future.as_mut()).is_pending());
        case.assert_running();
        drop(future);
        case.assert_ended(None, case.cancelled());
    });
}

#[test]
fn hs_42_hc_17_a_future_dropped_while_its_owner_panics() {
    each(|case| {
        let mut future = Box::pin(case.layer(service_fn(never)).call(request()));
        assert!(poll_once(future.as_mut()).is_pending());
        assert_panics(move || {
            let _future = future;
            panic!("on purpose");
        });
        case.assert_ended(None, case.cancelled());
    });
}

#[test]
fn hs_42_hc_17_a_body_dropped_while_its_owner_panics() {
    each(|case| {
        let body = respond_with(case, ScriptedBody::new().data("hello"));
        assert_panics(move || {
            let _body = body;
            panic!("on purpose");
        });
        case.assert_ended(Some(200), case.cancelled());
    });
}
