//! Functions of the caller's that panic: the request is one by then, and has a span.

use telemetry_core::AttributesFactory;

use super::*;

#[test]
fn hs_43_a_panic_in_a_function_for_the_route() {
    each(|case| {
        let case = case.with(
            |server| server.with_route(|_| panic!("on purpose")),
            |client| client.with_url_template(|_| panic!("on purpose")),
        );
        assert_panics(|| drop(case.layer(service_fn(never)).call(request())));
        case.assert_ended(None, Some("panic"));
    });
}

#[test]
fn hs_43_a_panic_in_a_function_for_attributes() {
    let attributes = || AttributesFactory::from_fn(|_| panic!("on purpose"));
    each(|case| {
        let case =
            case.with(|server| server.with_attributes(attributes()), |client| client.with_attributes(attributes()));
        assert_panics(|| drop(case.layer(service_fn(never)).call(request())));
        case.assert_ended(None, Some("panic"));
    });
}

#[test]
fn hs_43_a_panic_in_a_function_for_the_name_or_the_url() {
    each(|case| {
        let named = case.with(
            |server| server.with_span_name(|_| panic!("on purpose")),
            |client| client.with_span_name(|_| panic!("on purpose")),
        );
        let scrubbed = case.with(
            |server| server.with_url_scrubber(|_| panic!("on purpose")),
            |client| client.with_url_scrubber(|_| panic!("on purpose")),
        );
        for case in [named, scrubbed] {
            assert_panics(|| drop(case.layer(service_fn(never)).call(request())));
            case.assert_ended(None, Some("panic"));
        }
    });
}

#[test]
fn hs_43_a_panic_in_a_function_for_the_response() {
    each(|case| {
        let case = case.with(
            |server| server.with_response_attributes(|_| panic!("on purpose")),
            |client| client.with_response_attributes(|_| panic!("on purpose")),
        );
        assert_panics(|| drop(respond_with(&case, ScriptedBody::new().data("hello"))));
        case.assert_ended(Some(200), Some("panic"));
    });
}

#[test]
fn hs_43_a_panic_in_a_function_for_errors() {
    each(|case| {
        let case = case.with(
            |server| server.with_error_classifier(|_: &io::Error| panic!("on purpose")),
            |client| client.with_error_classifier(|_: &io::Error| panic!("on purpose")),
        );
        let failed = || Err::<Response<Upload>, _>(io::Error::from(io::ErrorKind::TimedOut));
        assert_panics(|| drop(respond(&case, request(), failed())));
        case.assert_ended(None, Some("panic"));
    });
}

#[test]
fn hs_41_a_filter_that_panics_has_seen_no_request() {
    let filter = || telemetry_http::RequestFilter::new(|_| panic!("on purpose"));
    each(|case| {
        let case = case.with(|server| server.with_filter(filter()), |client| client.with_filter(filter()));
        assert_panics(|| drop(case.layer(service_fn(never)).call(request())));
        case.assert_running();
    });
}
