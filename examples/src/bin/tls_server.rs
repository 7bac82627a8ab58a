//! HTTP over TLS with axum: its requests know their connections, and all of them are metered, handshakes too.
//!
//! It makes its certificate by itself, for `localhost` and `127.0.0.1`, and writes it where its clients find it.
//!
//! ```text
//! $ cargo run -p telemetry-examples --bin tls_server -- --certificate /tmp/certificate.pem
//! listening on https://127.0.0.1:62012
//! metrics on http://127.0.0.1:63012/metrics
//!
//! $ curl --cacert /tmp/certificate.pem https://127.0.0.1:62012/
//! You came over HTTP/2.0 and TLS 1.3.
//!
//! $ curl http://127.0.0.1:63012/metrics
//! ..
//! http_server_request_duration_seconds_count{..,network_protocol_version="2",..,url_scheme="https"} 1
//! ..
//! transport_server_tls_handshake_duration_seconds_count{..,tls_protocol_version="1.3",tls_resumed="false"} 1
//! ..
//! transport_server_tls_io_bytes_total{network_io_direction="receive",..} 129
//! ..
//! ```
//!
//! Certificates that have expired, older versions of TLS and clients that take their time are for the flags.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{StatusCode, Version};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use clap::Parser;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use telemetry_core::{ConnectionInfo, Telemetry, TlsInfo};
use telemetry_examples::{Ending, Flags, Listeners};
use telemetry_http::{RequestMetricsLayer, RequestTraceLayer};
use telemetry_net::tokio_rustls::rustls::crypto::ring;
use telemetry_net::tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use telemetry_net::tokio_rustls::rustls::version::TLS13;
use telemetry_net::tokio_rustls::rustls::{ALL_VERSIONS, ServerConfig};
use telemetry_net::{MakeConnectionService, MeteredTlsAcceptor, NetworkMetricsLayer};
use telemetry_prometheus::{PrometheusExporter, PrometheusMetricsHandler, TelemetryBuilderExt};

/// The largest body of `/bytes/{n}`.
const MOST_BYTES: usize = 64 << 20;

#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// Where to write the certificate.
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// Makes a certificate that was good for the year 2020.
    #[arg(long)]
    expired: bool,
    /// Leaves out TLS 1.2.
    #[arg(long)]
    tls13_only: bool,
    /// How long a handshake may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    handshake_seconds: u64,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();

    let exporter = PrometheusExporter::new();
    let telemetry = Telemetry::builder().with_service_name("tls_server").with_prometheus(exporter.clone()).build()?;

    let config = configuration(&arguments)?;
    let handshake = Duration::from_secs(arguments.handshake_seconds);
    let acceptor = MeteredTlsAcceptor::new(Arc::new(config)).with_timeout(handshake);
    serve(arguments.flags, acceptor, PrometheusMetricsHandler::new(exporter))?;

    // The runtime has ended, and every connection with it: nothing is counted after this.
    telemetry.shutdown()?;
    Ok(())
}

#[tokio::main]
async fn serve(flags: Flags, acceptor: MeteredTlsAcceptor, metrics: PrometheusMetricsHandler) -> io::Result<()> {
    let Listeners { service, metrics: scrapers, mut ending } = Listeners::bind(flags, "https").await?;
    let mut overdue = Ending::new()?;

    let listener = acceptor.listen(NetworkMetricsLayer::new().listen(service));
    let service = axum::serve(listener, MakeConnectionService::new(router()));
    let service = service.with_graceful_shutdown(async move { ending.told().await });
    let scrapes = axum::serve(scrapers, Router::new().route_service("/metrics", metrics));
    tokio::select! {
        end = async { service.await } => end,
        end = async { scrapes.await } => end,
        () = overdue.overdue() => Ok(()),
    }
}

/// The layers come last: they cover the routes, and the fallback too.
fn router() -> Router {
    Router::new()
        .route("/", get(index))
        .route("/bytes/{n}", get(bytes))
        .route("/echo", post(echo))
        .layer(RequestTraceLayer::new())
        .layer(RequestMetricsLayer::new())
}

async fn index(version: Version, Extension(connection): Extension<ConnectionInfo>) -> String {
    let tls = connection.tls().and_then(TlsInfo::version).unwrap_or("?");
    format!("You came over {version:?} and TLS {tls}.\n")
}

async fn bytes(Path(n): Path<usize>) -> Response {
    if n > MOST_BYTES {
        return (StatusCode::BAD_REQUEST, format!("at most {MOST_BYTES}\n")).into_response();
    }
    vec![b'x'; n].into_response()
}

async fn echo(body: Body) -> Body {
    body
}

/// A configuration with a certificate of its own, which nobody else has signed.
fn configuration(arguments: &Arguments) -> anyhow::Result<ServerConfig> {
    let mut certificate = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    if arguments.expired {
        (certificate.not_before, certificate.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 12, 31));
    }
    let key = KeyPair::generate()?;
    let certificate = certificate.self_signed(&key)?;
    let file = &arguments.certificate;
    std::fs::write(file, certificate.pem()).with_context(|| format!("cannot write {}", file.display()))?;

    let versions = if arguments.tls13_only { &[&TLS13][..] } else { ALL_VERSIONS };
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
