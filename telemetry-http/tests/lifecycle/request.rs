//! Bodies of requests, and what is the same for all.

use super::*;

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
fn a_layer_outside_can_make_bodies_of_its_own() {
    let (request, response) = (RequestBody::<Full>::default(), ResponseBody::<Full>::default());
    assert!(request.is_end_stream() && response.is_end_stream());
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
