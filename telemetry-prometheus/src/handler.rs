//! The HTTP side of a scrape.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::fmt::Write;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use prometheus::Registry;
use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};
use tower_service::Service;

use crate::body::MetricsBody;
use crate::encode::Format;
use crate::error::Error;
use crate::exporter::PrometheusExporter;

const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD");

/// Answers scrapes: a [`tower_service::Service`] to mount at `/metrics` of any server.
///
/// | request | response |
/// |---|---|
/// | `GET`, `HEAD` | 200 and the metrics, in the text format of Prometheus |
/// | other methods | 405 |
/// | no meter provider: not built yet, or shut down | 503 and the reason |
/// | a panic in a callback, a failure in the SDK | 500 and the reason; the next scrape is not affected |
///
/// The path is not looked at, nor is the body of a request.
///
/// Collecting and encoding run as a blocking task of the Tokio runtime in which [`call`](Service::call) runs. Its
/// worker threads stay free: a slow callback holds up other scrapes and, because of the SDK's lock, code that creates
/// an instrument, but no other request. Each scrape that waits for the callback, or for the scrape before it, holds one
/// thread of the runtime's blocking pool, which `tokio::fs` and others need as well: a callback that waits for
/// something should give up after a while. A request that is dropped takes its collection out of the queue; one that
/// has begun runs to its end, and a runtime that ends, like that of `#[tokio::main]`, waits for it. Without a Tokio
/// runtime all of this happens inside of `call`.
///
/// With axum:
///
/// ```
/// use axum::Router;
/// use telemetry_prometheus::{PrometheusExporter, PrometheusMetricsHandler};
///
/// let exporter = PrometheusExporter::new();
/// let metrics = PrometheusMetricsHandler::new(exporter.clone());
/// let app: Router = Router::new().route_service("/metrics", metrics);
/// # drop(app);
/// ```
///
/// With hyper alone, where other paths have to be told apart by hand:
///
/// ```no_run
/// use http::{Request, Response, StatusCode};
/// use hyper::body::Incoming;
/// use hyper::server::conn::http1;
/// use hyper::service::service_fn;
/// use hyper_util::rt::TokioIo;
/// use telemetry_prometheus::{MetricsBody, PrometheusExporter, PrometheusMetricsHandler};
/// use tokio::net::TcpListener;
/// use tower::ServiceExt;
///
/// async fn serve(exporter: PrometheusExporter) -> std::io::Result<()> {
///     let metrics = PrometheusMetricsHandler::new(exporter);
///     let listener = TcpListener::bind("localhost:9464").await?;
///     loop {
///         let (stream, _) = listener.accept().await?;
///         let metrics = metrics.clone();
///         let pages = service_fn(move |request: Request<Incoming>| {
///             let metrics = metrics.clone();
///             async move {
///                 if request.uri().path() == "/metrics" {
///                     return metrics.oneshot(request).await;
///                 }
///                 let mut not_found = Response::new(MetricsBody::default());
///                 *not_found.status_mut() = StatusCode::NOT_FOUND;
///                 Ok(not_found)
///             }
///         });
///         tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), pages));
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct PrometheusMetricsHandler {
    exporter: PrometheusExporter,
    registries: Vec<Registry>,
}

impl PrometheusMetricsHandler {
    /// A handler that serves the metrics of `exporter`.
    #[must_use]
    pub fn new(exporter: PrometheusExporter) -> Self {
        Self { exporter, registries: Vec::new() }
    }

    /// Puts the families of a registry of the `prometheus` crate into the same response, after the exporter's own and
    /// under the same rules for conflicts. May be called several times, but not with the same registry.
    ///
    /// The registry may hold the exporter itself as a collector: its metrics still appear once.
    ///
    /// ```
    /// use telemetry_prometheus::{PrometheusExporter, PrometheusMetricsHandler};
    ///
    /// let handler = PrometheusMetricsHandler::new(PrometheusExporter::new())
    ///     .with_registry(prometheus::default_registry().clone());
    /// # drop(handler);
    /// ```
    #[must_use]
    pub fn with_registry(mut self, registry: Registry) -> Self {
        self.registries.push(registry);
        self
    }

    fn render(&self) -> Result<Bytes, Error> {
        self.exporter.render_with(Format::PrometheusText, &self.registries)
    }
}

impl<B> Service<Request<B>> for PrometheusMetricsHandler {
    type Response = Response<MetricsBody>;
    type Error = Infallible;
    type Future = ScrapeFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ScrapeFuture {
        let is_head = match *request.method() {
            Method::GET => false,
            Method::HEAD => true,
            _ => return ScrapeFuture::ready(method_not_allowed()),
        };
        match Handle::try_current() {
            Ok(runtime) => {
                let handler = self.clone();
                let scrape = runtime.spawn_blocking(move || handler.render());
                ScrapeFuture(State::Running { scrape, is_head })
            }
            Err(_) => ScrapeFuture::ready(answer(self.render(), is_head)),
        }
    }
}

/// The future of a [`PrometheusMetricsHandler`]'s response.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct ScrapeFuture(State);

#[derive(Debug)]
enum State {
    Ready(Option<Response<MetricsBody>>),
    Running { scrape: JoinHandle<Result<Bytes, Error>>, is_head: bool },
}

impl ScrapeFuture {
    fn ready(response: Response<MetricsBody>) -> Self {
        Self(State::Ready(Some(response)))
    }
}

impl Drop for ScrapeFuture {
    /// Takes a collection that has not begun out of the queue. One that has begun is not disturbed.
    fn drop(&mut self) {
        if let State::Running { scrape, .. } = &self.0 {
            scrape.abort();
        }
    }
}

impl Future for ScrapeFuture {
    type Output = Result<Response<MetricsBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = match &mut self.0 {
            State::Ready(response) => response.take(),
            State::Running { scrape, is_head } => Some(match ready!(Pin::new(scrape).poll(cx)) {
                Ok(outcome) => answer(outcome, *is_head),
                Err(error) => not_run(&error, *is_head),
            }),
        };
        Poll::Ready(Ok(response.unwrap_or_default()))
    }
}

fn answer(outcome: Result<Bytes, Error>, is_head: bool) -> Response<MetricsBody> {
    match outcome {
        Ok(bytes) => {
            let content_type = HeaderValue::from_static(Format::PrometheusText.content_type());
            respond(StatusCode::OK, content_type, bytes, is_head)
        }
        Err(error) => {
            let status = if error.is_unavailable() {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::INTERNAL_SERVER_ERROR
            };
            let mut text = error.to_string();
            let mut cause = error.source();
            while let Some(error) = cause {
                // Writing to a string cannot fail.
                let _ = write!(text, ": {error}");
                cause = error.source();
            }
            failure(status, text, is_head)
        }
    }
}

/// The task has no outcome. Only the end of the runtime cancels one that is waited for.
fn not_run(error: &JoinError, is_head: bool) -> Response<MetricsBody> {
    if error.is_cancelled() {
        failure(StatusCode::SERVICE_UNAVAILABLE, "the runtime is shutting down".to_owned(), is_head)
    } else {
        failure(StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), is_head)
    }
}

fn failure(status: StatusCode, mut text: String, is_head: bool) -> Response<MetricsBody> {
    tracing::error!("a scrape failed: {text}");
    text.push('\n');
    respond(status, PLAIN_TEXT, text.into(), is_head)
}

fn method_not_allowed() -> Response<MetricsBody> {
    let text = Bytes::from_static(b"metrics are read with GET or HEAD\n");
    let mut response = respond(StatusCode::METHOD_NOT_ALLOWED, PLAIN_TEXT, text, false);
    response.headers_mut().insert(ALLOW, ALLOWED);
    response
}

fn respond(status: StatusCode, content_type: HeaderValue, bytes: Bytes, is_head: bool) -> Response<MetricsBody> {
    let length = bytes.len();
    let body = if is_head { Bytes::new() } else { bytes };
    let mut response = Response::new(MetricsBody::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}
