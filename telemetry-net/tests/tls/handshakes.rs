//! Handshakes that succeed, and what is known from then on.

use telemetry_core::TlsInfo;
use telemetry_net::tokio_rustls::rustls::ALL_VERSIONS;
use telemetry_net::{ClientTlsStream, MeteredTlsAcceptor, MeteredTlsConnector, TlsStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::certificates::{Authority, Client, ONLY_1_2, ONLY_1_3, Server};
use crate::rig::{ACTIVE, DURATION, HANDSHAKE, HANDSHAKES, Rig, attribute, in_time, name, tcp};

struct Ends {
    acceptor: MeteredTlsAcceptor,
    connector: MeteredTlsConnector,
}

impl Ends {
    fn new(server: Server, client: Client) -> Self {
        let authority = Authority::new();
        let acceptor = MeteredTlsAcceptor::new(authority.server(server));
        Self { acceptor, connector: MeteredTlsConnector::new(authority.client(client)) }
    }

    async fn connect(&self, server: &Rig, client: &Rig) -> (TlsStream<TcpStream>, ClientTlsStream<TcpStream>) {
        let (accepted, dialled) = tcp().await;
        let accepting = self.acceptor.accept(server.meter(accepted));
        let connecting = self.connector.connect(name(), client.meter(dialled));
        let (accepted, dialled) = in_time(async { tokio::join!(accepting, connecting) }).await;
        (accepted.unwrap(), dialled.unwrap())
    }
}

/// Each end says goodbye, the client first.
async fn part((mut server, mut client): (TlsStream<TcpStream>, ClientTlsStream<TcpStream>)) {
    in_time(async {
        // Tickets come with what the server says.
        server.write_all(b"hello").await.unwrap();
        server.flush().await.unwrap();
        client.read_exact(&mut [0; 5]).await.unwrap();
        client.shutdown().await.unwrap();
        assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
        server.shutdown().await.unwrap();
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn nt_16_versions_and_protocols_are_known_after_the_handshake() {
    let none: &[&str] = &[];
    let rows = [
        ("1.2", ONLY_1_2, none, None, [None, None]),
        ("1.3", ONLY_1_3, none, None, [None, None]),
        ("1.3", ALL_VERSIONS, &["h2", "http/1.1"], Some("h2"), [Some("http"), Some("2")]),
        ("1.2", ONLY_1_2, &["http/1.1"], Some("http/1.1"), [Some("http"), Some("1.1")]),
        ("1.3", ONLY_1_3, &["postgresql"], Some("postgresql"), [Some("postgresql"), None]),
    ];
    for (version, versions, offered, alpn, protocol) in rows {
        let client = Client { versions, alpn: offered, ..Client::default() };
        let ends = Ends::new(Server { alpn: offered, ..Server::default() }, client);
        let rigs = [Rig::new(), Rig::new()];
        let streams = ends.connect(&rigs[0], &rigs[1]).await;
        for info in [streams.0.connection_info(), streams.1.connection_info()] {
            let tls = info.tls().unwrap();
            assert_eq!((tls.version(), tls.alpn(), tls.resumed()), (Some(version), alpn, Some(false)));
        }
        part(streams).await;
        for rig in rigs {
            assert_eq!(rig.errors(version), [None, None]);
            let snapshot = rig.metrics.snapshot();
            let of = |metric, name| attribute(&snapshot, metric, name);
            assert_eq!(of(HANDSHAKE, "tls.protocol.version").as_deref(), Some(version));
            assert_eq!(of(DURATION, "tls.protocol.version").as_deref(), Some(version));
            assert_eq!(of(DURATION, "network.protocol.name").as_deref(), protocol[0]);
            assert_eq!(of(DURATION, "network.protocol.version").as_deref(), protocol[1]);
        }
    }
}

#[tokio::test]
async fn nt_17_a_session_that_is_resumed_says_so() {
    for versions in [ONLY_1_2, ONLY_1_3] {
        let ends = Ends::new(Server { versions, ..Server::default() }, Client::default());
        let (server, client) = (Rig::new(), Rig::new());
        for resumed in [false, true] {
            let streams = ends.connect(&server, &client).await;
            assert_eq!(streams.0.connection_info().tls().and_then(TlsInfo::resumed), Some(resumed));
            assert_eq!(streams.1.connection_info().tls().and_then(TlsInfo::resumed), Some(resumed));
            part(streams).await;
        }
        for rig in [server, client] {
            let snapshot = rig.metrics.snapshot();
            for resumed in ["false", "true"] {
                assert_eq!(snapshot.count(HANDSHAKE, &[("tls.resumed", resumed)]), 1, "{versions:?}");
            }
            assert_eq!(attribute(&snapshot, DURATION, "tls.resumed"), None);
        }
    }
}

/// NT-62: what is learnt later is on the durations alone. NT-63: those of success have no error.
#[tokio::test]
async fn nt_62_active_counts_do_not_know_tls() {
    let ends = Ends::new(Server { alpn: &["h2"], ..Server::default() }, Client { alpn: &["h2"], ..Client::default() });
    let (server, client) = (Rig::new(), Rig::new());
    let streams = ends.connect(&server, &client).await;
    let open = server.metrics.snapshot();
    assert_eq!((open.sum(ACTIVE, &[]), open.sum(HANDSHAKES, &[])), (1.0, 0.0));
    assert_eq!((open.count(HANDSHAKE, &[]), open.count(DURATION, &[])), (1, 0));
    part(streams).await;
    let closed = server.metrics.snapshot();
    for metric in [ACTIVE, HANDSHAKES] {
        let [point] = closed.points(metric)[..] else { panic!("{closed:#?}") };
        let names: Vec<_> = point.attributes.keys().map(String::as_str).collect();
        assert_eq!(names, ["network.transport", "network.type"], "{metric}");
    }
    // The client was the first to go.
    assert_eq!(attribute(&closed, DURATION, "transport.close.reason").as_deref(), Some("peer"));
    let client = client.metrics.snapshot();
    assert_eq!(attribute(&client, DURATION, "transport.close.reason").as_deref(), Some("local"));
    assert_eq!(attribute(&closed, HANDSHAKE, "error.type"), None);
    assert_eq!(attribute(&closed, DURATION, "error.type"), None);
}

#[tokio::test]
async fn a_configuration_may_be_chosen_by_what_the_client_says() {
    let authority = Authority::new();
    let config = authority.server(Server { alpn: &["h2"], ..Server::default() });
    let acceptor = MeteredTlsAcceptor::from_fn(move |hello| {
        let wanted = hello.server_name() == Some("shop.example")
            && hello.alpn().is_some_and(|mut all| all.any(|name| name == b"h2"));
        wanted.then(|| config.clone())
    });
    let client = Client { alpn: &["h2"], ..Client::default() };
    let ends = Ends { acceptor, connector: MeteredTlsConnector::new(authority.client(client)) };
    let (server, client) = (Rig::new(), Rig::new());
    let streams = ends.connect(&server, &client).await;
    assert_eq!(streams.0.connection_info().tls().and_then(TlsInfo::alpn), Some("h2"));
    part(streams).await;
    assert_eq!(server.errors("server"), [None, None]);
}
