//! The layer around connectors.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Uri;
use pin_project_lite::pin_project;
use tokio::io::DuplexStream;
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tower_service::Service;

use super::connect::Attempt;
use super::{ClientNetworkMetricsLayer, ServerAddress};
use crate::MeteredStream;

/// Something that a connector gives, with a stream in it that can be metered.
///
/// Tokio's `TcpStream`, `UnixStream` and `DuplexStream` are such, and with feature `hyper-util` each stream in a
/// `TokioIo`, as the connectors of hyper-util give them.
pub trait ConnectedStream {
    /// The stream.
    type Stream: 'static;
    /// The same with the stream metered.
    type Metered;

    /// Puts what `meter` makes of the stream in the stream's place.
    fn map_stream(self, meter: impl FnOnce(Self::Stream) -> MeteredStream<Self::Stream>) -> Self::Metered;
}

macro_rules! connected_stream {
    ($($(#[$meta:meta])* $stream:ty),*) => {$(
        $(#[$meta])*
        impl ConnectedStream for $stream {
            type Stream = Self;
            type Metered = MeteredStream<Self>;

            fn map_stream(self, meter: impl FnOnce(Self) -> MeteredStream<Self>) -> MeteredStream<Self> {
                meter(self)
            }
        }
    )*};
}

connected_stream!(
    TcpStream,
    #[cfg(unix)]
    UnixStream,
    DuplexStream
);

/// A connector whose connections are metered; [`ClientNetworkMetricsLayer`] makes it.
///
/// Put it below TLS, around the connector that dials: there the addresses are known, and bytes are those on the wire.
#[derive(Clone, Debug)]
pub struct ClientNetworkMetricsService<S> {
    connector: S,
    layer: ClientNetworkMetricsLayer,
}

impl<S> ClientNetworkMetricsService<S> {
    pub(super) fn new(connector: S, layer: ClientNetworkMetricsLayer) -> Self {
        Self { connector, layer }
    }

    /// The connector inside.
    pub fn get_ref(&self) -> &S {
        &self.connector
    }

    /// The connector inside.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.connector
    }

    /// The connector inside, without the layer.
    pub fn into_inner(self) -> S {
        self.connector
    }
}

impl<S> Service<Uri> for ClientNetworkMetricsService<S>
where
    S: Service<Uri>,
    S::Response: ConnectedStream,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = <S::Response as ConnectedStream>::Metered;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Connect<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.connector.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let attempt = Attempt::start(&self.layer.shared, ServerAddress::of_uri(&uri));
        Connect { layer: self.layer.clone(), attempt: Some(attempt), connect: self.connector.call(uri) }
    }
}

pin_project! {
    /// The future of a [`ClientNetworkMetricsService`]. The connect counts as cancelled if it is dropped before its end.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Connect<F> {
        layer: ClientNetworkMetricsLayer,
        attempt: Option<Attempt>,
        #[pin]
        connect: F,
    }
}

impl<F, C, E> Future for Connect<F>
where
    F: Future<Output = Result<C, E>>,
    C: ConnectedStream,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    type Output = Result<C::Metered, Box<dyn Error + Send + Sync>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let connected = ready!(this.connect.poll(cx)).map_err(Into::into);
        // The future is not polled again.
        let Some(attempt) = this.attempt.take() else { return Poll::Pending };
        Poll::Ready(match connected {
            Ok(connected) => Ok(connected.map_stream(|stream| this.layer.connected(attempt, stream))),
            Err(error) => {
                attempt.failed(&*error);
                Err(error)
            }
        })
    }
}
