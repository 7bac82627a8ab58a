//! The clients that stand below the layer, with their own errors and with boxed ones.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::TokioExecutor;
use telemetry_http::RequestBody;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tower::ServiceExt;

use crate::{BoxError, Seen, get, seen};

pub(crate) type HyperUtil = Client<HttpsConnector<HttpConnector>, RequestBody<Full<Bytes>>>;

/// Trusts the certificates of `roots`.
pub(crate) fn tls(roots: RootCertStore) -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth()
}

/// Trusts nobody.
pub(crate) fn distrustful() -> ClientConfig {
    tls(RootCertStore::empty())
}

pub(crate) fn hyper_util(builder: &Builder, tls: ClientConfig) -> HyperUtil {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    builder.build(HttpsConnector::from((http, tls)))
}

pub(crate) fn http1() -> Builder {
    Client::builder(TokioExecutor::new())
}

pub(crate) fn http2() -> Builder {
    let mut builder = http1();
    builder.http2_only(true);
    builder
}

/// Asserts what each client makes of the URI.
pub(crate) async fn assert_seen(uri: &str, tls: ClientConfig, expected: &Seen) {
    let client = hyper_util(&http1(), tls.clone());
    assert_eq!(seen(client.clone(), get(uri)).await, *expected, "hyper-util");
    assert_eq!(seen(client.map_err(BoxError::from), get(uri)).await, *expected, "hyper-util, boxed");
    #[cfg(feature = "reqwest")]
    reqwest::assert_seen(uri, tls, expected).await;
}

/// Like [`assert_seen`], for HTTP/2 without TLS.
pub(crate) async fn assert_seen_http2(address: SocketAddr, expected: &Seen) {
    let uri = format!("http://{address}/");
    assert_eq!(seen(hyper_util(&http2(), distrustful()), get(&uri)).await, *expected, "hyper-util");
    #[cfg(feature = "reqwest")]
    {
        let client = ::reqwest::Client::builder().http2_prior_knowledge();
        let client = reqwest::service(reqwest::build(client, distrustful()));
        assert_eq!(seen(client, get(&uri)).await, *expected, "reqwest");
    }
}

#[cfg(feature = "reqwest")]
pub(crate) mod reqwest {
    use http::{Request, Response};
    use reqwest::{Body, Client, ClientBuilder, Error};
    use tower::{Service, service_fn};

    use super::{BoxError, ClientConfig, Seen, ServiceExt, get, seen};

    pub(crate) fn build(builder: ClientBuilder, tls: ClientConfig) -> Client {
        builder.no_proxy().tls_backend_preconfigured(tls).build().unwrap()
    }

    /// As a service of `http`, which the layer wants. The body of the request is left out.
    pub(crate) fn service<R>(client: Client) -> impl Service<Request<R>, Response = Response<Body>, Error = Error> {
        service_fn(move |request: Request<R>| {
            let request = request.map(|_| "").try_into().unwrap();
            let response = client.execute(request);
            async { response.await.map(Response::from) }
        })
    }

    pub(crate) async fn assert_seen(uri: &str, tls: ClientConfig, expected: &Seen) {
        let client = build(Client::builder(), tls);
        assert_eq!(seen(service(client.clone()), get(uri)).await, *expected, "reqwest");
        assert_eq!(seen(service(client).map_err(BoxError::from), get(uri)).await, *expected, "reqwest, boxed");
    }
}
