//! The routes of the playground: all kinds of answers and endings.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use telemetry_http::{RequestMetricsLayer, RequestTraceLayer};
use tokio::time::sleep;

use crate::relay::Relay;

const INDEX: &str = "\
GET  /                                     this text
GET  /users/{id}                           a route with a parameter
POST /echo                                 the body, as it comes in
GET  /stream?chunks=N&delay_ms=M&bytes=B   N chunks of B bytes, with M ms between them
GET  /status/{code}                        any status from 200 to 999
GET  /slow?ms=N                            an answer after N ms
GET  /panic                                a handler that panics
GET  /log?text=T                           a line in the log, at level info
GET  /relay?path=/users/7                  what the playground answers to itself; 502 if that fails
GET  /ws                                   a WebSocket that echoes
";

/// Tells a client which trace its request is a part of.
const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

const LONGEST_MS: u64 = 60_000;
const MOST_CHUNKS: u64 = 10_000;
const LARGEST_CHUNK: usize = 1 << 20;

/// All routes. The layers come last: they cover the routes, and the fallback too.
pub fn router(relay: Relay) -> Router {
    Router::new()
        .route("/", get(INDEX))
        .route("/users/{id}", get(user))
        .route("/echo", post(echo))
        .route("/stream", get(chunks))
        .route("/status/{code}", get(status))
        .route("/slow", get(slow))
        .route("/panic", get(panics))
        .route("/log", get(log))
        .route("/relay", get(relayed).with_state(relay))
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

#[derive(Deserialize)]
struct Relayed {
    path: String,
}

async fn relayed(State(relay): State<Relay>, Query(Relayed { path }): Query<Relayed>) -> Response {
    relay.get(&path).await
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
