//! OpenTelemetry metrics for the connections of servers and clients: a tower layer, a listener, a connector and a wrapper
//! for any stream.
//!
//! [`NetworkMetricsLayer`] goes around a service that takes a stream, such as the one that an accept loop calls for
//! each connection. The service then gets a [`MeteredStream`] in the stream's place, which reads and writes like it and
//! counts. An accept loop without tower calls [`NetworkMetricsLayer::meter`], or has a [`MeteredListener`] that counts what
//! fails as well. [`ClientNetworkMetricsLayer`] is for connections that are dialled.
//!
//! ```
//! use std::io;
//!
//! use telemetry_core::testing::InMemoryMetrics;
//! use telemetry_net::{MeteredStream, NetworkMetricsLayer};
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use tokio::net::{TcpListener, TcpStream};
//! use tower::{Layer, Service, ServiceExt, service_fn};
//!
//! async fn shout(mut stream: MeteredStream<TcpStream>) -> io::Result<()> {
//!     let mut text = String::new();
//!     stream.read_to_string(&mut text).await?;
//!     stream.write_all(text.to_uppercase().as_bytes()).await?;
//!     stream.shutdown().await
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> io::Result<()> {
//! let metrics = InMemoryMetrics::new(); // A service uses `NetworkMetricsLayer::new()` and the global provider.
//! let mut service = NetworkMetricsLayer::with_meter(metrics.meter("example")).layer(service_fn(shout));
//!
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let address = listener.local_addr()?;
//! let server = tokio::spawn(async move {
//!     for _ in 0..2 {
//!         let (stream, _) = listener.accept().await?;
//!         tokio::spawn(service.ready().await?.call(stream)).await??;
//!     }
//!     io::Result::Ok(())
//! });
//!
//! for _ in 0..2 {
//!     let mut client = TcpStream::connect(address).await?;
//!     client.write_all(b"hello").await?;
//!     client.shutdown().await?;
//!     let mut answer = String::new();
//!     client.read_to_string(&mut answer).await?;
//!     assert_eq!(answer, "HELLO");
//! }
//! server.await??;
//!
//! let snapshot = metrics.snapshot();
//! let tcp = [("network.transport", "tcp"), ("network.type", "ipv4")];
//! assert_eq!(snapshot.sum("transport.server.active_connections", &tcp), 0.0);
//! assert_eq!(snapshot.count("transport.server.connection.duration", &tcp), 2);
//! assert_eq!(snapshot.sum("transport.server.io", &[("network.io.direction", "receive")]), 10.0);
//! assert_eq!(snapshot.sum("transport.server.io", &[("network.io.direction", "transmit")]), 10.0);
//! # Ok(())
//! # }
//! ```
//!
//! # Metrics
//!
//! For accepted connections; those that a client dials have `transport.client.` in place of `transport.server.`.
//!
//! | metric | instrument, unit | attributes |
//! |---|---|---|
//! | `transport.server.active_connections` | up-down counter, `{connection}` | those that all have: below |
//! | `transport.server.connection.duration` | histogram, `s` | and `transport.close.reason`, `error.type`, `tls.protocol.version`, `network.protocol.name`, `network.protocol.version` |
//! | `transport.server.io`: bytes of the stream that is wrapped | counter, `By` | and `network.io.direction` |
//! | `transport.server.idle_connections` | up-down counter, `{connection}` | |
//! | `transport.server.tls.handshake.duration` | histogram, `s` | and `tls.protocol.version`, `tls.resumed`, `error.type` |
//! | `transport.server.tls.active_handshakes` | up-down counter, `{handshake}` | |
//! | `transport.server.tls.io`: plain bytes, inside of TLS | counter, `By` | and `network.io.direction` |
//! | `transport.server.connection.requests`, of servers alone | histogram, `{request}` | |
//! | `transport.server.upgraded_connections`, of servers alone | up-down counter, `{connection}` | |
//! | `transport.server.rejected_connections`, of servers alone | counter, `{connection}` | |
//! | `transport.server.accept.errors`, of servers alone | counter, `{error}` | and `error.type` |
//! | `transport.server.accept.age`, of servers alone: since the last accept | gauge, `s` | |
//! | `transport.client.connect.duration`, of clients alone | histogram, `s` | and `error.type` |
//! | `transport.server.tcp.rtt`, with feature `tcp-info` | histogram, `s` | |
//! | `transport.server.tcp.retransmits`, likewise | counter, `{segment}` | |
//! | `transport.server.tcp.unacked`, likewise | histogram, `{segment}` | |
//! | `transport.server.tcp.delivery_rate`, likewise | histogram, `By/s` | |
//! | `transport.udp.io`, with feature `udp` | counter, `By` | `network.transport`, `network.type`, `network.io.direction` alone |
//! | `transport.udp.datagrams`, likewise | counter, `{datagram}` | `network.transport`, `network.type`, `network.io.direction` alone |
//! | `transport.udp.errors`, likewise | counter, `{error}` | `network.transport`, `network.type`, `network.io.direction`, `error.type` alone |
//!
//! What never happens has no series: no idle connection, no TLS, no error.
//!
//! The metrics' names are our own, since the OpenTelemetry conventions have none for an application's connections. They
//! follow those of Kestrel, which the conventions have. The attributes are the conventions', but for
//! `transport.close.reason`, and so are the bucket bounds of durations: all come from [`telemetry_core::semconv`].
//!
//! - `network.transport` is `tcp`, `udp`, `unix`, `pipe` or `quic`; see [`NetworkMetricsLayer::with_transport`].
//! - `network.type` is `ipv4` or `ipv6`, and absent where there is no IP address.
//! - `server.address` and `server.port` are the server's: the configured address of a `MeteredListener`, and for a client
//!   the name that was dialled. Absent on streams that came from elsewhere.
//! - `network.io.direction` is `receive` or `transmit`.
//! - `transport.close.reason` is `peer` or `local`, for the side that was the first to end; `dropped` if neither had when
//!   the stream was dropped; `error` if something failed.
//! - `error.type` is there when the connection ended badly: with the kind of the first failed read, write, flush or
//!   shutdown, what [`ConnectionHandle::set_error`] has told, or else `panic` when a panic dropped it. The values are those
//!   of [`telemetry_core::ErrorType`].
//! - `network.protocol.name` and `network.protocol.version` are those that TLS has agreed on by ALPN.
//! - `tls.protocol.version` is `1.2` or `1.3`, once a handshake has come to it.
//! - `tls.resumed` is whether an earlier session was resumed.
//!
//! Addresses and ports of peers are no attributes: each would make series of its own. Nor is anything else that a peer
//! chooses. What the service adds is in [`MeterOptions::attributes`](telemetry_core::MeterOptions::attributes) and
//! [`NetworkMetricsLayer::with_attributes`]. Past [1000 sets](NetworkMetricsLayer::with_series_limit) of attributes,
//! connections are counted together.
//!
//! # What is counted
//!
//! A connection is open from the moment that it is metered until its [`MeteredStream`] is dropped. That is the one
//! end, whatever led to it: the end of the stream, an error, a panic, an aborted task, the end of the runtime. A peer
//! that has sent its last byte does not end the connection, since the other direction may go on. A stream that is forgotten
//! ([`std::mem::forget`]) stays open here as its socket does.
//!
//! Bytes are those that the wrapped stream took or gave, never those that were asked for. A read or a write adds to a
//! number of the connection's own; each collection takes from it what has come. So every byte is in every scrape, however
//! long a connection stays open.
//!
//! # TLS
//!
//! Wrap the stream below TLS: the addresses are known there, and bytes are those on the wire. A [`Handshake`] of the
//! connection then tells what TLS has come to, and from there on [`MeteredStream::connection_info`] knows it. With feature
//! `rustls` an acceptor and a connector do all that; other libraries can be met with
//! [`ConnectionHandle::start_handshake`] and [`ConnectionHandle::meter_plain`].
//!
//! What TLS meets after its handshake is an error of the connection too. So is a peer that is gone without TLS's own
//! goodbye, as `unexpected_eof`: that is how many clients end, and how it looks when somebody cuts a connection off.
//!
//! A layer around a TLS stream counts plain bytes instead, in the same metrics. To have both layers, above and below, give
//! the upper one attributes of its own, since sums over both count a connection twice.
//!
//! # Requests
//!
//! [`ConnectionHandle::serve`] puts what is known of the connection into the extensions of its requests, where
//! `telemetry-http` finds scheme and peer, and counts them.
//!
//! # What it costs
//!
//! A read or a write takes at most five instructions more than without the wrapper; an open connection takes less than 200
//! bytes, and allocates nothing where the memory of one that has ended is at hand. The package `telemetry-benches` measures it.

// With it one function has unsafe code, and `cargo xtask lint` watches that it stays the only one.
#![cfg_attr(not(feature = "tcp-info"), forbid(unsafe_code))]

mod attributes;
#[cfg(feature = "axum")]
mod axum;
mod client;
mod connection;
mod detect;
mod handshake;
mod http;
mod instruments;
mod kernel;
mod layer;
mod listener;
mod outcome;
mod plain;
mod recorder;
mod registry;
#[cfg(feature = "rustls")]
mod rustls;
mod series;
mod service;
mod settings;
mod stream;
mod tally;
#[cfg(all(feature = "tcp-info", any(target_os = "linux", target_os = "android")))]
mod tcp_info;
#[cfg(feature = "udp")]
mod udp;

#[cfg(feature = "axum")]
pub use axum::MakeConnectionService;
pub use client::{ClientNetworkMetricsLayer, ClientNetworkMetricsService, Connect, ConnectedStream, ServerAddress};
pub use connection::ConnectionHandle;
pub use handshake::Handshake;
pub use http::{ConnectionService, Metered, ResponseFuture};
pub use layer::NetworkMetricsLayer;
pub use listener::{Listener, MeteredListener};
pub use plain::PlainStream;
#[cfg(feature = "rustls")]
pub use rustls::{ClientTlsStream, MeteredTlsAcceptor, MeteredTlsConnector, MeteredTlsListener, TlsStream};
pub use service::NetworkMetricsService;
pub use stream::MeteredStream;
#[cfg(all(feature = "tcp-info", any(target_os = "linux", target_os = "android")))]
pub use tcp_info::TcpInfo;
#[cfg(feature = "rustls")]
pub use tokio_rustls;
#[cfg(feature = "udp")]
pub use udp::{MeteredUdpSocket, UdpMetrics};
