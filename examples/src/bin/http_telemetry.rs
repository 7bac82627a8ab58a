//! A page that counts its visitors, with hyper and tower.
//!
//! It has a counter of its own, `RequestMetricsLayer` and `RequestTraceLayer` around its requests and
//! `NetworkMetricsLayer` around its connections. Prometheus finds the metrics in one place; traces, metrics and logs go by
//! OTLP to `OTEL_EXPORTER_OTLP_ENDPOINT`, if that is set. The flags, the accept loop and the end on a signal are those of
//! the other examples too, in `examples/src/lib.rs`.
//!
//! ```text
//! $ cargo run -p telemetry-examples --bin http_telemetry
//! listening on http://127.0.0.1:62012
//! metrics on http://127.0.0.1:63012/metrics
//!
//! $ curl http://127.0.0.1:62012/
//! You are visitor 1.
//!
//! $ curl http://127.0.0.1:63012/metrics
//! ..
//! http_server_active_requests{http_request_method="GET",..,url_scheme="http"} 0
//! ..
//! http_server_response_body_size_bytes_sum{http_request_method="GET",http_response_status_code="200",..} 19
//! ..
//! transport_server_io_bytes_total{network_io_direction="receive",network_transport="tcp",network_type="ipv4",..} 79
//! ..
//! visitor_counter_total{otel_scope_name="http_telemetry"} 1
//! ```

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use clap::Parser;
use http::request::Parts;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use telemetry_core::Telemetry;
use telemetry_core::opentelemetry::metrics::Counter;
use telemetry_core::opentelemetry::{StringValue, global};
use telemetry_examples::{Flags, Server};
use telemetry_http::{RequestMetricsLayer, RequestTraceLayer};
use telemetry_net::{MeteredStream, NetworkMetricsLayer};
use telemetry_prometheus::{MetricsBody, PrometheusExporter, PrometheusMetricsHandler, TelemetryBuilderExt};
use tokio::net::TcpStream;
use tower::{Layer, ServiceBuilder, ServiceExt};

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();

    let exporter = PrometheusExporter::new();
    let telemetry =
        Telemetry::builder().with_service_name("http_telemetry").with_prometheus(exporter.clone()).build()?;

    serve(flags, PrometheusMetricsHandler::new(exporter))?;

    // The runtime has ended, and every connection with it: nothing is counted after this.
    telemetry.shutdown()?;
    Ok(())
}

#[tokio::main]
async fn serve(flags: Flags, metrics: PrometheusMetricsHandler) -> io::Result<()> {
    let server = Server::bind(flags).await?;

    let counter =
        global::meter("http_telemetry").u64_counter("visitor_counter").with_description("Page visitors.").build();
    let visitors = Visitors { last: Arc::default(), counter };
    let pages = ServiceBuilder::new()
        .layer(RequestMetricsLayer::new().with_route(route))
        .layer(RequestTraceLayer::new().with_route(route))
        .service_fn(move |request| page(request, visitors.clone()));

    let connections = NetworkMetricsLayer::new().layer(tower::service_fn(move |stream: MeteredStream<TcpStream>| {
        let pages = TowerToHyperService::new(stream.connection().serve(pages.clone()));
        auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), pages).into_owned()
    }));

    let scrapes = service_fn(move |request| scrape(request, metrics.clone()));
    let scrapers = tower::service_fn(move |stream: TcpStream| {
        auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), scrapes.clone()).into_owned()
    });

    server.run(connections, scrapers).await;
    Ok(())
}

#[derive(Clone)]
struct Visitors {
    last: Arc<AtomicU64>,
    counter: Counter<u64>,
}

fn route(head: &Parts) -> Option<StringValue> {
    (head.uri.path() == "/").then(|| "/".into())
}

async fn page<B>(request: Request<B>, visitors: Visitors) -> Result<Response<Full<Bytes>>, Infallible> {
    if (request.method(), request.uri().path()) != (&Method::GET, "/") {
        return Ok(not_found());
    }
    visitors.counter.add(1, &[]);
    let number = visitors.last.fetch_add(1, Ordering::Relaxed) + 1;
    Ok(Response::new(format!("You are visitor {number}.\n").into()))
}

async fn scrape(
    request: Request<Incoming>,
    metrics: PrometheusMetricsHandler,
) -> Result<Response<MetricsBody>, Infallible> {
    if request.uri().path() != "/metrics" {
        return Ok(not_found());
    }
    metrics.oneshot(request).await
}

fn not_found<B: Default>() -> Response<B> {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
