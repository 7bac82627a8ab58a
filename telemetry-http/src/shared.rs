use std::sync::{Arc, OnceLock};

use http::Request;
use http_body::Body;
use telemetry_core::bound::Buffered;
use tower_service::Service;

use crate::future::ResponseFuture;
use crate::in_flight::InFlight;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::request_body::RequestBody;
use crate::side::Side;

/// What a layer and its services share.
#[derive(Debug)]
pub(crate) struct Shared {
    options: Options,
    /// Made when it is first asked for, which is when the first request comes.
    metrics: OnceLock<Buffered<Metrics>>,
}

impl Shared {
    pub(crate) fn new(side: Side) -> Arc<Self> {
        Self::from_options(Options::new(side))
    }

    fn from_options(options: Options) -> Arc<Self> {
        Arc::new(Self { options, metrics: OnceLock::new() })
    }

    /// The same with other options. Who has the old one keeps it: a change makes new instruments.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Options)) -> Arc<Self> {
        let mut options = self.options.clone();
        change(&mut options);
        Self::from_options(options)
    }

    /// Sends a request through `inner`, and follows it from here on.
    #[inline]
    pub(crate) fn call<S, B>(&self, inner: &mut S, request: Request<B>) -> ResponseFuture<S::Future>
    where
        S: Service<Request<RequestBody<B>>>,
        B: Body,
    {
        let metrics = self.metrics.get_or_init(|| Metrics::buffered(&self.options));
        let (mut parts, body) = request.into_parts();
        if !self.options.filter.keeps(&parts) {
            let request = Request::from_parts(parts, RequestBody::new(body, None));
            return ResponseFuture::new(inner.call(request), None);
        }
        let mut in_flight = InFlight::start(metrics.local(), &parts);
        in_flight.look_further(&mut parts);
        // Most requests have no body, and then there is nothing to share between the two bodies.
        let is_empty = in_flight.step(|| body.is_end_stream());
        let bytes = if is_empty { None } else { in_flight.count_request_bytes() };
        let request = Request::from_parts(parts, RequestBody::new(body, bytes));
        let future = in_flight.step(|| inner.call(request));
        ResponseFuture::new(future, Some(in_flight))
    }
}
