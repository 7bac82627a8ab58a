//! OpenTelemetry metrics for the connections of a server, as a tower layer and as a stream wrapper.
//!
//! [`NetworkMetricsLayer`] goes around a service that takes a stream, such as the one that an accept loop calls for
//! each connection. The service then gets a [`MeteredStream`] in the stream's place, which reads and writes like it and
//! counts. An accept loop without tower calls [`NetworkMetricsLayer::meter`].
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
//! | metric | instrument, unit | attributes |
//! |---|---|---|
//! | `transport.server.active_connections` | up-down counter, `{connection}` | `network.transport`, `network.type` |
//! | `transport.server.connection.duration` | histogram, `s` | the same, `error.type` |
//! | `transport.server.io` | counter, `By` | the same as the first, `network.io.direction` |
//!
//! The metrics' names are our own, since the OpenTelemetry conventions have none for an application's connections.
//! The attributes are the conventions', and so are the bucket bounds of the duration: both come from
//! [`telemetry_core::semconv`].
//!
//! - `network.transport` is `tcp`, `udp`, `unix`, `pipe` or `quic`; see [`NetworkMetricsLayer::with_transport`].
//! - `network.type` is `ipv4` or `ipv6`, and absent where there is no IP address.
//! - `network.io.direction` is `receive` or `transmit`.
//! - `error.type` is there when the connection ended badly: with the kind of the first failed read, write, flush or
//!   shutdown, or else `panic` when a panic dropped it. The values are those of [`telemetry_core::ErrorType`].
//!
//! Addresses and ports are no attributes: each would make series of its own. What the service adds is in
//! [`MeterOptions::attributes`](telemetry_core::MeterOptions::attributes) and
//! [`NetworkMetricsLayer::with_attributes`].
//!
//! # What is counted
//!
//! A connection is open from the moment that it is metered until its [`MeteredStream`] is dropped. That is the one
//! end, whatever led to it: the end of the stream, an error, a panic, an aborted task, the end of the runtime. A peer
//! that has sent its last byte does not end the connection, since the other direction may go on.
//!
//! Bytes are those that the wrapped stream took or gave, never those that were asked for. So it matters what is
//! wrapped: around a `TcpStream`, below TLS, they are the bytes on the wire; around a TLS stream they are plain ones.
//! Below TLS is the better place, because the addresses are known there; the info for the requests then needs a
//! `.with_tls(..)`, since the stream below does not know.
//!
//! Counting a read or a write is one addition to a plain number. The sum goes to the metric as soon as the connection
//! waits for its peer, is flushed, shut down, at its end or fails, and at the latest with 64 KiB in one direction or
//! after 64 reads and writes. So a scrape sees long connections grow. What it may miss of an open one are the last bytes
//! of a task that stopped to use the stream without having to wait for it.
//!
//! # Datagrams
//!
//! With feature `udp`, `UdpMetrics` meters Tokio's UDP sockets: bytes, datagrams and errors in each direction.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `bound` (default) | instruments bound to their attributes: the fast path. Without it the plain API is used, which counts the same. |
//! | `tcp-info` | `TcpInfo`: what the kernel tells of a TCP connection, on Linux and Android; elsewhere nothing |
//! | `udp` | `UdpMetrics` and `MeteredUdpSocket` |

// With it one function has unsafe code, and `cargo xtask lint` watches that it stays the only one.
#![cfg_attr(not(feature = "tcp-info"), forbid(unsafe_code))]

mod detect;
mod layer;
mod record;
mod service;
mod stream;
#[cfg(all(feature = "tcp-info", any(target_os = "linux", target_os = "android")))]
mod tcp_info;
#[cfg(feature = "udp")]
mod udp;

pub use layer::NetworkMetricsLayer;
pub use service::NetworkMetricsService;
pub use stream::MeteredStream;
#[cfg(all(feature = "tcp-info", any(target_os = "linux", target_os = "android")))]
pub use tcp_info::TcpInfo;
#[cfg(feature = "udp")]
pub use udp::{MeteredUdpSocket, UdpMetrics};
