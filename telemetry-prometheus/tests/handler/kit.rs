//! What the tests of the handler share.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{MetricsBody, PrometheusMetricsHandler};
use tower::ServiceExt;

use crate::support::{bare, provider};

pub(crate) const TEXT: &str = "# TYPE c_total counter\nc_total 1\n";
pub(crate) const OPEN_METRICS: &str = "# TYPE c counter\nc_total 1\n# EOF\n";
pub(crate) const PROTOBUF_TYPE: &str =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/// A test that takes longer than this hangs.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A handler with one counter.
pub(crate) fn served() -> (PrometheusMetricsHandler, SdkMeterProvider) {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    (PrometheusMetricsHandler::new(exporter), provider)
}

pub(crate) fn get(headers: &[(&'static str, &str)]) -> Request<()> {
    let mut request = Request::new(());
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

pub(crate) async fn ask<B>(handler: &PrometheusMetricsHandler, request: Request<B>) -> Response<MetricsBody> {
    let Ok(response) = handler.clone().oneshot(request).await;
    response
}

pub(crate) async fn ask_status(handler: &PrometheusMetricsHandler, headers: &[(&'static str, &str)]) -> StatusCode {
    ask(handler, get(headers)).await.status()
}

pub(crate) async fn bytes_of(response: Response<MetricsBody>) -> Bytes {
    let Ok(body) = response.into_body().collect().await;
    body.to_bytes()
}

pub(crate) async fn text_of(response: Response<MetricsBody>) -> String {
    String::from_utf8(bytes_of(response).await.into()).unwrap()
}

pub(crate) async fn page_of(handler: &PrometheusMetricsHandler) -> String {
    text_of(ask(handler, get(&[])).await).await
}

pub(crate) fn header<'r, B>(response: &'r Response<B>, name: &str) -> &'r str {
    response.headers()[name].to_str().unwrap()
}

pub(crate) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls until there is an outcome, without any runtime.
pub(crate) fn finish<F: Future + Unpin>(future: &mut F) -> F::Output {
    let start = Instant::now();
    loop {
        if let Poll::Ready(output) = poll_once(future) {
            return output;
        }
        assert!(start.elapsed() < LONG);
        std::thread::yield_now();
    }
}

/// Waits for `future`, but not for ever.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(LONG, future).await.unwrap()
}

/// Lets other tasks run until `is_so`.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    soon(async {
        while !is_so().await {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// A callback that hangs until it is let go. It opens for good when this is dropped, before the runtime if it was made
/// after that, so that no test hangs that fails.
pub(crate) struct Gate {
    entered: mpsc::Receiver<()>,
    release: mpsc::Sender<()>,
    calls: Arc<AtomicUsize>,
}

impl Gate {
    pub(crate) fn new(provider: &SdkMeterProvider) -> Self {
        let (enter, entered) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let released = Mutex::new(released);
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        provider
            .meter("m")
            .u64_observable_gauge("gate")
            .with_callback(move |_| {
                counted.fetch_add(1, Ordering::SeqCst);
                let _ = enter.send(());
                let _ = released.lock().unwrap().recv();
            })
            .build();
        Self { entered, release, calls }
    }

    /// Until a collection hangs that this was not told of before.
    pub(crate) fn wait(&self) {
        self.entered.recv_timeout(LONG).unwrap();
    }

    /// Lets one collection go, also a later one.
    pub(crate) fn open(&self) {
        self.release.send(()).unwrap();
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}
