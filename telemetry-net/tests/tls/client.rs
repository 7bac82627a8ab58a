//! A client's connection, whose metrics are the client's.

use std::net::SocketAddr;

use telemetry_core::MeterOptions;
use telemetry_core::testing::InMemoryMetrics;
use telemetry_net::tokio_rustls::TlsAcceptor;
use telemetry_net::{ClientNetworkMetricsLayer, MeteredTlsConnector};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::certificates::{Authority, Client, NAME, Server};
use crate::rig::{bytes, in_time, name};

struct Service {
    authority: Authority,
    address: SocketAddr,
}

impl Service {
    /// A server that says hello to one client.
    async fn start() -> Self {
        let authority = Authority::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(authority.server(Server { alpn: &["h2"], ..Server::default() }));
        tokio::spawn(async move {
            let stream = listener.accept().await.unwrap().0;
            if let Ok(mut stream) = acceptor.accept(stream).await {
                stream.write_all(b"hello").await.unwrap();
                stream.shutdown().await.unwrap();
                let _ = stream.read_to_end(&mut vec![]).await;
            }
        });
        Self { authority, address }
    }

    async fn ask(&self, metrics: &InMemoryMetrics, trusts: bool) -> std::io::Result<usize> {
        let options = MeterOptions::default().with_meter_provider(metrics.provider());
        let layer = ClientNetworkMetricsLayer::custom(options);
        let stream = layer.connect((NAME, 443), TcpStream::connect(self.address)).await?;
        let config = self.authority.client(Client { alpn: &["h2"], trusts, ..Client::default() });
        let mut stream = MeteredTlsConnector::new(config).connect(name(), stream).await?;
        let bytes = stream.read_to_end(&mut vec![]).await?;
        stream.shutdown().await?;
        Ok(bytes)
    }
}

#[tokio::test]
async fn nt_72_a_clients_handshake_is_the_clients() {
    let metrics = InMemoryMetrics::new();
    assert_eq!(in_time(Service::start().await.ask(&metrics, true)).await.unwrap(), 5);
    let snapshot = metrics.snapshot();
    let server = [("server.address", NAME), ("server.port", "443")];
    let done = [server[0], server[1], ("tls.protocol.version", "1.3"), ("tls.resumed", "false")];
    assert_eq!(snapshot.count("transport.client.tls.handshake.duration", &done), 1);
    let ended = [server[0], ("tls.protocol.version", "1.3"), ("network.protocol.version", "2")];
    assert_eq!(snapshot.count("transport.client.connection.duration", &ended), 1);
    assert_eq!(bytes(&snapshot, "transport.client.tls.io"), [5.0, 0.0]);
    assert_eq!(snapshot.sum("transport.client.tls.active_handshakes", &server), 0.0);
    assert!(snapshot.points("transport.server.tls.handshake.duration").is_empty());
}

#[tokio::test]
async fn nt_72_a_clients_failure_is_its_connections() {
    let metrics = InMemoryMetrics::new();
    in_time(Service::start().await.ask(&metrics, false)).await.unwrap_err();
    let snapshot = metrics.snapshot();
    for metric in ["transport.client.tls.handshake.duration", "transport.client.connection.duration"] {
        let failed = [("server.address", NAME), ("error.type", "tls_unknown_ca")];
        assert_eq!((snapshot.count(metric, &failed), snapshot.count(metric, &[])), (1, 1), "{metric}");
    }
    // There was a connection, all the same.
    assert_eq!(snapshot.count("transport.client.connect.duration", &[("error.type", "tls_unknown_ca")]), 0);
    assert_eq!(snapshot.count("transport.client.connect.duration", &[]), 1);
}
