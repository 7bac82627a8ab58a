//! The side that accepts.

use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::{Acceptor, ClientHello};
use tokio_rustls::{LazyConfigAcceptor, TlsAcceptor, server};

use super::handshaking::{Failure, Handshaking};
use super::listener::{Incoming, MeteredTlsListener};
use super::{TlsStream, failure};
use crate::MeteredStream;

/// Makes TLS handshakes as a server, and records them.
#[derive(Clone)]
pub struct MeteredTlsAcceptor {
    config: Config,
    timeout: Option<Duration>,
}

type Choose = dyn Fn(&ClientHello<'_>) -> Option<Arc<ServerConfig>> + Send + Sync;

#[derive(Clone)]
enum Config {
    One(TlsAcceptor),
    Chosen(Arc<Choose>),
}

impl MeteredTlsAcceptor {
    /// Takes a `TlsAcceptor` or an `Arc<ServerConfig>`.
    #[must_use]
    pub fn new(acceptor: impl Into<TlsAcceptor>) -> Self {
        Self { config: Config::One(acceptor.into()), timeout: None }
    }

    /// Takes a function that chooses the configuration by what the client says first: the name of the server that it wants
    /// to speak to, or its protocols. If the function gives none, the handshake fails.
    #[must_use]
    pub fn from_fn(choose: impl Fn(&ClientHello<'_>) -> Option<Arc<ServerConfig>> + Send + Sync + 'static) -> Self {
        Self { config: Config::Chosen(Arc::new(choose)), timeout: None }
    }

    /// Ends handshakes that take longer, with the `error.type` `timeout`. Without a call there is no limit.
    ///
    /// The runtime then needs its time driver: a handshake that has to wait panics without it.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Begins a handshake.
    ///
    /// # Errors
    ///
    /// Those of the stream and of rustls, and [`TimedOut`](io::ErrorKind::TimedOut).
    pub fn accept<IO>(&self, stream: MeteredStream<IO>) -> impl Future<Output = io::Result<TlsStream<IO>>> + use<IO>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let connection = stream.connection().clone();
        Handshaking::new(connection, self.timeout, self.config.clone().accept(stream))
    }

    /// Makes the handshakes of all connections of a listener.
    #[must_use]
    pub fn listen<L: Incoming>(self, listener: L) -> MeteredTlsListener<L> {
        MeteredTlsListener::new(self, listener)
    }

    pub(super) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }
}

impl Config {
    async fn accept<IO>(
        self,
        stream: MeteredStream<IO>,
    ) -> Result<server::TlsStream<MeteredStream<IO>>, Failure<MeteredStream<IO>>>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let accepting = match self {
            Self::One(acceptor) => acceptor.accept(stream),
            Self::Chosen(choose) => {
                let mut reading = pin!(LazyConfigAcceptor::new(Acceptor::default(), stream));
                let started = match reading.as_mut().await {
                    Ok(started) => started,
                    Err(error) => return Err((error, reading.take_io())),
                };
                let config = choose(&started.client_hello());
                match config {
                    Some(config) => started.into_stream(config),
                    None => return Err((failure::unknown_name(), Some(started.io))),
                }
            }
        };
        accepting.into_fallible().await.map_err(|(error, stream)| (error, Some(stream)))
    }
}

impl fmt::Debug for MeteredTlsAcceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeteredTlsAcceptor").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
