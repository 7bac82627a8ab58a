//! A proxy between Prometheus and the exporter: it asks for the format that a test wants, whatever Prometheus asks for,
//! and keeps what both sides said. Bodies pass as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{Empty, Full};
use hyper::body::Incoming;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::stage::http;

/// Where the requests to a path go, and what `Accept` they then have; without one, Prometheus' own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route {
    pub(super) page: &'static str,
    pub(super) accept: Option<&'static str>,
}

/// What was said about one scrape.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exchange {
    /// As Prometheus sent it.
    pub(super) accept: String,
    pub(super) accept_encoding: String,
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) content_encoding: String,
}

/// Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    _task: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    routes: BTreeMap<String, Route>,
    exchanges: Mutex<BTreeMap<String, BTreeSet<Exchange>>>,
}

impl Proxy {
    pub(super) async fn start(upstream: SocketAddr, routes: BTreeMap<String, Route>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port on loopback")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { upstream, routes, exchanges: Mutex::default() });
        let mut task = JoinSet::new();
        task.spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, _task: task })
    }

    /// The different exchanges on a path.
    pub(super) fn exchanges(&self, path: &str) -> Vec<Exchange> {
        let exchanges = self.shared.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.get(path).into_iter().flatten().cloned().collect()
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| {
            let shared = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(shared.answer(request).await) }
        });
        connections.spawn(async move {
            // Prometheus goes away when it likes.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        self.forward(request).await.unwrap_or_else(|error| {
            let mut response = Response::new(Full::from(format!("{error:#}")));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        })
    }

    async fn forward(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>> {
        let path = request.uri().path().to_owned();
        let route = self.routes.get(&path).with_context(|| format!("no route for {path}"))?;
        let mut forwarded = Request::get(route.page).body(Empty::new())?;
        *forwarded.headers_mut() = request.headers().clone();
        forwarded.headers_mut().insert(HOST, HeaderValue::try_from(self.upstream.to_string())?);
        if let Some(accept) = route.accept {
            forwarded.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
        }
        let response = http::send(self.upstream, forwarded).await?;
        let exchange = Exchange {
            accept: text(request.headers(), ACCEPT),
            accept_encoding: text(request.headers(), ACCEPT_ENCODING),
            status: response.status().as_u16(),
            content_type: text(response.headers(), CONTENT_TYPE),
            content_encoding: text(response.headers(), CONTENT_ENCODING),
        };
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.entry(path).or_default().insert(exchange);
        Ok(response.map(Full::from))
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> String {
    let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.collect::<Vec<_>>().join(", ")
}
