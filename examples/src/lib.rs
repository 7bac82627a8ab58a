//! What the examples share: their flags, a server that ends when it is told to, and a count that needs no metrics.

use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};
use tower::{Service, ServiceExt};

pub mod playground;
pub mod relay;
pub mod tally;

/// How long connections may go on after the signal to end.
const GRACE: Duration = Duration::from_secs(3);

/// How long to wait when no connection can be accepted, as when all file descriptors are in use.
const PAUSE: Duration = Duration::from_millis(50);

/// Where to listen.
#[derive(Clone, Copy, Debug, clap::Parser)]
pub struct Flags {
    /// Address of the service; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:62012")]
    pub listen: SocketAddr,
    /// Address of the metrics; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:63012")]
    pub metrics: SocketAddr,
}

/// Two listeners, one for the service and one for its metrics, and the signals at which both end.
#[derive(Debug)]
pub struct Listeners {
    /// For the service.
    pub service: TcpListener,
    /// For its metrics.
    pub metrics: TcpListener,
    /// When to end.
    pub ending: Ending,
}

impl Listeners {
    /// Binds both and prints their addresses; the service's with a scheme.
    ///
    /// # Errors
    ///
    /// When an address cannot be bound.
    #[allow(clippy::print_stdout, reason = "the addresses are what the examples print")]
    pub async fn bind(flags: Flags, scheme: &str) -> io::Result<Self> {
        let service = listen(flags.listen).await?;
        let listeners = Self { service, metrics: listen(flags.metrics).await?, ending: Ending::new()? };
        // Whoever reads these lines may connect or signal at once, so all the rest comes before.
        println!("listening on {scheme}://{}", listeners.service.local_addr()?);
        println!("metrics on http://{}/metrics", listeners.metrics.local_addr()?);
        Ok(listeners)
    }
}

/// SIGINT and SIGTERM.
#[derive(Debug)]
pub struct Ending {
    interrupt: Signal,
    terminate: Signal,
}

impl Ending {
    /// Catches the signals from now on.
    ///
    /// # Errors
    ///
    /// When the system has no room for that.
    pub fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for a signal.
    pub async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits for a signal, and then for as long as connections may go on.
    pub async fn overdue(&mut self) {
        self.told().await;
        sleep(GRACE).await;
        tracing::warn!("connections that are still open after {GRACE:?} are closed");
    }
}

/// Listeners whose connections hyper serves, until SIGINT or SIGTERM.
#[derive(Debug)]
pub struct Server(Listeners);

impl Server {
    /// Binds both listeners and prints their addresses.
    ///
    /// # Errors
    ///
    /// When an address cannot be bound.
    pub async fn bind(flags: Flags) -> io::Result<Self> {
        Listeners::bind(flags, "http").await.map(Self)
    }

    /// Where the service listens.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.service.local_addr()
    }

    /// Gives each accepted stream to its service, and runs the hyper connection that comes back in a task of its own.
    ///
    /// After a signal nothing more is accepted, and open connections have a few seconds to end what they are at. Those
    /// that are left then go with the runtime.
    pub async fn run<S, M>(self, service: S, metrics: M)
    where
        S: Service<TcpStream, Error: Debug, Future: GracefulConnection<Error: Debug> + Send + 'static>,
        M: Service<TcpStream, Error: Debug, Future: GracefulConnection<Error: Debug> + Send + 'static>,
    {
        let Self(mut listeners) = self;
        let graceful = GracefulShutdown::new();
        tokio::select! {
            () = accept(listeners.service, service, &graceful) => {}
            () = accept(listeners.metrics, metrics, &graceful) => {}
            () = listeners.ending.told() => {}
        }
        if timeout(GRACE, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections that are still open after {GRACE:?} are closed");
        }
    }
}

async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))
}

async fn accept<S>(listener: TcpListener, mut service: S, graceful: &GracefulShutdown)
where
    S: Service<TcpStream, Error: Debug, Future: GracefulConnection<Error: Debug> + Send + 'static>,
{
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                sleep(PAUSE).await;
                continue;
            }
        };
        let service = match service.ready().await {
            Ok(service) => service,
            Err(error) => {
                tracing::warn!("cannot serve a connection: {error:?}");
                continue;
            }
        };
        let connection = graceful.watch(service.call(stream));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!("a connection ended badly: {error:?}");
            }
        });
    }
}

/// The code of the workspace's first page, as a doc test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
