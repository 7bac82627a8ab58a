use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Uri;
use hyper_util::client::legacy::connect::Connection;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::layer::Shared;
use super::stream::MeteredConnection;

/// The connector that [`ClientConnectionLayer`](crate::ClientConnectionLayer) makes. Its streams are
/// [`MeteredConnection`]s; a connect that fails or is given up leaves no trace.
#[derive(Clone, Debug)]
pub struct ClientConnectionService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> ClientConnectionService<S> {
    pub(super) fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
    }

    /// The connector inside.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The connector inside.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The connector inside, without the layer.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S> Service<Uri> for ClientConnectionService<S>
where
    S: Service<Uri>,
    S::Response: Connection,
{
    type Response = MeteredConnection<S::Response>;
    type Error = S::Error;
    type Future = ConnectFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        ConnectFuture { inner: self.inner.call(uri.clone()), uri, shared: Arc::clone(&self.shared) }
    }
}

pin_project! {
    /// The future of [`ClientConnectionService`](crate::ClientConnectionService).
    #[derive(Debug)]
    pub struct ConnectFuture<F> {
        #[pin]
        inner: F,
        uri: Uri,
        shared: Arc<Shared>,
    }
}

impl<F, T, E> Future for ConnectFuture<F>
where
    F: Future<Output = Result<T, E>>,
    T: Connection,
{
    type Output = Result<MeteredConnection<T>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        Poll::Ready(result.map(|stream| MeteredConnection::new(stream, this.uri, this.shared.recorder())))
    }
}
