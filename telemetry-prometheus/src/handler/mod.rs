//! The HTTP side of a scrape.

mod admission;
mod flight;
mod request;
mod response;
mod scrape;

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use prometheus::Registry;
use tokio::runtime::Handle;
use tower_service::Service;

use crate::body::MetricsBody;
use crate::exporter::PrometheusExporter;

pub(crate) use admission::Admitted;

use request::ScrapeRequest;
use response::{Failure, response};
use scrape::Scraper;

/// More scrapes than this at once come from no Prometheus.
const MAX_IN_FLIGHT: usize = 1000;

/// Answers scrapes: a [`tower_service::Service`] to mount at `/metrics` of any server.
///
/// | request | response |
/// |---|---|
/// | `GET`, `HEAD` | 200 and the metrics, in the format that suits `Accept` best: see [`Exposition::negotiate`](crate::Exposition::negotiate) |
/// | with `Accept-Encoding` | compressed, as far as features `gzip` and `zstd` allow |
/// | with `?name[]=a&name[]=b` | the families of these names alone |
/// | with `X-Prometheus-Scrape-Timeout-Seconds` | as usual, or 503 shortly before the scraper gives up |
/// | other methods | 405 |
/// | more at once than [`with_max_in_flight`](Self::with_max_in_flight) | 503, at once |
/// | after the shutdown of the meter provider | 200 and the values of that moment, in any format; registries and the process as they are |
/// | no meter provider yet, or one whose last collection failed or took too long | 503 and the reason |
/// | a panic in a callback, a failure in the SDK | 500 and the reason; the next scrape is not affected |
///
/// The path is not looked at, nor is the body of a request. There is no header with the start time of the process:
/// `process_start_time_seconds` is a metric (feature `process`).
///
/// Collecting, encoding and compressing run as blocking tasks of the Tokio runtime in which [`call`](Service::call)
/// runs. Its worker threads stay free: a slow callback holds up other scrapes and, because of the SDK's lock, code that
/// creates an instrument, but no other request. Scrapes that come while a collection is under way share its result, so
/// a callback that hangs holds one thread of the runtime's blocking pool, however often it is scraped: each scrape ends
/// with the timeout that its scraper told, or that of [`with_timeout`](Self::with_timeout). A collection that waits for
/// a thread is left out when the last request that wants it is dropped; one that has begun runs to its end, and a
/// runtime that ends, like that of `#[tokio::main]`, waits for it.
///
/// A scrape that is under way when the meter provider is shut down is answered with the values of that moment at the
/// latest, also where the shutdown blocks the only worker thread until then.
///
/// A callback must not wait for a scrape of its own process: that scrape waits for the callback, and without a timeout
/// for ever. Only one that is polled inside of the callback fails at once.
///
/// Without a Tokio runtime all of this happens inside of `call`, without a timeout. In a runtime that was built without
/// timers there is no timeout either, and the first scrape that wants one makes Tokio panic. The handler catches that,
/// which it cannot with `panic = "abort"`: call `enable_time` when the runtime is built.
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
#[derive(Clone)]
pub struct PrometheusMetricsHandler {
    settings: Settings,
    scraper: Arc<Scraper>,
}

/// What the methods of the handler have set.
#[derive(Clone)]
struct Settings {
    exporter: PrometheusExporter,
    registries: Vec<Registry>,
    max_in_flight: usize,
    timeout: Option<Duration>,
    has_self_metrics: bool,
}

impl PrometheusMetricsHandler {
    /// A handler that serves the metrics of `exporter`.
    #[must_use]
    pub fn new(exporter: PrometheusExporter) -> Self {
        Self::with_settings(Settings {
            exporter,
            registries: Vec::new(),
            max_in_flight: MAX_IN_FLIGHT,
            timeout: None,
            has_self_metrics: false,
        })
    }

    /// Puts the families of a registry of the `prometheus` crate into the same response, under the same rules for
    /// conflicts. May be called several times, but not with the same registry.
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
        self.settings.registries.push(registry);
        Self::with_settings(self.settings)
    }

    /// Answers 503 to scrapes beyond so many at once; 0 is no limit, and 1000 is the default. A scrape counts until the
    /// server has taken the last of its response or dropped it. What the server has taken may be on its way for longer.
    #[must_use]
    pub fn with_max_in_flight(mut self, scrapes: usize) -> Self {
        self.settings.max_in_flight = scrapes;
        Self::with_settings(self.settings)
    }

    /// Answers 503 after this time, or after that which the scraper tells if that is shorter. Without this, only the
    /// scraper's counts.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout);
        Self::with_settings(self.settings)
    }

    /// Adds metrics of the handler itself to the page, under the names of Prometheus' Go library:
    /// `promhttp_metric_handler_requests_total`, by status code, and `promhttp_metric_handler_requests_in_flight`.
    #[must_use]
    pub fn with_self_metrics(mut self) -> Self {
        self.settings.has_self_metrics = true;
        Self::with_settings(self.settings)
    }

    fn with_settings(settings: Settings) -> Self {
        let scraper = Arc::new(Scraper::new(&settings));
        Self { settings, scraper }
    }
}

impl fmt::Debug for PrometheusMetricsHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrometheusMetricsHandler")
            .field("exporter", &self.settings.exporter)
            .field("registries", &self.settings.registries.len())
            .field("max_in_flight", &self.settings.max_in_flight)
            .field("timeout", &self.settings.timeout)
            .field("self_metrics", &self.settings.has_self_metrics)
            .finish()
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
        let Some(request) = ScrapeRequest::new(&request, self.settings.timeout) else {
            return ScrapeFuture::ready(response(Err(&Failure::MethodNotAllowed), false));
        };
        let scraper = Arc::clone(&self.scraper);
        match Handle::try_current() {
            Ok(runtime) => ScrapeFuture(Box::pin(async move { scraper.scrape(request, &runtime).await })),
            Err(_) => ScrapeFuture::ready(scraper.scrape_here(&request)),
        }
    }
}

/// The future of a [`PrometheusMetricsHandler`]'s response.
#[must_use = "futures do nothing unless polled"]
pub struct ScrapeFuture(Pin<Box<dyn Future<Output = Response<MetricsBody>> + Send>>);

impl ScrapeFuture {
    fn ready(response: Response<MetricsBody>) -> Self {
        Self(Box::pin(std::future::ready(response)))
    }
}

impl fmt::Debug for ScrapeFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScrapeFuture").finish_non_exhaustive()
    }
}

impl Future for ScrapeFuture {
    type Output = Result<Response<MetricsBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}
