use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use telemetry_core::bound::Local;
use telemetry_core::{ConnectionInfo, ErrorType, TlsInfo};

use super::open::{Open, PEER, Tls, UPGRADED};
use crate::recorder::Recorder;

/// A connection, for those who do not have its stream: a service that answers its requests, an acceptor of TLS, a limit
/// on time.
///
/// It is cheap to clone and does not keep the connection open. After the end of the connection it can still be asked, and
/// what it is told is of no effect.
///
/// ```
/// use telemetry_core::ErrorType;
/// use telemetry_net::NetworkMetricsLayer;
///
/// let (stream, _client) = tokio::io::duplex(1024);
/// let stream = NetworkMetricsLayer::new().meter(stream);
/// let connection = stream.connection().clone();
/// // The stream has gone elsewhere, and nothing came on it for too long:
/// connection.set_error(ErrorType::Timeout);
/// assert_eq!(connection.received(), 0);
/// ```
#[derive(Clone)]
pub struct ConnectionHandle {
    pub(crate) open: Arc<Open>,
    pub(crate) recorder: Local<Recorder>,
}

impl ConnectionHandle {
    /// What is known of the connection by now.
    #[must_use]
    pub fn info(&self) -> ConnectionInfo {
        self.open.info()
    }

    /// Bytes that were read so far from the stream that was wrapped: below TLS, bytes on the wire.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.open.received.total()
    }

    /// Bytes that were written so far to the stream that was wrapped.
    #[must_use]
    pub fn transmitted(&self) -> u64 {
        self.open.transmitted.total()
    }

    /// Says that the connection failed: its duration then has this `error.type`. The first error counts, be it told here
    /// or met by the stream.
    pub fn set_error(&self, error: ErrorType) {
        let number = self.recorder.error_number(error.as_str());
        // Whoever was first has told the cause.
        let _ = self.open.error.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Says what TLS has come to on this connection. The first call counts, and TLS that was known from the start goes
    /// before all.
    pub fn set_tls(&self, tls: impl Into<Arc<TlsInfo>>) {
        let _ = self.open.tls.set(Tls::new(tls.into()));
    }

    /// Says that the connection speaks another protocol from now on, a web socket for example. A server counts it among
    /// its upgraded connections until it ends.
    pub fn set_upgraded(&self) {
        if self.recorder.change(|_| self.open.enter(UPGRADED)) == 0 {
            self.recorder.series(self.open.series).upgraded(1);
        }
    }

    /// Counts a request on the connection. Connections for which this was called, or
    /// [`expect_requests`](Self::expect_requests), have their requests recorded when they end, at a server.
    pub fn count_request(&self) {
        self.expect_requests();
        self.open.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Has the requests of the connection recorded even if there are none.
    pub fn expect_requests(&self) {
        if !self.open.counts_requests.load(Ordering::Relaxed) {
            self.open.counts_requests.store(true, Ordering::Relaxed);
        }
    }

    /// Requests that were counted so far.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.open.requests.load(Ordering::Relaxed)
    }

    /// Remembers the first error, which is the cause of those after it.
    #[cold]
    pub(crate) fn failed(&self, error: &io::Error) {
        if !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) {
            self.set_error(error_type(error));
        }
    }

    /// Says how the connection failed, whatever was said before.
    pub(crate) fn replace_error(&self, error: ErrorType) {
        self.open.error.store(self.recorder.error_number(error.as_str()), Ordering::Relaxed);
    }

    pub(crate) fn peer_ended(&self) {
        self.open.end_of(PEER);
    }

    /// Adds plain bytes that came out of TLS. Before the handshake there are none.
    pub(crate) fn plain_received(&self, bytes: usize) {
        if let Some(tls) = self.open.tls.get() {
            tls.received.add_shared(bytes as u64);
        }
    }

    /// Adds plain bytes that went into TLS.
    pub(crate) fn plain_transmitted(&self, bytes: usize) {
        if let Some(tls) = self.open.tls.get() {
            tls.transmitted.add_shared(bytes as u64);
        }
    }
}

/// The word for what befell a stream, which may be TLS itself.
fn error_type(error: &io::Error) -> ErrorType {
    #[cfg(feature = "rustls")]
    let word = crate::rustls::error_type(error);
    #[cfg(not(feature = "rustls"))]
    let word = ErrorType::from_error(error);
    word
}

impl fmt::Debug for ConnectionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionHandle").field("info", &self.info()).finish_non_exhaustive()
    }
}
