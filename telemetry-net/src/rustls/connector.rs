//! The side that dials.

use std::fmt;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::ClientTlsStream;
use super::handshaking::Handshaking;
use crate::MeteredStream;

/// Makes TLS handshakes as a client, and records them: in `transport.client.tls.handshake.duration` and with the words
/// that [`MeteredTlsAcceptor`](crate::MeteredTlsAcceptor) has. It is cheap to clone.
///
/// ```
/// use std::io;
/// use std::sync::Arc;
/// use telemetry_net::tokio_rustls::rustls::ClientConfig;
/// use telemetry_net::{ClientNetworkMetricsLayer, ClientTlsStream, MeteredTlsConnector};
/// use tokio::net::TcpStream;
///
/// async fn dial(config: Arc<ClientConfig>) -> io::Result<ClientTlsStream<TcpStream>> {
///     let layer = ClientNetworkMetricsLayer::new();
///     let stream = layer.connect(("db.example.com", 5432), TcpStream::connect("db.example.com:5432")).await?;
///     let name = "db.example.com".try_into().map_err(io::Error::other)?;
///     MeteredTlsConnector::new(config).connect(name, stream).await
/// }
/// # let _ = dial;
/// ```
#[derive(Clone)]
pub struct MeteredTlsConnector {
    connector: TlsConnector,
    timeout: Option<Duration>,
}

impl MeteredTlsConnector {
    /// Takes a `TlsConnector` or an `Arc<ClientConfig>`.
    #[must_use]
    pub fn new(connector: impl Into<TlsConnector>) -> Self {
        Self { connector: connector.into(), timeout: None }
    }

    /// Ends handshakes that take longer, with the `error.type` `timeout`. Without a call there is no limit.
    ///
    /// The runtime then needs its time driver: a handshake that has to wait panics without it.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Begins a handshake with the server of that name. It goes on when the future is polled, and is `cancelled` if that is
    /// dropped before its end.
    ///
    /// # Errors
    ///
    /// Those of the stream and of rustls, and [`TimedOut`](io::ErrorKind::TimedOut). The connection is closed by then.
    pub fn connect<IO>(
        &self,
        name: ServerName<'static>,
        stream: MeteredStream<IO>,
    ) -> impl Future<Output = io::Result<ClientTlsStream<IO>>> + use<IO>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let connection = stream.connection().clone();
        let connecting = self.connector.connect(name, stream).into_fallible();
        let inner = async { connecting.await.map_err(|(error, stream)| (error, Some(stream))) };
        Handshaking::new(connection, self.timeout, inner)
    }
}

impl fmt::Debug for MeteredTlsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeteredTlsConnector").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
