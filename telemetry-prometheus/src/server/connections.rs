//! The task of a server: it accepts connections, and at the end waits for them.

use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::listen::Listeners;
use super::pages;
use super::stream::LimitedStream;
use crate::handler::PrometheusMetricsHandler;

/// Pauses after failures to accept: each is twice the one before.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What a server grants its clients. The documentation of [`MetricsServer`](super::MetricsServer) has the same numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at once.
    pub(super) connections: usize,
    /// From the connection, or the response before, to the end of a request's head. hyper has one clock for clients
    /// that are slow and clients that are silent.
    pub(super) request: Duration,
    /// From the first time that the client makes a response wait to its end.
    pub(super) response: Duration,
    /// From the call of `shutdown` to its end.
    pub(super) drain: Duration,
    /// Bytes that are read before they are understood.
    pub(super) head: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 256,
            request: Duration::from_secs(75),
            response: Duration::from_secs(60),
            drain: Duration::from_secs(10),
            head: 16 * 1024,
        }
    }
}

pub(super) async fn serve(
    handler: PrometheusMetricsHandler,
    mut listeners: Listeners,
    limits: Limits,
    mut stop: oneshot::Receiver<()>,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut pause = SHORTEST_PAUSE;
    while let Some(accepted) = next(&mut listeners, &mut connections, limits.connections, &mut stop).await {
        match accepted {
            Ok(stream) => {
                connections.spawn(converse(handler.clone(), stream, limits, &graceful));
                pause = SHORTEST_PAUSE;
            }
            Err(error) if is_of_the_client(&error) => tracing::debug!("a client was gone at once: {error}"),
            Err(error) => {
                tracing::warn!("cannot accept a connection to the metrics: {error}; trying again in {pause:?}");
                if timeout(pause, &mut stop).await.is_ok() {
                    break;
                }
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }
    drop(listeners);
    if timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections to the metrics that are still open after {:?} are closed", limits.drain);
    }
    connections.shutdown().await;
}

/// The next connection that there is room for, or `None` when the server has to stop.
async fn next(
    listeners: &mut Listeners,
    connections: &mut JoinSet<()>,
    limit: usize,
    stop: &mut oneshot::Receiver<()>,
) -> Option<io::Result<TcpStream>> {
    poll_fn(|cx| {
        if Pin::new(&mut *stop).poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        while let Poll::Ready(Some(_)) = connections.poll_join_next(cx) {}
        if connections.len() < limit { listeners.poll_accept(cx).map(Some) } else { Poll::Pending }
    })
    .await
}

/// Serves one connection, until it ends or `graceful` tells it to.
fn converse(
    handler: PrometheusMetricsHandler,
    stream: TcpStream,
    limits: Limits,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<> {
    // Without this, the end of a response can wait for the client to acknowledge what came before.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("a connection to the metrics is slower than it has to be: {error}");
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request)
        .max_buf_size(limits.head)
        .serve_connection(
            LimitedStream::new(stream, limits.response),
            service_fn(move |request| pages::answer(handler.clone(), request)),
        );
    let connection = graceful.watch(connection);
    async move {
        if let Err(error) = connection.await {
            tracing::debug!("a connection to the metrics ended badly: {error}");
        }
    }
}

/// Errors that say something of one connection, not of the listener.
fn is_of_the_client(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)
}
