use std::sync::Arc;

use http::request::Parts;
use http::{StatusCode, response};
use telemetry_core::opentelemetry::metrics::Meter;
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::semconv::Metric;
use telemetry_core::{AttributesFactory, ErrorType, MeterOptions};
use tower_layer::Layer;

use crate::builder::{common_options, metrics_options, server_options};
use crate::common::{ResponseAttributes, StatusErrors};
use crate::error::ErrorClassifier;
use crate::filter::RequestFilter;
use crate::instruments::Boundaries;
use crate::options::Options;
use crate::route::RouteSource;
use crate::server::RequestMetricsService;
use crate::shared::Shared;
use crate::side::Side;

/// Measures the requests of an HTTP service. See the [crate's page](crate) for what is recorded and when.
///
/// One layer may be put around any number of services, which then share its instruments. They are made when the first
/// request comes; a global meter provider has to be set before that. Make one layer and clone it: its tables take about
/// half a megabyte, and the meter provider keeps a few kilobytes of each layer that was used, for good.
///
/// ```
/// use telemetry_core::opentelemetry::KeyValue;
/// use telemetry_http::RequestMetricsLayer;
///
/// let layer = RequestMetricsLayer::new()
///     .with_attributes([KeyValue::new("shop.region", "eu")])
///     .without_request_body_size();
/// # let _ = layer;
/// ```
#[derive(Clone, Debug)]
pub struct RequestMetricsLayer {
    shared: Arc<Shared>,
}

common_options!(RequestMetricsLayer, Options);
metrics_options!(RequestMetricsLayer, Side::Server);
server_options!(RequestMetricsLayer);

impl RequestMetricsLayer {
    /// Adds `server.address` and `server.port`: the host that the client asked for. Off by default, since the client
    /// chooses them; the series limit bounds what it can do with that.
    #[must_use]
    pub fn with_server_address(self) -> Self {
        self.with(|own| own.server_address = true)
    }

    /// Names methods that [`with_grpc`](Self::with_grpc) reports by name from the start: `shop.Cart/Add`. Every other
    /// one is `_OTHER` until a call has proved that it exists. A second call replaces the first one's methods.
    ///
    /// ```
    /// use telemetry_http::RequestMetricsLayer;
    ///
    /// let layer = RequestMetricsLayer::new().with_grpc().with_known_grpc_methods(["shop.Cart/Add", "shop.Cart/List"]);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub fn with_known_grpc_methods<M: Into<String>>(self, methods: impl IntoIterator<Item = M>) -> Self {
        let methods = methods.into_iter().map(Into::into).collect();
        self.with(|own| own.known_grpc_methods = methods)
    }

    /// Adds `http.server.response.head.duration`: the time until the head of the response is there. No convention has
    /// it, so the name is our own. It carries the attributes of the request's duration, and like that is recorded when
    /// the request ends.
    #[must_use]
    pub fn with_response_head_duration(self) -> Self {
        self.with(|own| own.choice.head_duration = true)
    }
}

impl<S> Layer<S> for RequestMetricsLayer {
    type Service = RequestMetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestMetricsService::new(inner, Arc::clone(&self.shared))
    }
}
