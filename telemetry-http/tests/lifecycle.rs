//! Every way in which a request can end, and what each instrument says of it then.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::convert::Infallible;
use std::future::{Future, pending, ready};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Empty};
use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, ScriptedBody, Snapshot, poll_once};
use telemetry_http::{RequestBody, RequestMetricsLayer, ResponseBody};
use tower::{Layer, Service, service_fn};

type Full = http_body_util::Full<Bytes>;

/// What a request must have left behind.
struct Expected<'a> {
    status: Option<&'a str>,
    error: Option<&'a str>,
    request_bytes: f64,
    /// Absent when there was no head.
    response_bytes: Option<f64>,
}

/// Asserts every instrument for exactly one ended request.
#[track_caller]
fn assert_ended(metrics: &InMemoryMetrics, expected: &Expected<'_>) {
    let snapshot = metrics.snapshot();
    let sizes = [
        ("http.server.request.duration", None, 1),
        ("http.server.request.body.size", Some(expected.request_bytes), 1),
        ("http.server.response.body.size", expected.response_bytes, u64::from(expected.response_bytes.is_some())),
    ];
    for (metric, sum, count) in sizes {
        assert_eq!(snapshot.count(metric, &[]), count, "{metric}: {snapshot:#?}");
        if let Some(sum) = sum {
            assert_eq!(snapshot.sum(metric, &[]), sum, "{metric}: {snapshot:#?}");
        }
        for point in snapshot.points(metric) {
            let have = |name: &str| point.attributes.get(name).map(String::as_str);
            assert_eq!(have("http.response.status_code"), expected.status, "{metric}");
            assert_eq!(have("error.type"), expected.error, "{metric}");
            assert!(have("http.request.method").is_some() && have("url.scheme").is_some(), "{metric}");
        }
    }
    assert_eq!(active(&snapshot), [0.0]);
}

fn active(snapshot: &Snapshot) -> Vec<f64> {
    let points = snapshot.points("http.server.active_requests");
    points.iter().map(|point| snapshot.sum(&point.metric, &[])).collect()
}

#[track_caller]
fn assert_active(metrics: &InMemoryMetrics) {
    let snapshot = metrics.snapshot();
    assert_eq!(active(&snapshot), [1.0]);
    assert_eq!(snapshot.count("http.server.request.duration", &[]), 0);
}

fn layer(metrics: &InMemoryMetrics) -> RequestMetricsLayer {
    RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()))
}

fn request() -> Request<Full> {
    Request::new(Full::default())
}

/// Calls a service that is ready at once with `response`, and gives the response that came through the layer.
fn respond<B, E>(
    metrics: &InMemoryMetrics,
    request: Request<Full>,
    response: Result<Response<B>, E>,
) -> Result<Response<ResponseBody<B>>, E>
where
    B: Body<Error: 'static>,
    E: 'static,
{
    let mut response = Some(response);
    let service = service_fn(move |_: Request<RequestBody<Full>>| ready(response.take().unwrap()));
    let mut service = layer(metrics).layer(service);
    let mut future = pin!(service.call(request));
    let Poll::Ready(result) = poll_once(future.as_mut()) else { panic!("the service is ready at once") };
    result
}

fn respond_with<B: Body<Error: 'static>>(metrics: &InMemoryMetrics, body: B) -> ResponseBody<B> {
    let response = Ok::<_, Infallible>(Response::new(body));
    respond(metrics, request(), response).unwrap().into_body()
}

/// Polls the body until it has nothing ready, has failed or has ended. Gives the number of frames.
fn drain<B: Body + Unpin>(body: &mut B) -> usize {
    let mut frames = 0;
    while let Poll::Ready(Some(Ok(_))) = poll_once(pin!(body.frame())) {
        frames += 1;
    }
    frames
}

#[test]
fn hs_30_hs_33_a_body_read_to_its_end() {
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
fn trailers_are_not_payload() {
    let metrics = InMemoryMetrics::new();
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
    let mut body = respond_with(&metrics, ScriptedBody::new().data("hello").trailers(trailers));
    assert_eq!(drain(&mut body), 2);
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
fn hs_41_an_error_of_the_service_is_recorded_and_passed_on() {
    let metrics = InMemoryMetrics::new();
    let failed = Err::<Response<Full>, _>(io::Error::new(io::ErrorKind::TimedOut, "id=12345"));
    let error = respond(&metrics, request(), failed).unwrap_err();
    assert_eq!(error.to_string(), "id=12345");
    let expected = Expected { status: None, error: Some("timeout"), request_bytes: 0.0, response_bytes: None };
    assert_ended(&metrics, &expected);
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

const PANICKED: Expected<'_> =
    Expected { status: None, error: Some("panic"), request_bytes: 0.0, response_bytes: None };

/// Runs `request` and gives the text of the panic that came out of it.
fn panic_text(request: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(request)).expect_err("the panic goes on");
    (*panic.downcast_ref::<&str>().expect("the panic is the service's own")).to_owned()
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
fn hs_32_request_bytes_are_those_that_passed() {
    let metrics = InMemoryMetrics::new();
    let mut service = layer(&metrics).layer(service_fn(|request: Request<RequestBody<ScriptedBody>>| async {
        let body = request.into_body().collect().await?.to_bytes();
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Response::new(Full::from(body)))
    }));
    let upload = ScriptedBody::new().data("twenty ").data("bytes of data");
    let Poll::Ready(Ok(response)) = poll_once(pin!(service.call(Request::new(upload)))) else { panic!() };
    drain(&mut response.into_body());
    let expected = Expected { status: Some("200"), error: None, request_bytes: 20.0, response_bytes: Some(20.0) };
    assert_ended(&metrics, &expected);
}

#[test]
fn hs_32_an_upload_that_fails_counts_what_came() {
    let metrics = InMemoryMetrics::new();
    let mut service = layer(&metrics).layer(service_fn(|request: Request<RequestBody<ScriptedBody>>| async {
        request.into_body().collect().await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Response::new(Full::default()))
    }));
    let upload = ScriptedBody::new().data("hello").error(io::Error::from(io::ErrorKind::ConnectionReset));
    let Poll::Ready(Err(_)) = poll_once(pin!(service.call(Request::new(upload)))) else { panic!() };
    let expected = Expected { status: None, error: Some("connection_reset"), request_bytes: 5.0, response_bytes: None };
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
fn a_future_that_is_polled_on_by_a_runtime_ends_the_same_way() {
    let metrics = InMemoryMetrics::new();
    let mut service = layer(&metrics).layer(service_fn(|_: Request<RequestBody<Full>>| async {
        tokio::task::yield_now().await;
        Ok::<_, Infallible>(Response::new(ScriptedBody::new().pending().data("hello").pending().telling_end()))
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let collected = runtime.block_on(async { service.call(request()).await.unwrap().into_body().collect().await });
    assert_eq!(collected.unwrap().to_bytes(), "hello");
    let expected = Expected { status: Some("200"), error: None, request_bytes: 0.0, response_bytes: Some(5.0) };
    assert_ended(&metrics, &expected);
}

#[test]
fn bodies_tell_size_and_end_as_the_wrapped_ones_do() {
    let metrics = InMemoryMetrics::new();
    let wrapped = |body: ScriptedBody| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let service = service_fn(move |request: Request<RequestBody<ScriptedBody>>| {
            sender.send(request.into_body()).unwrap();
            ready(Ok::<_, Infallible>(Response::new(Full::default())))
        });
        assert!(poll_once(pin!(layer(&metrics).layer(service).call(Request::new(body)))).is_ready());
        receiver.recv().unwrap()
    };
    let known = || ScriptedBody::new().data("hello").with_exact_size(5).telling_end();
    for body in [&wrapped(known()) as &dyn Body<Data = _, Error = _>, &respond_with(&metrics, known())] {
        assert_eq!(body.size_hint().exact(), Some(5));
        assert!(!body.is_end_stream());
    }
    let empty = || ScriptedBody::new().telling_end();
    for body in [&wrapped(empty()) as &dyn Body<Data = _, Error = _>, &respond_with(&metrics, empty())] {
        assert_eq!(body.size_hint().exact(), None);
        assert!(body.is_end_stream());
    }
}

#[test]
fn types_can_cross_threads() {
    fn sendable<T: Send + Sync + Clone>(_: &T) {}
    fn future<F: Future + Send>(_: &F) {}
    let metrics = InMemoryMetrics::new();
    let layer = layer(&metrics);
    sendable(&layer);
    let mut service = layer.layer(service_fn(|_| ready(Ok::<_, Infallible>(Response::new(Full::from("x"))))));
    sendable(&service);
    future(&service.call(request()));
}
