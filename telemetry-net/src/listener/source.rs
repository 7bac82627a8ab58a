use std::io;
use std::task::{Context, Poll};

use telemetry_core::{Address, Transport};

/// Where connections come from: tokio's `TcpListener`, its `UnixListener` on Unix, or a type of your own.
///
/// ```
/// use std::io;
/// use std::task::{Context, Poll};
/// use telemetry_core::{Address, Transport};
/// use telemetry_net::Listener;
/// use tokio::io::DuplexStream;
/// use tokio::sync::mpsc;
///
/// /// Connections from within the program.
/// struct Inside(mpsc::UnboundedReceiver<DuplexStream>);
///
/// impl Listener for Inside {
///     type Io = DuplexStream;
///     type Address = ();
///
///     fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(DuplexStream, ())>> {
///         match self.0.poll_recv(cx) {
///             Poll::Ready(Some(stream)) => Poll::Ready(Ok((stream, ()))),
///             // Nobody will ever connect.
///             Poll::Ready(None) | Poll::Pending => Poll::Pending,
///         }
///     }
///
///     fn local_address(&self) -> io::Result<()> {
///         Ok(())
///     }
///
///     fn known_address(_: &()) -> Option<Address> {
///         None
///     }
///
///     fn transport(&self) -> Option<Transport> {
///         Some(Transport::Pipe)
///     }
/// }
/// ```
pub trait Listener {
    /// The stream of a connection.
    type Io: 'static;

    /// One end of a connection, and where the listener listens.
    type Address;

    /// Asks for the next connection. Nothing of it may be lost when the caller does not ask again for a while.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Self::Io, Self::Address)>>;

    /// Where it listens. That is asked once, when the listener is metered.
    fn local_address(&self) -> io::Result<Self::Address>;

    /// An address in the form that all crates here know; nothing for an end without a name.
    fn known_address(address: &Self::Address) -> Option<Address>;

    /// This end of a connection. It is asked for only if the listener is bound to all addresses of the machine, since it
    /// may take a system call; nothing unless a type says more.
    fn stream_address(_stream: &Self::Io) -> Option<Address> {
        None
    }

    /// How its connections are carried. Nothing unless a type says more: that is [`Transport::Unix`] for a path, and else
    /// what [`NetworkMetricsLayer::with_transport`](crate::NetworkMetricsLayer::with_transport) was told, or TCP.
    fn transport(&self) -> Option<Transport> {
        None
    }
}
