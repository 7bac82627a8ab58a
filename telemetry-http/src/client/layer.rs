use std::sync::Arc;

use http::request::Parts;
use http::{StatusCode, response};
use telemetry_core::opentelemetry::metrics::Meter;
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::semconv::Metric;
use telemetry_core::{AttributesFactory, ErrorType, MeterOptions};
use tower_layer::Layer;

use crate::builder::{client_options, common_options, metrics_options};
use crate::client::ClientMetricsService;
use crate::common::{ResponseAttributes, StatusErrors};
use crate::error::ErrorClassifier;
use crate::filter::RequestFilter;
use crate::instruments::Boundaries;
use crate::options::Options;
use crate::route::RouteSource;
use crate::shared::Shared;
use crate::side::Side;

/// Measures the requests that a client sends, each attempt of them: inside of a layer that retries it sees every try,
/// outside of it only the last word.
///
/// `server.address` and `server.port` are those of the request's URI, or else of its `Host` header; the port is that of
/// the scheme if nobody names one. A proxy in between does not change them. The URI's template is `url.template`, if the
/// request carries a [`UrlTemplate`](crate::UrlTemplate) or the layer has a function for it; the path never is.
///
/// A 4xx is an error as well as a 5xx. A future or a response body that is dropped before its end is no error: the caller
/// wanted that. It is recorded once like every other request, with its status if there was one.
///
/// ```
/// use telemetry_http::ClientMetricsLayer;
/// use tower::ServiceBuilder;
///
/// # fn client<C: Clone>(client: C) {
/// let client = ServiceBuilder::new().layer(ClientMetricsLayer::new()).service(client);
/// # let _ = client;
/// # }
/// ```
///
/// [`reqwest`](https://docs.rs/reqwest) has requests and responses of its own. Two lines turn them into those of `http`;
/// only a request whose URI is not absolute cannot become one of `reqwest`.
///
/// ```no_run
/// use telemetry_http::ClientMetricsLayer;
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # async fn fetch() -> Result<(), Box<dyn std::error::Error>> {
/// let client = ServiceBuilder::new()
///     .layer(ClientMetricsLayer::new())
///     .map_response(http::Response::<reqwest::Body>::from)
///     .map_request(|request: http::Request<_>| reqwest::Request::try_from(request.map(reqwest::Body::wrap)).unwrap())
///     .service(reqwest::Client::new());
/// let response = client.oneshot(http::Request::get("http://shop.example/").body(String::new())?).await?;
/// # let _ = response;
/// # Ok(())
/// # }
/// ```
///
/// A client of [`tonic`](https://docs.rs/tonic) has requests of its own as well, and its `Channel` adds the address where
/// no layer sees it: give it to the client too.
///
/// ```no_run
/// use telemetry_http::{ClientMetricsLayer, RequestBody};
/// use tonic::body::Body;
/// use tonic::transport::Endpoint;
/// use tonic_health::pb::health_client::HealthClient;
/// use tower::ServiceBuilder;
///
/// # async fn connect() -> Result<(), Box<dyn std::error::Error>> {
/// let endpoint = Endpoint::from_static("http://shop.example:50051");
/// let channel = ServiceBuilder::new()
///     .layer(ClientMetricsLayer::new().with_grpc())
///     .map_request(|request: http::Request<RequestBody<Body>>| request.map(Body::new))
///     .service(endpoint.connect().await?);
/// let mut client = HealthClient::with_origin(channel, endpoint.uri().clone());
/// # client.check(tonic_health::pb::HealthCheckRequest::default()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClientMetricsLayer {
    shared: Arc<Shared>,
}

common_options!(ClientMetricsLayer, Options);
metrics_options!(ClientMetricsLayer, Side::Client);
client_options!(ClientMetricsLayer);

impl ClientMetricsLayer {
    /// Adds `url.scheme` to all metrics.
    #[must_use]
    pub fn with_scheme(self) -> Self {
        self.with(|own| own.scheme = true)
    }
}

impl<S> Layer<S> for ClientMetricsLayer {
    type Service = ClientMetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientMetricsService::new(inner, Arc::clone(&self.shared))
    }
}
