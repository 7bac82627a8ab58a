//! Takes what others send: exports by OTLP over HTTP, some of which it refuses, and what Alertmanager tells.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// Where Alertmanager tells of alerts.
pub(crate) const ALERTS: &str = "/alerts";

/// Every so many exports one is refused for good, and is lost.
const REFUSED: usize = 19;
/// Every so many exports one is to be sent again.
const POSTPONED: usize = 11;

/// Listens until it is dropped.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    got: Arc<Got>,
    accepts: AbortHandle,
}

#[derive(Debug, Default)]
struct Got {
    exports: AtomicUsize,
    /// Nothing is refused any more.
    content: AtomicBool,
    /// Each alert of each message, as Alertmanager has it.
    alerts: Mutex<Vec<Value>>,
}

impl Sink {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no free port on loopback")?;
        let (address, got) = (listener.local_addr()?, Arc::<Got>::default());
        let accepts = tokio::spawn(accept(listener, got.clone())).abort_handle();
        Ok(Self { address, got, accepts })
    }

    /// How many exports have come.
    pub(crate) fn exports(&self) -> usize {
        self.got.exports.load(Ordering::Relaxed)
    }

    /// Takes all that comes from now on: a service whose last export fails ends with an error.
    pub(crate) fn take_all(&self) {
        self.got.content.store(true, Ordering::Relaxed);
    }

    /// Each alert that Alertmanager has told of, once for each time that it did.
    pub(crate) fn alerts(&self) -> Vec<Value> {
        self.got.alerts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

/// Its connections end with it.
async fn accept(listener: TcpListener, got: Arc<Got>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                connections.spawn(serve(stream, got.clone()));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, got: Arc<Got>) {
    let service = service_fn(move |request| {
        let got = got.clone();
        async move { Ok::<_, Infallible>(got.answer(request).await) }
    });
    // A sender that breaks off says so in its own metrics.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Got {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else {
            return status(StatusCode::BAD_REQUEST);
        };
        let path = head.uri.path();
        if path == ALERTS {
            return status(self.told(&body.to_bytes()));
        }
        if !path.starts_with("/v1/") {
            return status(StatusCode::NOT_FOUND);
        }
        let count = self.exports.fetch_add(1, Ordering::Relaxed) + 1;
        let content = self.content.load(Ordering::Relaxed);
        let mut answer = status(if content { StatusCode::OK } else { verdict(count) });
        // No bytes are a message that says that all is well.
        answer.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/x-protobuf"));
        answer
    }

    /// Alertmanager tells again what was not taken.
    fn told(&self, body: &[u8]) -> StatusCode {
        let message: Value = serde_json::from_slice(body).unwrap_or_default();
        let Some(alerts) = message.get("alerts").and_then(Value::as_array) else {
            return StatusCode::BAD_REQUEST;
        };
        self.alerts.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(alerts);
        StatusCode::OK
    }
}

/// What becomes of an export, by its number from 1.
fn verdict(export: usize) -> StatusCode {
    if export.is_multiple_of(REFUSED) {
        StatusCode::BAD_REQUEST
    } else if export.is_multiple_of(POSTPONED) {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::http;

    async fn post(sink: &Sink, path: &str, body: &'static str) -> u16 {
        let request = Request::post(path).header("host", "sink").body(Full::from(body)).unwrap();
        http::send(sink.address, request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn some_exports_are_refused_and_alerts_are_remembered() {
        let sink = Sink::start().await.unwrap();
        let mut counts = [0; 3];
        for _ in 0..REFUSED * POSTPONED {
            let status = post(&sink, "/v1/traces", "spans").await;
            counts[[200, 400, 503].iter().position(|known| *known == status).unwrap()] += 1;
        }
        assert_eq!(counts, [REFUSED * POSTPONED - POSTPONED - REFUSED + 1, POSTPONED, REFUSED - 1]);
        sink.take_all();
        for _ in 0..REFUSED {
            assert_eq!(post(&sink, "/v1/metrics", "points").await, 200);
        }
        assert_eq!(sink.exports(), REFUSED * (POSTPONED + 1));

        assert_eq!(post(&sink, ALERTS, r#"{"alerts": [{"status": "firing"}, {"status": "resolved"}]}"#).await, 200);
        assert_eq!(post(&sink, ALERTS, "{}").await, 400);
        assert_eq!(post(&sink, "/elsewhere", "").await, 404);
        let statuses: Vec<_> = sink.alerts().iter().map(|alert| alert["status"].clone()).collect();
        assert_eq!(statuses, ["firing", "resolved"]);
    }
}
