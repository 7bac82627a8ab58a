use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::server::layer::Shared;
use crate::server::{RequestBody, ResponseBody, ResponseFuture};

/// The service that [`RequestMetricsLayer`](crate::RequestMetricsLayer) makes.
#[derive(Clone, Debug)]
pub struct RequestMetricsService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> RequestMetricsService<S> {
    pub(crate) fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared }
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

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for RequestMetricsService<S>
where
    S: Service<Request<RequestBody<ReqBody>>, Response = Response<ResBody>>,
    S::Error: 'static,
    ReqBody: Body,
    ResBody: Body,
    ResBody::Error: 'static,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let mut in_flight = self.shared.recorder().start(&parts);
        // Most requests have no body, and then there is nothing to share between the two bodies.
        let is_empty = in_flight.step(|| body.is_end_stream());
        let bytes = if is_empty { None } else { in_flight.count_request_bytes() };
        let method = parts.method.clone();
        let request = Request::from_parts(parts, RequestBody::new(body, bytes));
        let future = in_flight.step(|| self.inner.call(request));
        ResponseFuture::new(future, method, in_flight)
    }
}
