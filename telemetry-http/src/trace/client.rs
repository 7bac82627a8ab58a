use std::sync::Arc;

use http::header::HeaderName;
use http::request::Parts;
use http::{StatusCode, response};
use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::propagation::Propagator;
use telemetry_core::tracer::TracerSource;
use telemetry_core::{AttributesFactory, ErrorType};
use tower_layer::Layer;

use super::builder::trace_options;
use super::header::ShownHeaders;
use super::options::{SpanName, TraceOptions, Way};
use super::service::ClientTraceService;
use super::shared::TraceShared;
use crate::builder::{client_options, common_options};
use crate::common::{ResponseAttributes, StatusErrors};
use crate::error::ErrorClassifier;
use crate::filter::RequestFilter;
use crate::route::RouteSource;
use crate::side::Side;

/// Makes a span for each request that a client sends, each attempt of it, and tells the server of it in the headers. See
/// [the crate's page](crate#spans) for what it has and when it ends.
///
/// It belongs inside of a layer that retries. The parent is the current span, and `url.template` becomes part of the name
/// if the request carries a [`UrlTemplate`](crate::UrlTemplate) or the layer has a function for it. A
/// [`Resends`](crate::Resends) in the request's extensions counts the attempts.
///
/// ```
/// use telemetry_http::ClientTraceLayer;
/// use tower::ServiceBuilder;
///
/// # fn client<C: Clone>(client: C) {
/// let client = ServiceBuilder::new().layer(ClientTraceLayer::new()).service(client);
/// # let _ = client;
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClientTraceLayer {
    shared: Arc<TraceShared>,
}

common_options!(ClientTraceLayer, TraceOptions);
client_options!(ClientTraceLayer);
trace_options!(ClientTraceLayer, Side::Client);

impl ClientTraceLayer {
    /// Adds `url.scheme`.
    #[must_use]
    pub fn with_scheme(self) -> Self {
        self.with(|own| own.scheme = true)
    }

    /// Adds `user_agent.original`.
    #[must_use]
    pub fn with_user_agent(self) -> Self {
        self.with(|own| own.user_agent = true)
    }

    /// Adds `user_agent.synthetic.type`, `bot` or `test`, to requests whose `User-Agent` says that no person sends them.
    #[must_use]
    pub fn with_synthetic_type(self) -> Self {
        self.with(|own| own.common.synthetic_type = true)
    }
}

impl<S> Layer<S> for ClientTraceLayer {
    type Service = ClientTraceService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientTraceService::new(inner, Arc::clone(&self.shared))
    }
}
