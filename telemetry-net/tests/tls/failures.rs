//! Handshakes that fail, each in a real way, and the words that both ends have for it.

use std::sync::Arc;

use telemetry_net::tokio_rustls::rustls::crypto::ring::cipher_suite;
use telemetry_net::tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use telemetry_net::tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use telemetry_net::tokio_rustls::rustls::sign::CertifiedKey;
use telemetry_net::tokio_rustls::rustls::{ServerConfig, SupportedCipherSuite};
use telemetry_net::{MeteredTlsAcceptor, MeteredTlsConnector};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::certificates::{Authority, Client, ONLY_1_2, ONLY_1_3, Server};
use crate::rig::{Rig, in_time, name, tcp};

fn only(suite: SupportedCipherSuite) -> CryptoProvider {
    CryptoProvider { cipher_suites: vec![suite], ..ring::default_provider() }
}

/// The words of the server's and of the client's handshake.
async fn words(row: &str, acceptor: MeteredTlsAcceptor, connector: MeteredTlsConnector) -> [Option<String>; 2] {
    let (server, client) = (Rig::new(), Rig::new());
    let (accepted, dialled) = tcp().await;
    let accepting = acceptor.accept(server.meter(accepted));
    let connecting = async {
        // In TLS 1.3, a client is done before the server has seen its certificate.
        if let Ok(mut stream) = connector.connect(name(), client.meter(dialled)).await {
            stream.read(&mut [0]).await.unwrap_err();
        }
    };
    let (accepted, ()) = in_time(async { tokio::join!(accepting, connecting) }).await;
    accepted.unwrap_err();
    let [handshake, connection] = server.errors(row);
    assert_eq!(handshake, connection, "{row}: the server's connection");
    [handshake, client.errors(row)[1].clone()]
}

#[tokio::test]
async fn nt_72_both_ends_have_the_same_word() {
    let rows = [
        (
            "a client that is too old",
            "tls_protocol_version",
            Server { versions: ONLY_1_3, ..Server::default() },
            Client { versions: ONLY_1_2, ..Client::default() },
        ),
        (
            "a server that is too old",
            "tls_protocol_version",
            Server { versions: ONLY_1_2, ..Server::default() },
            Client { versions: ONLY_1_3, ..Client::default() },
        ),
        (
            "no cipher in common",
            "tls_handshake_failure",
            Server { provider: only(cipher_suite::TLS13_AES_128_GCM_SHA256), versions: ONLY_1_3, ..Server::default() },
            Client { provider: only(cipher_suite::TLS13_AES_256_GCM_SHA384), versions: ONLY_1_3, ..Client::default() },
        ),
        ("expired", "tls_certificate_expired", Server { expired: true, ..Server::default() }, Client::default()),
        ("not trusted", "tls_unknown_ca", Server::default(), Client { trusts: false, ..Client::default() }),
        (
            "no certificate in TLS 1.3",
            "tls_certificate_required",
            Server { wants_certificate: true, ..Server::default() },
            Client::default(),
        ),
        (
            "no certificate in TLS 1.2",
            "tls_certificate_required",
            Server { wants_certificate: true, versions: ONLY_1_2, ..Server::default() },
            Client::default(),
        ),
        (
            "no protocol in common",
            "tls_no_application_protocol",
            Server { alpn: &["h2"], ..Server::default() },
            Client { alpn: &["http/1.1"], ..Client::default() },
        ),
    ];
    let authority = Authority::new();
    for (row, word, server, client) in rows {
        let acceptor = MeteredTlsAcceptor::new(authority.server(server));
        let connector = MeteredTlsConnector::new(authority.client(client));
        assert_eq!(words(row, acceptor, connector).await, [Some(word.into()), Some(word.into())], "{row}");
    }
}

#[tokio::test]
async fn nt_72_a_name_that_is_not_in_the_certificate() {
    let (server, client) = (Rig::new(), Rig::new());
    let authority = Authority::new();
    let (accepted, dialled) = tcp().await;
    let accepting = MeteredTlsAcceptor::new(authority.server(Server::default())).accept(server.meter(accepted));
    let connector = MeteredTlsConnector::new(authority.client(Client::default()));
    let connecting = connector.connect("other.example".try_into().unwrap(), client.meter(dialled));
    let (accepted, connected) = in_time(async { tokio::join!(accepting, connecting) }).await;
    accepted.unwrap_err();
    connected.unwrap_err();
    let bad = Some(String::from("tls_bad_certificate"));
    assert_eq!(server.errors("server"), [bad.clone(), bad.clone()]);
    assert_eq!(client.errors("client"), [bad.clone(), bad]);
}

#[derive(Debug)]
struct NoCertificate;

impl ResolvesServerCert for NoCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        None
    }
}

#[tokio::test]
async fn nt_72_a_server_that_does_not_know_the_name() {
    let connector = || MeteredTlsConnector::new(Authority::new().client(Client::default()));
    let refuses = MeteredTlsAcceptor::from_fn(|hello| {
        assert_eq!(hello.server_name(), Some("shop.example"));
        None
    });
    let word = Some(String::from("tls_unrecognized_name"));
    assert_eq!(words("no configuration", refuses, connector()).await, [word.clone(), word]);

    // rustls has but a text for it, which is nothing to tell apart.
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_no_client_auth().with_cert_resolver(Arc::new(NoCertificate));
    let words = words("no certificate", MeteredTlsAcceptor::new(Arc::new(config)), connector()).await;
    assert_eq!(words, ["tls_handshake_failed", "tls_access_denied"].map(|word| Some(word.into())));
}

/// What a peer does that is no TLS, and what is its end.
#[derive(Clone, Copy)]
enum Then {
    Stays,
    Leaves,
    Resets,
}

async fn act(mut peer: TcpStream, says: &[u8], then: Then) {
    peer.write_all(says).await.unwrap();
    match then {
        Then::Stays => drop(peer.read_to_end(&mut Vec::new()).await),
        Then::Leaves => {
            // What is not read would make a reset of it.
            peer.shutdown().await.unwrap();
            let _ = peer.read_to_end(&mut Vec::new()).await;
        }
        Then::Resets => peer.set_zero_linger().unwrap(),
    }
}

const HALF_A_RECORD: &[u8] = &[22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];

#[tokio::test]
async fn nt_72_clients_that_do_not_speak_tls() {
    let rows: [(_, &[u8], _, _); 9] = [
        ("plain HTTP", b"GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n", Then::Stays, "tls_not_tls"),
        ("plain HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Then::Stays, "tls_not_tls"),
        ("SSH", b"SSH-2.0-OpenSSH_9.9\r\n", Then::Stays, "tls_not_tls"),
        ("garbage", &[0xff; 300], Then::Stays, "tls_not_tls"),
        ("a record of no version", &[22, 9, 9, 0, 5, 1, 0, 0, 1, 0], Then::Stays, "tls_not_tls"),
        ("garbage in a record", &[22, 3, 1, 0, 5, 1, 0, 0, 1, 0], Then::Stays, "tls_decode_error"),
        ("data at once", &[23, 3, 3, 0, 2, 1, 0], Then::Stays, "tls_unexpected_message"),
        ("it leaves", HALF_A_RECORD, Then::Leaves, "unexpected_eof"),
        ("it resets", HALF_A_RECORD, Then::Resets, "connection_reset"),
    ];
    let authority = Authority::new();
    let config = authority.server(Server::default());
    let chosen = Arc::clone(&config);
    let acceptors = [MeteredTlsAcceptor::new(config), MeteredTlsAcceptor::from_fn(move |_| Some(Arc::clone(&chosen)))];
    for (row, says, then, word) in rows {
        for acceptor in &acceptors {
            let server = Rig::new();
            let (accepted, peer) = tcp().await;
            let accepting = acceptor.accept(server.meter(accepted));
            let (accepted, ()) = in_time(async { tokio::join!(accepting, act(peer, says, then)) }).await;
            accepted.unwrap_err();
            assert_eq!(server.errors(row), [Some(word.into()), Some(word.into())], "{row}");
        }
    }
}

#[tokio::test]
async fn nt_72_servers_that_do_not_speak_tls() {
    let rows: [(_, &[u8], _, _); 4] = [
        ("plain HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n", Then::Stays, "tls_not_tls"),
        ("an alert", &[21, 3, 3, 0, 2, 2, 80], Then::Stays, "tls_internal_error"),
        ("it leaves", b"", Then::Leaves, "unexpected_eof"),
        ("it resets", b"", Then::Resets, "connection_reset"),
    ];
    let connector = MeteredTlsConnector::new(Authority::new().client(Client::default()));
    for (row, says, then, word) in rows {
        let client = Rig::new();
        let (mut peer, dialled) = tcp().await;
        let connecting = connector.connect(name(), client.meter(dialled));
        let serving = async {
            assert!(peer.read(&mut [0; 4096]).await.unwrap() > 100);
            act(peer, says, then).await;
        };
        let (connected, ()) = in_time(async { tokio::join!(connecting, serving) }).await;
        connected.unwrap_err();
        assert_eq!(client.errors(row), [Some(word.into()), Some(word.into())], "{row}");
    }
}
