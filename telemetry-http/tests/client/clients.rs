//! The clients that stand below the layer.

use std::sync::Arc;

use http::{Request, Response};
use http_body::Body;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::TokioExecutor;
use telemetry_core::testing::{InMemoryMetrics, Snapshot};
use telemetry_http::{ClientConnectionLayer, ClientConnectionService, RequestBody};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tower::{Layer, Service, ServiceBuilder};

use crate::{Upload, options, recorded};

pub(crate) type HyperUtil = Client<HttpsConnector<HttpConnector>, RequestBody<Upload>>;
pub(crate) type Counted = Client<ClientConnectionService<HttpsConnector<HttpConnector>>, RequestBody<Upload>>;

/// Trusts nobody.
fn distrustful() -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
}

fn connector() -> HttpsConnector<HttpConnector> {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    HttpsConnector::from((http, distrustful()))
}

pub(crate) fn builder() -> Builder {
    Client::builder(TokioExecutor::new())
}

pub(crate) fn hyper_util() -> HyperUtil {
    builder().build(connector())
}

/// The same with its connections counted.
pub(crate) fn counted(builder: &Builder, metrics: &InMemoryMetrics) -> Counted {
    builder.build(ClientConnectionLayer::custom(options(metrics)).layer(connector()))
}

pub(crate) fn reqwest(builder: reqwest::ClientBuilder) -> reqwest::Client {
    builder.tls_backend_preconfigured(distrustful()).build().unwrap()
}

/// As the documentation of the layer does it.
pub(crate) fn adapted<R>(
    client: reqwest::Client,
) -> impl Service<Request<R>, Response = Response<reqwest::Body>, Error = reqwest::Error> + Clone
where
    R: Body<Data: Into<bytes::Bytes>, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + Sync + 'static,
{
    ServiceBuilder::new()
        .map_response(Response::<reqwest::Body>::from)
        .map_request(|request: Request<R>| reqwest::Request::try_from(request.map(reqwest::Body::wrap)).unwrap())
        .service(client)
}

/// What the layer records around each client.
pub(crate) async fn all(request: Request<Upload>) -> [(&'static str, Snapshot); 3] {
    let connections = InMemoryMetrics::new();
    let with_connections = counted(&builder(), &connections);
    let direct = reqwest(reqwest::Client::builder().no_proxy());
    [
        ("hyper-util", recorded(hyper_util(), request.clone()).await),
        ("hyper-util, counted", recorded(with_connections, request.clone()).await),
        ("reqwest", recorded(adapted(direct), request).await),
    ]
}

/// Like [`all`], for HTTP/2 without TLS.
pub(crate) async fn all_http2(request: Request<Upload>) -> [(&'static str, Snapshot); 2] {
    let connections = InMemoryMetrics::new();
    let with_connections = counted(builder().http2_only(true), &connections);
    let direct = reqwest(reqwest::Client::builder().no_proxy().http2_prior_knowledge());
    [
        ("hyper-util, counted", recorded(with_connections, request.clone()).await),
        ("reqwest", recorded(adapted(direct), request).await),
    ]
}
