//! The service that the layer makes.

use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

use crate::{MeteredStream, NetworkMetricsLayer};

/// Gives its inner service a [`MeteredStream`] in place of each stream; [`NetworkMetricsLayer`] makes it.
///
/// Response, error and future are the inner service's own: the connection ends with its stream, not with the future.
#[derive(Clone, Debug)]
pub struct NetworkMetricsService<S> {
    inner: S,
    layer: NetworkMetricsLayer,
}

impl<S> NetworkMetricsService<S> {
    pub(crate) fn new(inner: S, layer: NetworkMetricsLayer) -> Self {
        Self { inner, layer }
    }

    /// The service inside.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service inside.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The service inside, without the layer.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, IO> Service<IO> for NetworkMetricsService<S>
where
    S: Service<MeteredStream<IO>>,
    IO: AsyncRead + AsyncWrite + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, stream: IO) -> Self::Future {
        self.inner.call(self.layer.meter(stream))
    }
}
