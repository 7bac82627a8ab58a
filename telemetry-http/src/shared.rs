use std::sync::{Arc, OnceLock};

use http::Request;
use http_body::Body;
use telemetry_core::bound::Buffered;
use tower_service::Service;

use crate::bytes::ByteCount;
use crate::future::ResponseFuture;
use crate::lifecycle::Tracked;
use crate::measured::Measured;
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
        #[cfg(feature = "trace")]
        crate::joint::Kind::Metrics.exists();
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
        let (mut tracked, bytes) = if self.options.common.filter.keeps(&parts) {
            Measured::start(metrics.local(), &mut parts, &body)
        } else {
            (Tracked::default(), ByteCount::NONE)
        };
        let request = Request::from_parts(parts, RequestBody::new(body, bytes));
        ResponseFuture::new(tracked.step(|| inner.call(request)), tracked)
    }
}
