//! What TLS meets after the handshake, and streams that were metered above TLS.

use telemetry_core::{Address, TlsInfo, Transport};
use telemetry_net::tokio_rustls::{self, TlsAcceptor, TlsConnector, client};
use telemetry_net::{MeteredTlsAcceptor, TlsStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use crate::certificates::{Authority, Client, Server};
use crate::rig::{DURATION, HANDSHAKE, IO, PLAIN_IO, Rig, attribute, bytes, in_time, name, tcp};

async fn connected(rig: &Rig) -> (TlsStream<TcpStream>, client::TlsStream<TcpStream>) {
    let authority = Authority::new();
    let (accepted, dialled) = tcp().await;
    let accepting = MeteredTlsAcceptor::new(authority.server(Server::default())).accept(rig.meter(accepted));
    let connecting = TlsConnector::from(authority.client(Client::default())).connect(name(), dialled);
    let (server, client) = in_time(async { tokio::join!(accepting, connecting) }).await;
    (server.unwrap(), client.unwrap())
}

/// The client goes on below TLS with these bytes, and is gone.
async fn error_after(says: &[u8]) -> Option<String> {
    let rig = Rig::new();
    let (mut server, client) = connected(&rig).await;
    let mut wire = client.into_inner().0;
    let talk = async {
        wire.write_all(says).await.unwrap();
        wire.shutdown().await.unwrap();
        let _ = wire.read_to_end(&mut Vec::new()).await;
    };
    let serve = async {
        server.read(&mut [0; 64]).await.unwrap_err();
        drop(server);
    };
    in_time(async { tokio::join!(serve, talk) }).await;
    let [handshake, connection] = rig.errors("later");
    assert_eq!(handshake, None);
    let reason = attribute(&rig.metrics.snapshot(), DURATION, "transport.close.reason");
    assert_eq!(reason.as_deref(), Some("error"));
    connection
}

#[tokio::test]
async fn nt_63_what_tls_meets_later_is_the_connections_error() {
    assert_eq!(error_after(b"").await.as_deref(), Some("unexpected_eof"), "no close_notify");
    let forged = [23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0];
    assert_eq!(error_after(&forged).await.as_deref(), Some("tls_bad_record_mac"));
    assert_eq!(error_after(b"GET / HTTP/1.1\r\n\r\n").await.as_deref(), Some("tls_not_tls"));
}

/// The word for the alert of a client's session that we have made fail.
#[tokio::test]
async fn nt_63_an_alert_that_comes_later_is_the_connections_error() {
    let rig = Rig::new();
    let (server, mut client) = connected(&rig).await;
    let mut server = server;
    let serve = async {
        // A record that the client cannot decrypt, from below TLS: the client answers with an alert.
        let wire = server.get_ref().get_ref().0.get_ref();
        wire.writable().await.unwrap();
        let forged = [23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0];
        assert_eq!(wire.try_write(&forged).unwrap(), forged.len());
        server.read(&mut [0; 64]).await.unwrap_err();
    };
    let ask = async { client.read(&mut [0; 64]).await.unwrap_err() };
    in_time(async { tokio::join!(serve, ask) }).await;
    drop(server);
    assert_eq!(rig.errors("alert"), [None, Some("tls_bad_record_mac".into())]);
}

#[tokio::test]
async fn nt_69_above_tls_the_bytes_are_plain_and_tls_is_known() {
    let authority = Authority::new();
    let (accepted, dialled) = tcp().await;
    let server = TlsAcceptor::from(authority.server(Server { alpn: &["h2"], ..Server::default() })).accept(accepted);
    let client = Client { alpn: &["h2"], ..Client::default() };
    let client = TlsConnector::from(authority.client(client)).connect(name(), dialled);
    let (server, client) = in_time(async { tokio::join!(server, client) }).await;

    let rigs = [Rig::new(), Rig::new()];
    let peer = server.as_ref().unwrap().get_ref().0.peer_addr().unwrap();
    let mut server = rigs[0].meter(server.unwrap());
    let mut client = rigs[1].meter(client.unwrap());
    for info in [server.connection_info(), client.connection_info()] {
        assert_eq!((info.transport(), info.network_type()), (Transport::Tcp, Some("ipv4")));
        let tls = info.tls().unwrap();
        assert_eq!((tls.version(), tls.alpn(), tls.resumed()), (Some("1.3"), Some("h2"), Some(false)));
    }
    assert_eq!(server.connection_info().peer(), Some(&Address::Socket(peer)));
    in_time(async {
        client.write_all(b"hello").await.unwrap();
        client.flush().await.unwrap();
        server.read_exact(&mut [0; 5]).await.unwrap();
        // With the tickets that come before it. What is not read would make a reset of the end.
        server.write_all(b"hi").await.unwrap();
        server.flush().await.unwrap();
        client.read_exact(&mut [0; 2]).await.unwrap();
        drop(client.into_inner().into_inner());
        server.read(&mut [0]).await.unwrap_err();
    })
    .await;
    drop(server);

    let snapshot = rigs[0].metrics.snapshot();
    assert_eq!(bytes(&snapshot, IO), [5.0, 2.0]);
    assert!(snapshot.points(PLAIN_IO).is_empty() && snapshot.points(HANDSHAKE).is_empty());
    assert_eq!(attribute(&snapshot, DURATION, "tls.protocol.version").as_deref(), Some("1.3"));
    assert_eq!(attribute(&snapshot, DURATION, "error.type").as_deref(), Some("unexpected_eof"));
}

#[tokio::test]
async fn nt_74_tls_over_a_unix_socket_has_the_sockets_transport() {
    let authority = Authority::new();
    let (accepted, dialled) = UnixStream::pair().unwrap();
    let server = TlsAcceptor::from(authority.server(Server::default())).accept(accepted);
    let client = TlsConnector::from(authority.client(Client::default())).connect(name(), dialled);
    let (server, client) = in_time(async { tokio::join!(server, client) }).await;
    let rig = Rig::new();
    let either = tokio_rustls::TlsStream::from(client.unwrap());
    for info in [rig.meter(server.unwrap()).connection_info(), rig.meter(either).connection_info()] {
        assert_eq!((info.transport(), info.network_type()), (Transport::Unix, None));
        assert_eq!(info.tls().and_then(TlsInfo::version), Some("1.3"));
    }
}
