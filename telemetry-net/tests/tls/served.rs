//! `axum::serve` with TLS.

use axum::routing::get;
use axum::{Extension, Router};
use telemetry_core::{ConnectionInfo, TlsInfo};
use telemetry_net::tokio_rustls::TlsConnector;
use telemetry_net::{MakeConnectionService, MeteredTlsAcceptor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::certificates::{Authority, Client, Server};
use crate::rig::{ACTIVE, DURATION, HANDSHAKE, Rig, in_time, name};

async fn hello(Extension(info): Extension<ConnectionInfo>) -> String {
    format!("hello by {:?}", info.tls().and_then(TlsInfo::version))
}

#[tokio::test]
async fn nt_72_axum_serves_what_has_tls() {
    let authority = Authority::new();
    let rig = Rig::new();
    let acceptor = MeteredTlsAcceptor::new(authority.server(Server { alpn: &["http/1.1"], ..Server::default() }));
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let listener = acceptor.listen(rig.layer.listen(tcp).with_max_connections(2));
    assert_eq!(axum::serve::Listener::local_addr(&listener).unwrap(), address);
    let (stop, stopped) = oneshot::channel::<()>();
    let app = Router::new().route("/", get(hello));
    let served = axum::serve(listener, MakeConnectionService::new(app));
    let served = tokio::spawn(async move { served.with_graceful_shutdown(async { drop(stopped.await) }).await });

    // Who says nothing has a place, and holds nobody up.
    let slow = TcpStream::connect(address).await.unwrap();
    let client = Client { alpn: &["http/1.1"], ..Client::default() };
    let connector = TlsConnector::from(authority.client(client));
    let mut stream = in_time(connector.connect(name(), TcpStream::connect(address).await.unwrap())).await.unwrap();
    let mut answer = String::new();
    in_time(async {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n").await.unwrap();
        stream.read_to_string(&mut answer).await.unwrap();
        stream.shutdown().await.unwrap();
        drop((stream, slow));
    })
    .await;
    assert!(answer.ends_with("hello by Some(\"1.3\")"), "{answer}");

    let port = address.port().to_string();
    in_time(async {
        while rig.metrics.snapshot().count(DURATION, &[]) < 2 {
            tokio::task::yield_now().await;
        }
        stop.send(()).unwrap();
        served.await.unwrap().unwrap();
    })
    .await;
    let snapshot = rig.metrics.snapshot();
    let server = [("server.address", "127.0.0.1"), ("server.port", &*port)];
    assert_eq!(snapshot.count(HANDSHAKE, &[server[0], server[1], ("tls.protocol.version", "1.3")]), 1);
    assert_eq!(snapshot.count(HANDSHAKE, &[server[0], server[1], ("error.type", "unexpected_eof")]), 1);
    assert_eq!(snapshot.count(DURATION, &[("network.protocol.name", "http"), ("network.protocol.version", "1.1")]), 1);
    assert_eq!(snapshot.count("transport.server.connection.requests", &[]), 1);
    assert_eq!(snapshot.sum(ACTIVE, &[]), 0.0);
}
