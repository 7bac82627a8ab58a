//! The side that accepts.

use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::{Acceptor, ClientHello};
use tokio_rustls::{LazyConfigAcceptor, TlsAcceptor, server};

use super::TlsStream;
use super::failure::UnknownName;
use super::handshaking::{Failure, Handshaking};
use super::listener::MeteredTlsListener;
use crate::{Listener, MeteredListener, MeteredStream};

/// Makes TLS handshakes as a server, and records them. It is cheap to clone.
///
/// A handshake counts in `transport.server.tls.active_handshakes` while it goes on, and then in
/// `transport.server.tls.handshake.duration`, with `tls.protocol.version` and `tls.resumed` or with `error.type`. The
/// connection knows from then on what was agreed: [`PlainStream::connection_info`](crate::PlainStream::connection_info) has
/// it, and the connection's duration carries `tls.protocol.version` and, by ALPN, `network.protocol.name` and `.version`.
///
/// ```
/// use std::io;
/// use std::sync::Arc;
/// use std::time::Duration;
/// use telemetry_net::tokio_rustls::rustls::ServerConfig;
/// use telemetry_net::{MeteredTlsAcceptor, NetworkMetricsLayer};
/// use tokio::io::AsyncWriteExt;
/// use tokio::net::TcpListener;
///
/// async fn greet(config: Arc<ServerConfig>) -> io::Result<()> {
///     let layer = NetworkMetricsLayer::new();
///     let acceptor = MeteredTlsAcceptor::new(config).with_timeout(Duration::from_secs(10));
///     let listener = TcpListener::bind("127.0.0.1:8443").await?;
///     loop {
///         let (stream, _) = listener.accept().await?;
///         let accepting = acceptor.accept(layer.meter(stream));
///         tokio::spawn(async move {
///             let mut stream = accepting.await?;
///             let version = stream.connection_info().tls().and_then(|tls| tls.version().map(String::from));
///             stream.write_all(format!("hello by TLS {version:?}").as_bytes()).await?;
///             stream.shutdown().await
///         });
///     }
/// }
/// # let _ = greet;
/// ```
///
/// The stream below may be of either side: what counts as a client's is told by the layer that metered it.
///
/// # What goes wrong
///
/// A handshake that fails ends its connection, with the same `error.type`. The words are few, and no error's text is among
/// them:
///
/// | `error.type` | meaning |
/// |---|---|
/// | `tls_certificate_expired`, `tls_unknown_ca`, `tls_bad_certificate`, `tls_certificate_required`, `tls_protocol_version`, `tls_handshake_failure`, `tls_no_application_protocol`, .. | `tls_` and the name of the alert, as [IANA registers it]: the peer has sent it, or would get it for what was wrong. So both ends have the same word |
/// | `tls_not_tls` | what came is no TLS: plain HTTP on the port of HTTPS, for example |
/// | `tls_unrecognized_name` | also a client for which [`from_fn`](Self::from_fn) has no configuration |
/// | `tls_handshake_failed` | anything else that rustls does not accept |
/// | `timeout` | it took longer than [`with_timeout`](Self::with_timeout) allows |
/// | `cancelled`, `panic` | the future was dropped before its end |
/// | `connection_reset`, `unexpected_eof`, .. | the peer has left: the kind of the error of the stream |
///
/// A name that is not in the certificate is `tls_bad_certificate`, and no cipher in common `tls_handshake_failure`.
///
/// What TLS meets after the handshake has the same words, as the error of the connection alone. In TLS 1.3, a client is
/// done with its handshake before the server has seen its certificate: if the server does not like it, the client's
/// handshake has succeeded and its connection fails.
///
/// [IANA registers it]: https://www.iana.org/assignments/tls-parameters/tls-parameters.xhtml#tls-parameters-6
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
    /// to speak to, or its protocols. If the function gives none, the client is told so by the alert `unrecognized_name`.
    ///
    /// Nothing has proved by then that the client is what it says.
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use std::sync::Arc;
    /// use telemetry_net::MeteredTlsAcceptor;
    /// use telemetry_net::tokio_rustls::rustls::ServerConfig;
    ///
    /// let shops: HashMap<String, Arc<ServerConfig>> = HashMap::new();
    /// let acceptor = MeteredTlsAcceptor::from_fn(move |hello| shops.get(hello.server_name()?).cloned());
    /// # let _ = acceptor;
    /// ```
    #[must_use]
    pub fn from_fn(choose: impl Fn(&ClientHello<'_>) -> Option<Arc<ServerConfig>> + Send + Sync + 'static) -> Self {
        Self { config: Config::Chosen(Arc::new(choose)), timeout: None }
    }

    /// Ends handshakes that take longer, with the `error.type` `timeout`. Without a call there is no limit, but for the ten
    /// seconds of a [listener](Self::listen).
    ///
    /// The runtime then needs its time driver: a handshake that has to wait panics without it.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Begins a handshake. It goes on when the future is polled, and is `cancelled` if that is dropped before its end.
    ///
    /// # Errors
    ///
    /// Those of the stream and of rustls, and [`TimedOut`](io::ErrorKind::TimedOut). The connection is closed by then.
    pub fn accept<IO>(&self, stream: MeteredStream<IO>) -> impl Future<Output = io::Result<TlsStream<IO>>> + use<IO>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let connection = stream.connection().clone();
        Handshaking::new(connection, self.timeout, self.config.clone().accept(stream))
    }

    /// Makes the handshakes of all connections of a listener.
    ///
    /// ```
    /// use std::io;
    /// use std::sync::Arc;
    /// use telemetry_net::tokio_rustls::rustls::ServerConfig;
    /// use telemetry_net::{MeteredTlsAcceptor, NetworkMetricsLayer};
    /// use tokio::io::AsyncWriteExt;
    /// use tokio::net::TcpListener;
    ///
    /// async fn greet(config: Arc<ServerConfig>) -> io::Result<()> {
    ///     let listener = NetworkMetricsLayer::new().listen(TcpListener::bind("127.0.0.1:8443").await?);
    ///     let mut listener = MeteredTlsAcceptor::new(config).listen(listener);
    ///     loop {
    ///         let (mut stream, peer) = listener.accept().await;
    ///         tokio::spawn(async move { stream.write_all(format!("hello {peer}").as_bytes()).await });
    ///     }
    /// }
    /// # let _ = greet;
    /// ```
    pub fn listen<L>(self, listener: MeteredListener<L>) -> MeteredTlsListener<L>
    where
        L: Listener,
        L::Io: AsyncRead + AsyncWrite + Unpin + Send,
        L::Address: Send + 'static,
    {
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
                    None => return Err(refuse(started.io).await),
                }
            }
        };
        accepting.into_fallible().await.map_err(|(error, stream)| (error, Some(stream)))
    }
}

async fn refuse<S: AsyncWrite + Unpin>(mut stream: S) -> Failure<S> {
    // A client that is gone need not know.
    if stream.write_all(&UnknownName::ALERT).await.is_ok() {
        let _ = stream.flush().await;
    }
    (io::Error::new(io::ErrorKind::InvalidData, UnknownName), Some(stream))
}

impl fmt::Debug for MeteredTlsAcceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeteredTlsAcceptor").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
