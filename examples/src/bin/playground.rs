//! A service to try everything on: all kinds of answers and endings, over HTTP/1.1 and HTTP/2, with axum.
//!
//! ```text
//! $ cargo run -p telemetry-examples --bin playground
//! listening on http://127.0.0.1:62012
//! metrics on http://127.0.0.1:63012/metrics
//!
//! $ curl http://127.0.0.1:62012/users/7
//! user 7
//! $ curl -X BREW --http2-prior-knowledge http://127.0.0.1:62012/users/7
//! $ curl -m 1 'http://127.0.0.1:62012/stream?chunks=3&delay_ms=5000&bytes=10'
//! xxxxxxxxxx
//! $ curl 'http://127.0.0.1:62012/relay?path=/users/7'
//! user 7
//!
//! $ curl http://127.0.0.1:63012/metrics
//! $ curl http://127.0.0.1:63012/tally
//! ```
//!
//! It is set up by the standard variables: traces, metrics and logs go by OTLP to `OTEL_EXPORTER_OTLP_ENDPOINT`, if that
//! is set. Then the metrics lead to the traces by exemplars, and the header `x-trace-id` of a response names its trace.
//!
//! `/relay` asks the playground itself for another path, and that client has all the layers that there are for clients.
//! With `--native-histograms` durations are exponential histograms, which Prometheus stores as native ones if it scrapes
//! them in protocol buffers.
//!
//! The tally is what the playground has counted by itself, outside of all layers: the metrics have to agree with it.

use std::io;

use axum::routing::get;
use axum::{Json, Router};
use clap::Parser;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use telemetry_core::Telemetry;
use telemetry_core::opentelemetry_sdk::metrics::{Aggregation, Instrument, InstrumentKind, Stream};
use telemetry_examples::relay::Relay;
use telemetry_examples::tally::Tally;
use telemetry_examples::{Flags, Server, playground};
use telemetry_net::{MeteredStream, NetworkMetricsLayer};
use telemetry_prometheus::{PrometheusExporter, PrometheusMetricsHandler, TelemetryBuilderExt};
use tokio::net::TcpStream;
use tower::{Layer, ServiceExt};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// Makes exponential histograms of durations, which Prometheus stores as native ones.
    #[arg(long)]
    native_histograms: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();

    let exporter = PrometheusExporter::new();
    let mut telemetry = Telemetry::builder().with_prometheus(exporter.clone());
    if arguments.native_histograms {
        telemetry = telemetry.configure_metrics(|metrics| metrics.with_view(exponential));
    }
    let telemetry = telemetry.build()?;

    serve(arguments.flags, PrometheusMetricsHandler::new(exporter).with_self_metrics())?;

    // The runtime has ended, and every connection with it: nothing is counted after this.
    telemetry.shutdown()?;
    Ok(())
}

#[tokio::main]
async fn serve(flags: Flags, metrics: PrometheusMetricsHandler) -> io::Result<()> {
    let server = Server::bind(flags).await?;

    let tally = Tally::default();
    let counts = tally.clone();
    let router = playground::router(Relay::new(server.address()?));
    let connections = NetworkMetricsLayer::new().layer(tower::service_fn(move |stream: MeteredStream<TcpStream>| {
        tally.connection();
        let (router, tally) = (router.clone(), tally.clone());
        let requests = stream.connection().serve(tower::service_fn(move |request: hyper::Request<Incoming>| {
            let router = router.clone();
            tally.clone().request(request, |request| router.oneshot(request))
        }));
        let http = auto::Builder::new(TokioExecutor::new());
        http.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(requests)).into_owned()
    }));

    let scrapes = Router::new().route_service("/metrics", metrics);
    let scrapes = scrapes.route("/tally", get(async move || Json(counts.counts())));
    let scrapes = TowerToHyperService::new(scrapes);
    let scrapers = tower::service_fn(move |stream: TcpStream| {
        auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), scrapes.clone()).into_owned()
    });

    server.run(connections, scrapers).await;
    Ok(())
}

/// Durations get exponential buckets.
fn exponential(instrument: &Instrument) -> Option<Stream> {
    if instrument.kind() != InstrumentKind::Histogram || instrument.unit() != "s" {
        return None;
    }
    let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: false };
    Stream::builder().with_aggregation(aggregation).build().ok()
}
