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
use super::service::RequestTraceService;
use super::shared::TraceShared;
use crate::builder::{common_options, server_options};
use crate::common::{ResponseAttributes, StatusErrors};
use crate::error::ErrorClassifier;
use crate::filter::RequestFilter;
use crate::route::RouteSource;
use crate::side::Side;

/// Makes a span for each request of an HTTP service. See [the crate's page](crate#spans) for what it has and when it ends.
///
/// One layer may be put around any number of services. A global tracer provider and a global propagator have to be set
/// before the first request comes.
///
/// ```
/// use telemetry_core::propagation::Propagator;
/// use telemetry_core::testing::InMemorySpans;
/// use telemetry_http::RequestTraceLayer;
/// # use bytes::Bytes;
/// # use http::{Request, Response};
/// # use http_body_util::{BodyExt, Empty, Full};
/// # use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let spans = InMemorySpans::new();
/// let layer = RequestTraceLayer::with_tracer_provider(spans.provider())
///     .with_propagator(Propagator::w3c())
///     .with_route(|_| Some("/users/{id}".into()));
/// # let service = ServiceBuilder::new()
/// #     .layer(layer)
/// #     .service(service_fn(|_| async { Ok::<_, std::io::Error>(Response::new(Full::<Bytes>::from("hello"))) }));
/// let request = Request::get("/users/42").header("traceparent", "00-11111111111111111111111111111111-2222222222222222-01");
/// # let request = request.body(Empty::<Bytes>::new()).unwrap();
/// # service.oneshot(request).await.unwrap().into_body().collect().await.unwrap();
/// // .. once it has been answered:
/// let span = spans.only();
/// assert_eq!(span.name, "GET /users/{id}");
/// assert_eq!(span.trace_id().to_string(), "11111111111111111111111111111111");
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct RequestTraceLayer {
    shared: Arc<TraceShared>,
}

common_options!(RequestTraceLayer, TraceOptions);
server_options!(RequestTraceLayer);
trace_options!(RequestTraceLayer, Side::Server);

impl RequestTraceLayer {
    /// Links a span to the one that the request names as its parent, and starts a trace of its own: for the edge of a
    /// system, where anyone may claim to be a part of any trace. Baggage from there is not taken up.
    #[must_use]
    pub fn with_linked_parent(self) -> Self {
        self.with(|own| own.links = true)
    }

    /// Tells the caller the trace of its request, in a header of the response: 32 hexadecimal digits. It is there as well
    /// if the trace is not sampled, and replaces what the service has put there.
    #[must_use]
    pub fn with_trace_id_header(self, name: HeaderName) -> Self {
        self.with(|own| own.trace_id_header = Some(name))
    }
}

impl<S> Layer<S> for RequestTraceLayer {
    type Service = RequestTraceService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestTraceService::new(inner, Arc::clone(&self.shared))
    }
}
