//! Handshakes of TLS, whatever library makes them.

use std::time::Instant;

use telemetry_core::{ErrorType, TlsInfo};

use crate::ConnectionHandle;
use crate::outcome::Outcome;

/// A TLS handshake that is going on. [`ConnectionHandle::start_handshake`] makes it.
///
/// It ends when it is told how it ended, or else as `cancelled` when it is dropped. A handshake that did not succeed is
/// also the error of its connection.
#[derive(Debug)]
#[must_use = "a handshake that is dropped was cancelled"]
pub struct Handshake {
    connection: ConnectionHandle,
    started: Instant,
    over: bool,
}

impl ConnectionHandle {
    /// Counts a TLS handshake from now on. `telemetry-net`'s feature `rustls` has an acceptor and a connector that do so;
    /// this is for other libraries.
    ///
    /// ```
    /// use telemetry_core::{ErrorType, TlsInfo};
    /// use telemetry_net::NetworkMetricsLayer;
    ///
    /// # fn handshake() -> Result<(), std::io::Error> { Ok(()) }
    /// let (stream, _client) = tokio::io::duplex(1024);
    /// let stream = NetworkMetricsLayer::new().meter(stream);
    /// let connection = stream.connection().clone();
    ///
    /// let started = connection.start_handshake();
    /// match handshake() {
    ///     Ok(()) => started.succeeded(TlsInfo::new().with_version("1.3").with_alpn("h2")),
    ///     Err(error) => started.failed(ErrorType::from_error(&error)),
    /// }
    /// assert_eq!(connection.info().tls().and_then(TlsInfo::alpn), Some("h2"));
    /// ```
    pub fn start_handshake(&self) -> Handshake {
        self.recorder.series(self.open.series()).handshakes(1);
        Handshake { connection: self.clone(), started: Instant::now(), over: false }
    }
}

impl Handshake {
    /// The connection has TLS from now on.
    pub fn succeeded(mut self, tls: TlsInfo) {
        self.end(None, Some(&tls));
        self.connection.set_tls(tls);
    }

    /// There is no TLS, and so the connection has failed too. It has this error even if its stream has met one before:
    /// a peer that is gone cannot be told with an alert what was wrong, but that is not what was wrong.
    pub fn failed(mut self, error: ErrorType) {
        self.connection.replace_error(error);
        self.end(Some(error), None);
    }

    fn end(&mut self, error: Option<ErrorType>, tls: Option<&TlsInfo>) {
        self.over = true;
        let ConnectionHandle { open, recorder } = &self.connection;
        let series = recorder.series(open.series());
        let outcome = Outcome {
            series: open.series(),
            error: error.map(ErrorType::as_str),
            tls_version: tls.and_then(TlsInfo::version),
            tls_resumed: tls.and_then(TlsInfo::resumed),
            ..Outcome::default()
        };
        let seconds = self.started.elapsed().as_secs_f64();
        recorder.handshakes.at(recorder.handshakes.place(&outcome, &series.attributes)).record(seconds);
        series.handshakes(-1);
        if let Some(error) = error {
            self.connection.set_error(error);
        }
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        if !self.over {
            let error = if std::thread::panicking() { ErrorType::Panic } else { ErrorType::Cancelled };
            self.end(Some(error), None);
        }
    }
}
