//! Clients that choose what they say in a handshake, each differently.

use std::sync::Arc;

use telemetry_core::{ConnectionInfo, TlsInfo, Transport};
use telemetry_net::MeteredTlsAcceptor;
use telemetry_net::tokio_rustls::TlsConnector;
use telemetry_net::tokio_rustls::rustls::pki_types::ServerName;
use telemetry_net::tokio_rustls::rustls::{ClientConfig, ClientConnection};
use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

use crate::certificates::{Authority, Client, NAME, Server};
use crate::collected::Metrics;
use crate::hostile::series;
use crate::run::Layers;

const HELLOS: u16 = 2000;
const HANDSHAKES: u16 = 60;

fn evil(turn: u16) -> ServerName<'static> {
    format!("evil-{turn}.example").try_into().unwrap()
}

/// A client that proposes a protocol that nobody has heard of, beside those that it is told to.
fn proposing(config: &Arc<ClientConfig>, turn: u16, known: &[&str]) -> Arc<ClientConfig> {
    let mut config = ClientConfig::clone(config);
    let known = known.iter().map(|name| name.as_bytes().to_vec());
    config.alpn_protocols = std::iter::once(format!("evil/{turn}").into_bytes()).chain(known).collect();
    Arc::new(config)
}

/// A connection on which a hello is, and then nothing.
async fn only_a_hello(config: Arc<ClientConfig>, turn: u16) -> DuplexStream {
    let mut hello = Vec::new();
    ClientConnection::new(config, evil(turn)).unwrap().write_tls(&mut hello).unwrap();
    let (server, mut client) = duplex(16 * 1024);
    client.write_all(&hello).await.unwrap();
    tokio::spawn(async move {
        // Until the server goes: an alert that nobody takes would be an error of its own.
        let _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await;
    });
    server
}

#[tokio::test]
async fn nt_66_names_and_protocols_that_only_a_client_has_said_make_no_series() {
    let metrics = Metrics::new();
    let layers = Layers::new(&metrics.provider);
    let authority = Authority::new();
    let client = authority.client(Client::default());
    let with_alpn = authority.server(Server { alpn: &["h2"], ..Server::default() });
    let acceptor = MeteredTlsAcceptor::new(with_alpn.clone());
    let choosing = MeteredTlsAcceptor::from_fn(move |hello| {
        hello.server_name().is_none_or(|name| !name.contains("evil")).then(|| with_alpn.clone())
    });

    let mut after_the_first = None;
    for turn in 0..HELLOS {
        for acceptor in [&acceptor, &choosing] {
            let stream = layers.server.meter(only_a_hello(proposing(&client, turn, &[]), turn).await);
            acceptor.accept(stream).await.unwrap_err();
        }
        if turn % 100 == 0 {
            let now = series(&metrics.collect(), &[]);
            assert_eq!(*after_the_first.get_or_insert(now), now, "{:#?}", metrics.collect());
        }
    }
}

/// What the handshake comes to is the server's own word, and without one there is none.
#[tokio::test]
async fn nt_66_protocols_that_a_server_does_not_have_are_no_attributes() {
    let authority = Authority::new();
    let client = authority.client(Client::default());
    for alpn in [&["h2"][..], &[]] {
        let metrics = Metrics::new();
        let layers = Layers::new(&metrics.provider);
        let acceptor = MeteredTlsAcceptor::new(authority.server(Server { alpn, ..Server::default() }));
        let mut after_the_first = None;
        for turn in 0..HANDSHAKES {
            // The second does not find its own name in the certificate, and says so with an alert.
            for (name, name_is_right) in [(NAME.try_into().unwrap(), true), (evil(turn), false)] {
                let (server, dialled) = duplex(16 * 1024);
                let connector = TlsConnector::from(proposing(&client, turn, alpn));
                let accept = acceptor.accept(layers.server.meter(server));
                let (server, dialled) = tokio::join!(accept, connector.connect(name, dialled));
                assert_eq!(dialled.is_ok(), name_is_right, "{dialled:?}");
                if let Ok(server) = &server {
                    let info = server.connection_info();
                    assert_eq!(info.tls().and_then(TlsInfo::alpn), alpn.first().copied());
                }
                drop((server, dialled));
            }
            let now = series(&metrics.collect(), &[]);
            assert_eq!(*after_the_first.get_or_insert(now), now, "{:#?}", metrics.collect());
        }
    }
}

/// Whoever tells of TLS by hand may pass on what a client has said. There is room for so much, and no more.
#[tokio::test]
async fn nt_66_what_is_passed_on_by_hand_finds_a_limit() {
    let metrics = Metrics::new();
    let layers = Layers::new(&metrics.provider);
    let server = layers.server.with_series_limit(20);
    for turn in 0..1000 {
        let (stream, _client) = duplex(1);
        let stream = server.meter_with_info(stream, ConnectionInfo::new(Transport::Tcp));
        stream.connection().set_tls(TlsInfo::new().with_alpn(format!("evil/{turn}")));
    }
    let collected = metrics.collect();
    assert_eq!(collected["transport.server.connection.duration"].series.len(), 21);
    assert_eq!(collected["transport.server.active_connections"].series.len(), 1);
}
