//! What the tests of this crate share.
#![allow(dead_code, clippy::panic, clippy::unwrap_used)] // Each test binary uses a part of it, and a failed assertion may panic.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use telemetry_core::MeterOptions;
use telemetry_core::testing::{InMemoryMetrics, ScriptedStream, Snapshot};
use telemetry_net::{MeteredStream, NetworkMetricsLayer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};

pub(crate) const ACTIVE: &str = "transport.server.active_connections";
pub(crate) const DURATION: &str = "transport.server.connection.duration";
pub(crate) const IO: &str = "transport.server.io";

pub(crate) type Stream = MeteredStream<ScriptedStream>;

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_io().build().unwrap()
}

pub(crate) async fn read_all(stream: &mut Stream) -> io::Result<usize> {
    stream.read_to_end(&mut Vec::new()).await
}

/// Metrics and a layer that records into them.
pub(crate) struct Metered {
    pub(crate) metrics: InMemoryMetrics,
    pub(crate) layer: NetworkMetricsLayer,
}

impl Metered {
    pub(crate) fn new() -> Self {
        Self::with(MeterOptions::default())
    }

    pub(crate) fn with(options: MeterOptions) -> Self {
        let metrics = InMemoryMetrics::new();
        let layer = NetworkMetricsLayer::custom(options.with_meter_provider(metrics.provider()));
        Self { metrics, layer }
    }

    /// Bytes recorded so far: received, transmitted.
    pub(crate) fn bytes(&self) -> [f64; 2] {
        bytes(&self.metrics.snapshot())
    }

    pub(crate) fn active(&self) -> f64 {
        self.metrics.snapshot().sum(ACTIVE, &[])
    }

    /// Asserts all three instruments after the end of one connection.
    #[track_caller]
    pub(crate) fn assert_closed(&self, row: &str, [received, transmitted]: [u64; 2], error: Option<&str>) {
        let snapshot = self.metrics.snapshot();
        let [active] = snapshot.points(ACTIVE)[..] else { panic!("{row}: {snapshot:#?}") };
        assert_eq!(active.value, telemetry_core::testing::Value::Number(0.0), "{row}");
        assert_eq!(snapshot.count(DURATION, &[]), 1, "{row}");
        let [duration] = snapshot.points(DURATION)[..] else { panic!("{row}: {snapshot:#?}") };
        assert_eq!(duration.attributes.get("error.type").map(String::as_str), error, "{row}");
        assert_eq!(bytes(&snapshot), [received as f64, transmitted as f64], "{row}");
    }
}

pub(crate) fn bytes(snapshot: &Snapshot) -> [f64; 2] {
    ["receive", "transmit"].map(|direction| snapshot.sum(IO, &[("network.io.direction", direction)]))
}

/// A stream that takes and gives nothing, and whose flush and shutdown do as they are told.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    pub(crate) flush: Option<io::ErrorKind>,
    pub(crate) shutdown: Option<io::ErrorKind>,
    pub(crate) pending: bool,
}

impl Closing {
    fn result(&self, error: Option<io::ErrorKind>) -> Poll<io::Result<()>> {
        match error {
            _ if self.pending => Poll::Pending,
            None => Poll::Ready(Ok(())),
            Some(kind) => Poll::Ready(Err(kind.into())),
        }
    }
}

impl AsyncRead for Closing {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        buf.put_slice(b"x");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Closing {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(self: Pin<&mut Self>, _: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.result(self.flush)
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.result(self.shutdown)
    }
}
