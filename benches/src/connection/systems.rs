//! Our layer, what one writes by hand, and the stream without either.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use telemetry_core::{ConnectionInfo, Transport};
use telemetry_net::{MeteredStream, NetworkMetricsLayer};
use tokio::net::TcpStream;

use super::drive::{Connections, Drive};
use super::naive::Naive;
use super::stream::Io;
use crate::metrics::Metrics;

/// Who the peer of every connection is that asks no socket.
pub(super) const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 50712);

/// A way to meter connections.
pub trait Wrap: 'static {
    /// A metered stream.
    type Stream<IO: Io>: Io;

    /// Opens a connection of which everything is known.
    fn open<IO: Io>(&self, stream: IO) -> Self::Stream<IO>;

    /// Opens one that has to ask its socket.
    fn accept(&self, stream: TcpStream) -> Self::Stream<TcpStream>;

    /// Ends a connection, and keeps its stream.
    fn close<IO: Io>(stream: Self::Stream<IO>) -> IO;
}

/// Wraps nothing around a stream.
#[derive(Clone, Copy, Debug)]
pub struct Bare;

impl Wrap for Bare {
    type Stream<IO: Io> = IO;

    fn open<IO: Io>(&self, stream: IO) -> IO {
        stream
    }

    fn accept(&self, stream: TcpStream) -> TcpStream {
        stream
    }

    fn close<IO: Io>(stream: IO) -> IO {
        stream
    }
}

/// Our layer, used as an accept loop does.
#[derive(Clone, Debug)]
pub struct Ours(NetworkMetricsLayer);

impl Ours {
    /// A layer with instruments of `metrics`.
    #[must_use]
    pub fn new(metrics: &Metrics) -> Self {
        Self(NetworkMetricsLayer::custom(metrics.options()))
    }
}

impl Wrap for Ours {
    type Stream<IO: Io> = MeteredStream<IO>;

    fn open<IO: Io>(&self, stream: IO) -> MeteredStream<IO> {
        self.0.meter_with_info(stream, ConnectionInfo::new(Transport::Tcp).with_peer(PEER))
    }

    fn accept(&self, stream: TcpStream) -> MeteredStream<TcpStream> {
        self.0.meter(stream)
    }

    fn close<IO: Io>(stream: MeteredStream<IO>) -> IO {
        stream.into_inner()
    }
}

/// A system that can be built.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name in arguments and tables.
    pub name: &'static str,
    /// Builds it with one open connection, and so many beside it.
    pub build: fn(beside: usize) -> Box<dyn Drive>,
}

/// The stream alone, which is subtracted from all others.
pub const BARE: Entry = Entry { name: "bare", build: |beside| Box::new(Connections::new("bare", Bare, None, beside)) };

/// Our layer as it comes.
pub const OURS: Entry = Entry { name: "ours", build: |beside| metered("ours", beside, Ours::new) };

/// What one writes by hand first.
pub const NAIVE: Entry = Entry { name: "naive", build: |beside| metered("naive", beside, Naive::new) };

/// All systems, [`BARE`] first.
pub const SYSTEMS: &[Entry] = &[BARE, OURS, NAIVE];

fn metered<W: Wrap>(name: &'static str, beside: usize, wrap: fn(&Metrics) -> W) -> Box<dyn Drive> {
    let metrics = Metrics::new();
    Box::new(Connections::new(name, wrap(&metrics), Some(metrics), beside))
}
