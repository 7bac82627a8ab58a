//! A client of the service itself, with all the layers that there are for clients.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::http::uri::PathAndQuery;
use axum::http::{Request, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use telemetry_http::{ClientConnectionLayer, ClientMetricsLayer, ClientTraceLayer};
use telemetry_net::ClientNetworkMetricsLayer;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer, ServiceExt};

/// How long a connection may wait for its next request.
const IDLE: Duration = Duration::from_secs(10);

/// Paths that lead to the relay lead on from there: this ends it.
const LONGEST_PATH: usize = 1000;

/// Asks one server, and nobody else.
#[derive(Clone, Debug)]
pub struct Relay {
    client: BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>,
    server: SocketAddr,
}

impl Relay {
    /// A client of `server`. One that listens on every address is reached by that of loopback.
    #[must_use]
    pub fn new(mut server: SocketAddr) -> Self {
        if server.ip().is_unspecified() {
            server.set_ip(match server {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        // Bytes and the time to connect, below the connections that wait or are in use.
        let connector = ClientNetworkMetricsLayer::new().layer(HttpConnector::new());
        let connector = ClientConnectionLayer::new().layer(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        let client = ClientMetricsLayer::new().layer(ClientTraceLayer::new().layer(client));
        let client = client.map_response(|response| response.map(Body::new)).map_err(BoxError::from);
        Self { client: BoxCloneSyncService::new(client), server }
    }

    /// The status and body that the server answers a path with, which may have a query; 502 if that is an error of the
    /// server or none comes, and 400 if this is no path.
    pub async fn get(self, path: &str) -> Response<Body> {
        let Some(uri) = self.uri(path) else {
            return (StatusCode::BAD_REQUEST, format!("a path begins with / and has up to {LONGEST_PATH} bytes\n"))
                .into_response();
        };
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = uri;
        match self.client.oneshot(request).await {
            Ok(response) if response.status().is_server_error() => {
                (StatusCode::BAD_GATEWAY, format!("{path} is answered with {}\n", response.status())).into_response()
            }
            Ok(response) => (response.status(), response.into_body()).into_response(),
            Err(error) => {
                tracing::warn!("{path} is not answered: {error}");
                (StatusCode::BAD_GATEWAY, format!("{path} is not answered\n")).into_response()
            }
        }
    }

    /// Whatever the path looks like, the host is that of the server.
    fn uri(&self, path: &str) -> Option<Uri> {
        if !path.starts_with('/') || path.len() > LONGEST_PATH {
            return None;
        }
        let path: PathAndQuery = path.parse().ok()?;
        Uri::builder().scheme("http").authority(self.server.to_string()).path_and_query(path).build().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(path: &str) -> Option<String> {
        Relay::new("127.0.0.1:62012".parse().unwrap()).uri(path).map(|uri| uri.to_string())
    }

    #[test]
    fn every_path_is_one_of_the_server() {
        for path in ["/", "/users/7", "/slow?ms=1", "//example.com/", "/@example.com/", "/http://example.com/"] {
            assert_eq!(uri(path), Some(format!("http://127.0.0.1:62012{path}")));
        }
        let long = format!("/{}", "x".repeat(LONGEST_PATH));
        for path in ["", "users", "http://example.com/", "@example.com/", ".example.com/", "/a b", &long] {
            assert_eq!(uri(path), None, "{path}");
        }
    }

    #[test]
    fn a_server_on_every_address_is_reached_on_loopback() {
        for (server, reached) in [("0.0.0.0:62012", "127.0.0.1:62012"), ("[::]:62012", "[::1]:62012")] {
            assert_eq!(Relay::new(server.parse().unwrap()).server, reached.parse().unwrap());
        }
    }
}
