//! A client of hyper-util with TLS.

use std::convert::Infallible;
use std::error::Error;

use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Bytes;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Response, Uri, Version};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use telemetry_core::{ConnectionInfo, MeterOptions, TlsInfo};
use telemetry_net::tokio_rustls::TlsAcceptor;
use telemetry_net::{ClientNetworkMetricsLayer, ClientTlsStream, MeteredTlsConnector};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, Service};

use crate::certificates::{Authority, Client, Server};
use crate::rig::{Rig, in_time, name};

type Connected = Result<TokioIo<ClientTlsStream<TcpStream>>, Box<dyn Error + Send + Sync>>;

#[tokio::test]
async fn nt_08_a_pool_learns_from_tls_what_is_spoken() {
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = TlsAcceptor::from(authority.server(Server { alpn: &["h2"], ..Server::default() }));
    tokio::spawn(async move {
        let stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
        let hello = service_fn(async |_| Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"hello")))));
        http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), hello).await
    });

    let rig = Rig::new();
    let layer = ClientNetworkMetricsLayer::custom(MeterOptions::default().with_meter_provider(rig.metrics.provider()));
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    let (mut tcp, tls) =
        (layer.layer(http), MeteredTlsConnector::new(authority.client(Client { alpn: &["h2"], ..Client::default() })));
    let connector = tower::service_fn(move |uri: Uri| {
        let (tcp, tls) = (tcp.call(uri), tls.clone());
        Box::pin(async move { Connected::Ok(TokioIo::new(tls.connect(name(), tcp.await?.into_inner()).await?)) })
    });
    let client: HttpClient<_, Empty<Bytes>> = HttpClient::builder(TokioExecutor::new()).build(connector);
    for _ in 0..2 {
        let uri = format!("https://localhost:{port}/").parse().unwrap();
        let response = in_time(client.get(uri)).await.unwrap();
        assert_eq!(response.version(), Version::HTTP_2);
        let info = response.extensions().get::<ConnectionInfo>().unwrap();
        assert_eq!(info.tls().and_then(TlsInfo::alpn), Some("h2"));
        assert_eq!(in_time(response.into_body().collect()).await.unwrap().to_bytes(), "hello");
    }
    let named = [("server.address", "localhost"), ("server.port", &*port.to_string())];
    for metric in ["transport.client.connect.duration", "transport.client.tls.handshake.duration"] {
        assert_eq!(rig.metrics.snapshot().count(metric, &named), 1, "{metric}");
    }
}
