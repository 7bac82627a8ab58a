//! Sockets of datagrams, over loopback: what is counted is what the peer saw.
#![cfg(feature = "udp")]
#![allow(clippy::panic, clippy::unwrap_used)] // Helpers of tests may fail them.

mod api;
mod attributes;
mod counts;
mod errors;
mod waiting;

use std::future::Future;
use std::net::SocketAddr;

use telemetry_core::testing::{InMemoryMetrics, Snapshot};
use telemetry_net::{MeteredUdpSocket, UdpMetrics};
use tokio::net::UdpSocket;
use tokio::runtime::{Builder, Runtime};

const IO: &str = "transport.udp.io";
const DATAGRAMS: &str = "transport.udp.datagrams";
const ERRORS: &str = "transport.udp.errors";
const LOOPBACK: &str = "127.0.0.1:0";

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_io().build().unwrap()
}

/// A metered socket and a plain one, each connected to the other.
struct Pair {
    metrics: InMemoryMetrics,
    socket: MeteredUdpSocket,
    peer: UdpSocket,
}

impl Pair {
    async fn new() -> Self {
        let metrics = InMemoryMetrics::new();
        let (socket, peer) = sockets().await;
        let socket = UdpMetrics::with_meter(metrics.meter("net")).meter(socket);
        Self { metrics, socket, peer }
    }

    /// Bytes and datagrams received, bytes and datagrams transmitted.
    fn counts(&self) -> [u64; 4] {
        counts(&self.metrics.snapshot())
    }

    fn local(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }
}

async fn sockets() -> (UdpSocket, UdpSocket) {
    let (one, other) = (UdpSocket::bind(LOOPBACK).await.unwrap(), UdpSocket::bind(LOOPBACK).await.unwrap());
    one.connect(other.local_addr().unwrap()).await.unwrap();
    other.connect(one.local_addr().unwrap()).await.unwrap();
    (one, other)
}

fn counts(snapshot: &Snapshot) -> [u64; 4] {
    [(IO, "receive"), (DATAGRAMS, "receive"), (IO, "transmit"), (DATAGRAMS, "transmit")]
        .map(|(metric, direction)| snapshot.sum(metric, &[("network.io.direction", direction)]) as u64)
}

fn errors(snapshot: &Snapshot, direction: &str, error: &str) -> f64 {
    snapshot.sum(ERRORS, &[("network.io.direction", direction), ("error.type", error)])
}

fn run<T>(test: impl Future<Output = T>) -> T {
    runtime().block_on(test)
}
