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
//!
//! $ curl http://127.0.0.1:63012/metrics
//! $ curl http://127.0.0.1:63012/tally
//! ```
//!
//! It is set up by the standard variables: traces, metrics and logs go by OTLP to `OTEL_EXPORTER_OTLP_ENDPOINT`, if that
//! is set. Then the metrics lead to the traces by exemplars, and the header `x-trace-id` of a response names its trace.
//!
//! The tally is what the playground has counted by itself, outside of all layers: the metrics have to agree with it.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use clap::Parser;
use futures_util::stream;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde::Deserialize;
use telemetry_core::Telemetry;
use telemetry_examples::tally::Tally;
use telemetry_examples::{Flags, Server};
use telemetry_http::{RequestMetricsLayer, RequestTraceLayer};
use telemetry_net::{MeteredStream, NetworkMetricsLayer};
use telemetry_prometheus::{PrometheusExporter, PrometheusMetricsHandler, TelemetryBuilderExt};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tower::{Layer, ServiceExt};

const INDEX: &str = "\
GET  /                                     this text
GET  /users/{id}                           a route with a parameter
POST /echo                                 the body, as it comes in
GET  /stream?chunks=N&delay_ms=M&bytes=B   N chunks of B bytes, with M ms between them
GET  /status/{code}                        any status from 200 to 999
GET  /slow?ms=N                            an answer after N ms
GET  /panic                                a handler that panics
GET  /log?text=T                           a line in the log, at level info
GET  /ws                                   a WebSocket that echoes
";

/// Tells a client which trace its request is a part of.
const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

const LONGEST_MS: u64 = 60_000;
const MOST_CHUNKS: u64 = 10_000;
const LARGEST_CHUNK: usize = 1 << 20;

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();

    let exporter = PrometheusExporter::new();
    let telemetry = Telemetry::builder().with_prometheus(exporter.clone()).build()?;

    serve(flags, PrometheusMetricsHandler::new(exporter))?;

    // The runtime has ended, and every connection with it: nothing is counted after this.
    telemetry.shutdown()?;
    Ok(())
}

#[tokio::main]
async fn serve(flags: Flags, metrics: PrometheusMetricsHandler) -> io::Result<()> {
    let server = Server::bind(flags).await?;

    let tally = Tally::default();
    let counts = tally.clone();
    let router = router();
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

/// The layers come last: they cover the routes, and the fallback too.
fn router() -> Router {
    Router::new()
        .route("/", get(INDEX))
        .route("/users/{id}", get(user))
        .route("/echo", post(echo))
        .route("/stream", get(chunks))
        .route("/status/{code}", get(status))
        .route("/slow", get(slow))
        .route("/panic", get(panics))
        .route("/log", get(log))
        .route("/ws", get(web_socket))
        .layer(RequestTraceLayer::new().with_trace_id_header(TRACE_ID))
        .layer(RequestMetricsLayer::new())
}

async fn user(Path(id): Path<String>) -> String {
    format!("user {id}\n")
}

async fn echo(body: Body) -> Body {
    body
}

#[derive(Deserialize)]
#[serde(default)]
struct Chunks {
    chunks: u64,
    delay_ms: u64,
    bytes: usize,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { chunks: 10, delay_ms: 100, bytes: 100 }
    }
}

async fn chunks(Query(Chunks { chunks, delay_ms, bytes }): Query<Chunks>) -> Response {
    if chunks > MOST_CHUNKS || delay_ms > LONGEST_MS || bytes > LARGEST_CHUNK {
        return out_of_bounds(&format!("chunks={MOST_CHUNKS}, delay_ms={LONGEST_MS} and bytes={LARGEST_CHUNK}"));
    }
    let chunk = Bytes::from(vec![b'x'; bytes]);
    let chunks = stream::unfold(0, move |sent| {
        let chunk = chunk.clone();
        async move {
            if sent == chunks {
                return None;
            }
            if sent > 0 {
                sleep(Duration::from_millis(delay_ms)).await;
            }
            Some((Ok::<_, Infallible>(chunk), sent + 1))
        }
    });
    Body::from_stream(chunks).into_response()
}

async fn status(Path(code): Path<u16>) -> Response {
    match StatusCode::from_u16(code) {
        // An informational status is not yet the answer.
        Ok(status) if !status.is_informational() => status.into_response(),
        _ => (StatusCode::BAD_REQUEST, "a status is 200 to 999\n").into_response(),
    }
}

#[derive(Deserialize)]
struct Slow {
    ms: u64,
}

async fn slow(Query(Slow { ms }): Query<Slow>) -> Response {
    if ms > LONGEST_MS {
        return out_of_bounds(&format!("ms={LONGEST_MS}"));
    }
    sleep(Duration::from_millis(ms)).await;
    format!("{ms} ms\n").into_response()
}

fn out_of_bounds(bounds: &str) -> Response {
    (StatusCode::BAD_REQUEST, format!("at most {bounds}\n")).into_response()
}

#[allow(clippy::panic, reason = "that is what it shows")]
async fn panics() {
    panic!("this handler always panics");
}

#[derive(Deserialize)]
struct Line {
    text: String,
}

async fn log(Query(Line { text }): Query<Line>) -> StatusCode {
    tracing::info!(text, "asked to log");
    StatusCode::NO_CONTENT
}

async fn web_socket(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(echo_messages)
}

async fn echo_messages(mut socket: WebSocket) {
    // The socket itself answers pings, and closes when the client does.
    while let Some(Ok(message)) = socket.recv().await {
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).await.is_err() {
            break;
        }
    }
}
