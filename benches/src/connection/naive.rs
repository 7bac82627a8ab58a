//! What one writes by hand first: the instruments of OpenTelemetry, given all attributes in every read and write.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::{Counter, Histogram, MeterProvider, UpDownCounter};
use telemetry_core::semconv::metric;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::stream::Io;
use super::systems::{PEER, Wrap};
use crate::metrics::Metrics;

/// Wraps streams in one that asks the SDK in each operation.
#[derive(Clone, Debug)]
pub struct Naive {
    instruments: Arc<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    active: UpDownCounter<i64>,
    duration: Histogram<f64>,
    io: Counter<u64>,
}

impl Naive {
    /// Instruments of `metrics`, the same as our layer's.
    #[must_use]
    pub fn new(metrics: &Metrics) -> Self {
        let meter = metrics.provider.meter("naive");
        let active = &metric::TRANSPORT_SERVER_ACTIVE_CONNECTIONS;
        let duration = &metric::TRANSPORT_SERVER_CONNECTION_DURATION;
        let io = &metric::TRANSPORT_SERVER_IO;
        let bounds = duration.boundaries.to_vec();
        let instruments = Instruments {
            active: meter.i64_up_down_counter(active.name).with_unit(active.unit).build(),
            duration: meter.f64_histogram(duration.name).with_unit(duration.unit).with_boundaries(bounds).build(),
            io: meter.u64_counter(io.name).with_unit(io.unit).build(),
        };
        Self { instruments: Arc::new(instruments) }
    }

    fn wrap<IO>(&self, inner: IO, ip: &'static str) -> NaiveStream<IO> {
        let open = Open { instruments: Arc::clone(&self.instruments), ip, started: Instant::now() };
        open.instruments.active.add(1, &open.attributes());
        NaiveStream { open, inner }
    }
}

impl Wrap for Naive {
    type Stream<IO: Io> = NaiveStream<IO>;

    fn open<IO: Io>(&self, stream: IO) -> NaiveStream<IO> {
        self.wrap(stream, if PEER.is_ipv6() { "ipv6" } else { "ipv4" })
    }

    fn accept(&self, stream: TcpStream) -> NaiveStream<TcpStream> {
        let is_ipv6 = stream.peer_addr().is_ok_and(|peer| peer.is_ipv6());
        self.wrap(stream, if is_ipv6 { "ipv6" } else { "ipv4" })
    }

    fn close<IO: Io>(stream: NaiveStream<IO>) -> IO {
        stream.inner
    }
}

/// A stream that goes to the instruments in each read and write.
#[derive(Debug)]
pub struct NaiveStream<IO> {
    open: Open,
    inner: IO,
}

#[derive(Debug)]
struct Open {
    instruments: Arc<Instruments>,
    ip: &'static str,
    started: Instant,
}

impl Open {
    fn attributes(&self) -> [KeyValue; 2] {
        [KeyValue::new("network.transport", "tcp"), KeyValue::new("network.type", self.ip)]
    }

    fn moved(&self, direction: &'static str, bytes: usize) {
        let [transport, ip] = self.attributes();
        self.instruments.io.add(bytes as u64, &[KeyValue::new("network.io.direction", direction), transport, ip]);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.instruments.duration.record(self.started.elapsed().as_secs_f64(), &self.attributes());
        self.instruments.active.add(-1, &self.attributes());
    }
}

impl<IO: Io> AsyncRead for NaiveStream<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = result {
            self.open.moved("receive", buf.filled().len() - before);
        }
        result
    }
}

impl<IO: Io> AsyncWrite for NaiveStream<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(cx, buf);
        if let Poll::Ready(Ok(bytes)) = result {
            self.open.moved("transmit", bytes);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
