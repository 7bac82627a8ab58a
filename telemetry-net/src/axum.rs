//! What `axum::serve` wants.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::task::{Context, Poll};

use ::axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

use crate::{ConnectionService, Listener, Metered, MeteredListener, MeteredStream};
#[cfg(feature = "rustls")]
use crate::{MeteredTlsListener, TlsStream};

/// A metered listener goes where one of axum's goes.
impl<L> ::axum::serve::Listener for MeteredListener<L>
where
    L: Listener + Send + 'static,
    L::Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    L::Address: Send,
{
    type Io = MeteredStream<L::Io>;
    type Addr = L::Address;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        Self::accept(self).await
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.local_address()
    }
}

/// So does one whose connections have TLS.
#[cfg(feature = "rustls")]
impl<L> ::axum::serve::Listener for MeteredTlsListener<L>
where
    L: Listener + Send + 'static,
    L::Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    L::Address: Send + 'static,
{
    type Io = TlsStream<L::Io>;
    type Addr = L::Address;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        Self::accept(self).await
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.get_ref().local_address()
    }
}

/// Makes a [`ConnectionService`] around a clone of the application for each connection that `axum::serve` accepts.
///
/// It needs a [`MeteredListener`], or one around it whose streams are [`Metered`], as `tap_io` makes it.
///
/// ```
/// use axum::{Extension, Router, routing::get};
/// use axum::serve::ListenerExt;
/// use telemetry_core::ConnectionInfo;
/// use telemetry_net::{MakeConnectionService, NetworkMetricsLayer};
/// use tokio::net::TcpListener;
///
/// # async fn run() -> std::io::Result<()> {
/// let hello = async |Extension(connection): Extension<ConnectionInfo>| format!("hello {:?}", connection.peer());
/// let app = Router::new().route("/", get(hello));
/// let listener = NetworkMetricsLayer::new().listen(TcpListener::bind("127.0.0.1:8080").await?);
/// let listener = listener.tap_io(|stream| {
///     let _ = stream.get_ref().set_nodelay(true);
/// });
/// axum::serve(listener, MakeConnectionService::new(app)).await
/// # }
/// ```
///
/// It stands in the place of axum's `into_make_service_with_connect_info`. Handlers that take a `ConnectInfo` get it from
/// a middleware:
///
/// ```
/// use std::net::SocketAddr;
/// use axum::extract::{ConnectInfo, Request};
/// use axum::{Router, middleware::map_request, routing::get};
/// use telemetry_core::{Address, ConnectionInfo};
/// use telemetry_net::MakeConnectionService;
///
/// async fn connect_info(mut request: Request) -> Request {
///     if let Some(Address::Socket(peer)) = request.extensions().get::<ConnectionInfo>().and_then(|info| info.peer()) {
///         let peer = ConnectInfo(*peer);
///         request.extensions_mut().insert(peer);
///     }
///     request
/// }
///
/// let hello = async |ConnectInfo(peer): ConnectInfo<SocketAddr>| format!("hello {peer}");
/// let app: Router = Router::new().route("/", get(hello)).layer(map_request(connect_info));
/// let make = MakeConnectionService::new(app);
/// # let _ = make;
/// ```
#[derive(Clone, Debug)]
pub struct MakeConnectionService<S> {
    app: S,
}

impl<S> MakeConnectionService<S> {
    /// Takes the application: a `Router`, or any other service of requests.
    pub fn new(app: S) -> Self {
        Self { app }
    }
}

impl<S, A> Service<IncomingStream<'_, A>> for MakeConnectionService<S>
where
    S: Clone,
    A: ::axum::serve::Listener,
    A::Io: Metered,
{
    type Response = ConnectionService<S>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, stream: IncomingStream<'_, A>) -> Self::Future {
        ready(Ok(stream.io().connection().serve(self.app.clone())))
    }
}
