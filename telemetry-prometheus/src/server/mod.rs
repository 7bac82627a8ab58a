//! A server for the metrics alone, for programs that have none or want another port for them.

mod address;
mod connections;
mod listen;
mod pages;
mod stream;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

pub use address::MetricsAddress;

use crate::exporter::PrometheusExporter;
use crate::handler::PrometheusMetricsHandler;
use connections::Limits;
use listen::Listeners;

impl PrometheusExporter {
    /// Serves the metrics on an address of their own: [`PrometheusMetricsHandler::serve`] without registries.
    ///
    /// # Errors
    ///
    /// When the host cannot be resolved, or the port is in use.
    pub async fn serve(self, address: impl Into<MetricsAddress>) -> io::Result<MetricsServer> {
        PrometheusMetricsHandler::new(self).serve(address).await
    }
}

impl PrometheusMetricsHandler {
    /// Serves the metrics on an address of their own, in tasks of the current Tokio runtime, until the
    /// [`MetricsServer`] is shut down or dropped.
    ///
    /// The address is text like `"0.0.0.0:9464"`, a [`SocketAddr`], a pair of IP address and port, or a
    /// [`MetricsAddress`]. The environment is read by [`MetricsAddress::from_env`] alone.
    ///
    /// A host with several addresses is served on all of them, with one port; `localhost` is `127.0.0.1` and `::1`.
    /// Addresses that the machine does not have, like those of IPv6 in many containers, are left out, unless none
    /// remains. With port 0, the system chooses one that is free.
    ///
    /// ```
    /// use telemetry_prometheus::{MetricsAddress, PrometheusExporter, PrometheusMetricsHandler};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let metrics = PrometheusMetricsHandler::new(PrometheusExporter::new())
    ///     .with_registry(prometheus::default_registry().clone());
    /// let server = metrics.serve(MetricsAddress::from_env().with_port(0)).await?;
    /// println!("metrics on http://{}/metrics", server.local_addr());
    /// // The program does its work.
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the host cannot be resolved, when none of its addresses is there, and when the port is in use on one of
    /// them. The text says which host or address.
    ///
    /// # Panics
    ///
    /// Outside of a Tokio runtime, and in one without I/O or time.
    pub async fn serve(self, address: impl Into<MetricsAddress>) -> io::Result<MetricsServer> {
        let addresses = address.into().resolve().await?;
        let listeners = Listeners::bind(&addresses).await?;
        Ok(MetricsServer::start(self, listeners, Limits::default()))
    }
}

/// A server for the metrics that is running. Dropping it stops it.
///
/// | request | response |
/// |---|---|
/// | `GET`, `HEAD` of `/metrics` | what [`PrometheusMetricsHandler`] answers, which gets the whole request |
/// | `GET`, `HEAD` of `/` | a page for people, with a link |
/// | other methods | 405 |
/// | other paths | 404 |
///
/// A client that closes its side before the answer has come is taken for gone, and gets none.
///
/// It speaks HTTP/1.1 without TLS and asks nobody who they are: put it where only scrapers can reach it.
///
/// # Limits
///
/// They keep clients that are slow, silent or many from using up memory. None can be set.
///
/// | limit | value | beyond it |
/// |---|---|---|
/// | connections | 256 | others wait, in the queue of the operating system, until one ends |
/// | for the head of a request to arrive, counted from the connection or the response before | 75 s | the connection is closed |
/// | for a response to be taken, counted from when the client first makes it wait | 60 s | the connection is closed |
/// | size of the head of a request | 16 KiB | 431, and the connection is closed |
///
/// The first time is also that for which an idle connection is kept: longer than the minute that most scrapers have
/// between scrapes. How long a scrape may take is the handler's affair.
///
/// When the system cannot hand out connections, for example because the process has no file descriptor left, the server
/// logs a warning, waits for a moment and tries again.
///
/// # The end
///
/// [`shutdown`](Self::shutdown) lets responses in flight end. Dropping does not wait: the ports are free and the
/// connections closed as soon as the runtime gets to it. Neither leaves a task behind, but a collection that has begun
/// runs to its end.
#[derive(Debug)]
#[must_use = "dropping the server stops it"]
pub struct MetricsServer {
    local_addr: SocketAddr,
    stop: oneshot::Sender<()>,
    // A set of one, because that ends its task when it is dropped.
    task: JoinSet<()>,
}

impl MetricsServer {
    fn start(handler: PrometheusMetricsHandler, listeners: Listeners, limits: Limits) -> Self {
        let local_addr = listeners.local_addr();
        let (stop, stopped) = oneshot::channel();
        let mut task = JoinSet::new();
        task.spawn(connections::serve(handler, listeners, limits, stopped));
        Self { local_addr, stop, task }
    }

    /// Where the server listens, with the port that the system chose for port 0. Of several addresses it is the first,
    /// for `localhost` that of IPv4; the others have the same port.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Ends the server. Nothing more is accepted, idle connections are closed at once, and requests that have begun to
    /// arrive are answered.
    ///
    /// That may take 10 s, as long as Prometheus waits for a scrape if it is not told otherwise; then the connections
    /// that are left are closed. When this returns, the ports are free and all tasks have ended. Dropping the future
    /// stops the server like dropping the server does.
    pub async fn shutdown(self) {
        let Self { stop, mut task, .. } = self;
        // Fails if the task has ended, as when the runtime ends: then there is nothing to wait for either.
        let _ = stop.send(());
        task.join_next().await;
    }
}
