//! Requests that end without a head, or in a panic.

use super::*;

const PANICKED: Expected<'_> =
    Expected { status: None, error: Some("panic"), request_bytes: 0.0, response_bytes: None };

/// Runs `request` and gives the text of the panic that came out of it.
fn panic_text(request: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(request)).expect_err("the panic goes on");
    (*panic.downcast_ref::<&str>().expect("the panic is the service's own")).to_owned()
}

#[test]
fn hs_41_an_error_of_the_service_is_recorded_and_passed_on() {
    let metrics = InMemoryMetrics::new();
    let failed = Err::<Response<Full>, _>(io::Error::new(io::ErrorKind::TimedOut, "id=12345"));
    let error = respond(&metrics, request(), failed).unwrap_err();
    assert_eq!(error.to_string(), "id=12345");
    let expected = Expected { status: None, error: Some("timeout"), request_bytes: 0.0, response_bytes: None };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_42_a_future_dropped_before_it_is_polled() {
    let metrics = InMemoryMetrics::new();
    let mut service = layer(&metrics).layer(service_fn(|_| pending::<Result<Response<Full>, Infallible>>()));
    drop(service.call(request()));
    let expected = Expected { status: None, error: Some("cancelled"), request_bytes: 0.0, response_bytes: None };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_42_a_future_dropped_while_pending() {
    let metrics = InMemoryMetrics::new();
    let mut service = layer(&metrics).layer(service_fn(|_| pending::<Result<Response<Full>, Infallible>>()));
    let mut future = Box::pin(service.call(request()));
    assert!(poll_once(future.as_mut()).is_pending());
    assert_active(&metrics);
    drop(future);
    let expected = Expected { status: None, error: Some("cancelled"), request_bytes: 0.0, response_bytes: None };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_43_a_panic_in_the_call() {
    let metrics = InMemoryMetrics::new();
    let mut service = layer(&metrics).layer(service_fn(
        |_: Request<RequestBody<Full>>| -> std::future::Ready<Result<Response<Full>, Infallible>> {
            panic!("on purpose")
        },
    ));
    assert_eq!(panic_text(|| drop(service.call(request()))), "on purpose");
    assert_ended(&metrics, &PANICKED);
}

#[test]
fn hs_43_a_panic_in_the_future_whether_it_is_dropped_during_the_unwinding_or_after() {
    async fn handler(_: Request<RequestBody<Full>>) -> Result<Response<Full>, Infallible> {
        panic!("on purpose")
    }
    let metrics = InMemoryMetrics::new();
    let mut service = layer(&metrics).layer(service_fn(handler));
    assert_eq!(panic_text(|| drop(poll_once(pin!(service.call(request()))))), "on purpose");
    assert_ended(&metrics, &PANICKED);

    let metrics = InMemoryMetrics::new();
    let mut service = layer(&metrics).layer(service_fn(handler));
    let mut future = Box::pin(service.call(request()));
    assert_eq!(panic_text(|| drop(poll_once(future.as_mut()))), "on purpose");
    drop(future);
    assert_ended(&metrics, &PANICKED);
}

#[test]
fn hs_43_a_panic_in_the_body() {
    let metrics = InMemoryMetrics::new();
    let mut body = respond_with(&metrics, ScriptedBody::new().data("hello").panic());
    assert_eq!(panic_text(|| assert_eq!(drain(&mut body), 1)), "the scripted body panics here");
    drop(body);
    let expected =
        Expected { status: Some("200"), error: Some("panic"), request_bytes: 0.0, response_bytes: Some(5.0) };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_44_poll_ready_is_the_services_own() {
    struct NotReady;
    impl Service<Request<RequestBody<Full>>> for NotReady {
        type Response = Response<Full>;
        type Error = io::Error;
        type Future = std::future::Ready<Result<Self::Response, io::Error>>;
        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), io::Error>> {
            Poll::Ready(Err(io::ErrorKind::ConnectionRefused.into()))
        }
        fn call(&mut self, _: Request<RequestBody<Full>>) -> Self::Future {
            unreachable!("it is never ready")
        }
    }
    let metrics = InMemoryMetrics::new();
    let mut service = layer(&metrics).layer(NotReady);
    let readiness = poll_once(pin!(std::future::poll_fn(|cx| service.poll_ready(cx))));
    assert!(matches!(readiness, Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused));
    assert!(metrics.snapshot().names().is_empty());
}

#[test]
fn hs_43_a_panic_in_a_function_of_the_caller() {
    let layers: [fn(RequestMetricsLayer) -> RequestMetricsLayer; 2] = [
        |layer| layer.with_route(|_| panic!("on purpose")),
        |layer| layer.with_attributes(telemetry_core::AttributesFactory::from_fn(|_| panic!("on purpose"))),
    ];
    for with_panic in layers {
        let metrics = InMemoryMetrics::new();
        let layer = with_panic(layer(&metrics));
        let mut service = layer.layer(service_fn(|_| pending::<Result<Response<Full>, Infallible>>()));
        assert_eq!(panic_text(|| drop(service.call(request()))), "on purpose");
        assert_ended(&metrics, &PANICKED);
    }
}

#[test]
fn hs_43_a_panic_where_a_body_tells_its_size_or_end() {
    struct Panics;
    impl Body for Panics {
        type Data = Bytes;
        type Error = Infallible;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
            Poll::Ready(None)
        }
        fn is_end_stream(&self) -> bool {
            panic!("on purpose")
        }
    }
    let metrics = InMemoryMetrics::new();
    assert_eq!(panic_text(|| drop(respond_with(&metrics, Panics))), "on purpose");
    let expected =
        Expected { status: Some("200"), error: Some("panic"), request_bytes: 0.0, response_bytes: Some(0.0) };
    assert_ended(&metrics, &expected);

    let metrics = InMemoryMetrics::new();
    let mut service = layer(&metrics).layer(service_fn(|_| pending::<Result<Response<Full>, Infallible>>()));
    assert_eq!(panic_text(|| drop(service.call(Request::new(Panics)))), "on purpose");
    assert_ended(&metrics, &PANICKED);
}
