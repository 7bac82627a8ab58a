use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::MatchedPath;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::labels::RequestLabels;
use crate::route::HttpRoute;

/// Tells a [`RequestMetricsLayer`](crate::RequestMetricsLayer) around a whole axum router the route that the router
/// found. It goes inside: `Router::route_layer` or `Router::layer`, of each nested router too if there are any.
///
/// The route travels in the extensions of the response, as [`HttpRoute`]. A request that ends without a response, by an
/// error, a panic or because the client has gone, is recorded without a route then; with
/// [`RequestMetricsLayer::with_labels`](crate::RequestMetricsLayer::with_labels) it is recorded with it.
///
/// ```
/// use axum::{Router, routing::get};
/// use telemetry_http::{RequestMetricsLayer, RouteLayer};
/// use tower::Layer;
///
/// let router: Router = Router::new().route("/users/{id}", get(|| async { "hello" })).route_layer(RouteLayer::new());
/// let service = RequestMetricsLayer::new().layer(router);
/// # let _ = service;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct RouteLayer(());

impl RouteLayer {
    /// Makes the layer; there is nothing to set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for RouteLayer {
    type Service = RouteService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RouteService(inner)
    }
}

/// The service that [`RouteLayer`] makes.
#[derive(Clone, Debug)]
pub struct RouteService<S>(S);

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RouteService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = RouteFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let route = request.extensions().get::<MatchedPath>().map(|path| HttpRoute::new(Arc::from(path.as_str())));
        if let (Some(route), Some(labels)) = (&route, request.extensions().get::<RequestLabels>()) {
            labels.set_route(route.value());
        }
        RouteFuture { inner: self.0.call(request), route }
    }
}

pin_project! {
    /// The future of [`RouteService`].
    #[derive(Debug)]
    pub struct RouteFuture<F> {
        #[pin]
        inner: F,
        route: Option<HttpRoute>,
    }
}

impl<F, ResBody, E> Future for RouteFuture<F>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        // A nested router may have left a longer one.
        if let Some(route) = this.route.take()
            && response.extensions().get::<HttpRoute>().is_none()
        {
            response.extensions_mut().insert(route);
        }
        Poll::Ready(Ok(response))
    }
}
