//! The requests of a connection.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::http::{Method, Request, Response, StatusCode, Version};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{ConnectionHandle, MeteredStream, PlainStream};

/// A stream whose connection is metered: a [`MeteredStream`], or one around it such as a [`PlainStream`].
pub trait Metered {
    /// The connection.
    fn connection(&self) -> &ConnectionHandle;
}

impl<IO> Metered for MeteredStream<IO> {
    fn connection(&self) -> &ConnectionHandle {
        self.connection()
    }
}

impl<S> Metered for PlainStream<S> {
    fn connection(&self) -> &ConnectionHandle {
        self.connection()
    }
}

impl ConnectionHandle {
    /// Joins a service to this connection, whose requests it is about to get: see [`ConnectionService`].
    ///
    /// From now on the requests of the connection are recorded when it ends, even if there were none.
    #[must_use]
    pub fn serve<S>(&self, service: S) -> ConnectionService<S> {
        self.expect_requests();
        ConnectionService { inner: service, connection: self.clone() }
    }
}

/// A service for the HTTP requests of one connection; [`ConnectionHandle::serve`] makes it.
///
/// - Each request gets the [`ConnectionInfo`](telemetry_core::ConnectionInfo) and the [`ConnectionHandle`] into its
///   extensions. `telemetry-http` finds the info there: the scheme, the peer and the protocol of its requests come from
///   it.
/// - Each request counts for `transport.server.connection.requests`.
/// - An HTTP/1 connection whose request was answered with 101, or a CONNECT with success, is one that was upgraded.
///
/// Response and error are the inner service's own.
///
/// ```
/// use hyper::{Request, Response, body::Incoming, server::conn::http1};
/// use hyper_util::rt::TokioIo;
/// use hyper_util::service::TowerToHyperService;
/// use telemetry_core::ConnectionInfo;
/// use telemetry_net::NetworkMetricsLayer;
/// use tokio::net::TcpListener;
/// use tower::service_fn;
///
/// # async fn run() -> std::io::Result<()> {
/// let app = service_fn(async |request: Request<Incoming>| {
///     let peer = request.extensions().get::<ConnectionInfo>().and_then(|info| info.peer()?.ip());
///     Ok::<_, std::convert::Infallible>(Response::new(format!("hello {peer:?}")))
/// });
/// let mut listener = NetworkMetricsLayer::new().listen(TcpListener::bind("127.0.0.1:8080").await?);
/// loop {
///     let (stream, _) = listener.accept().await;
///     let service = TowerToHyperService::new(stream.connection().serve(app));
///     tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades());
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ConnectionService<S> {
    inner: S,
    connection: ConnectionHandle,
}

impl<S> ConnectionService<S> {
    /// The service inside.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service inside.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The service inside, without its connection.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// The connection.
    #[must_use]
    pub fn connection(&self) -> &ConnectionHandle {
        &self.connection
    }
}

impl<S, B, R> Service<Request<B>> for ConnectionService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        self.connection.count_request();
        // A connection of HTTP/2 or later has other requests beside this one, and goes on.
        let tunnels = request.method() == Method::CONNECT;
        let connection = (request.version() < Version::HTTP_2).then(|| self.connection.clone());
        // Asked each time: by now TLS may be known. That costs no more than a clone.
        request.extensions_mut().insert(self.connection.info());
        request.extensions_mut().insert(self.connection.clone());
        ResponseFuture { inner: self.inner.call(request), connection, tunnels }
    }
}

pin_project! {
    /// The response of a [`ConnectionService`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // If it can be upgraded.
        connection: Option<ConnectionHandle>,
        tunnels: bool,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        if let (Some(connection), Ok(response)) = (this.connection, &result) {
            let status = response.status();
            if status == StatusCode::SWITCHING_PROTOCOLS || *this.tunnels && status.is_success() {
                connection.set_upgraded();
            }
        }
        Poll::Ready(result)
    }
}
