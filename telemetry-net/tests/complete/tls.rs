//! Handshakes that come to an end, good and bad.

use telemetry_net::{ClientTlsStream, MeteredTlsAcceptor, MeteredTlsConnector, TlsStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::certificates::{Authority, Client, NAME, Server};
use crate::run::{Layers, talk};

/// Two good ones, of which the second resumes the first, and one that the client does not want to go on with.
pub(crate) async fn good_and_bad(layers: &Layers, authority: &Authority, collect: &mut impl FnMut()) {
    let acceptor = MeteredTlsAcceptor::new(authority.server(Server { alpn: &["h2"], ..Server::default() }));
    let connector = MeteredTlsConnector::new(authority.client(Client { alpn: &["h2"], ..Client::default() }));
    for _ in 0..2 {
        let (mut server, mut client) = connect(layers, &acceptor, &connector).await.unwrap();
        talk(&mut server, &mut client).await;
        collect();
        collect();
        client.shutdown().await.unwrap();
        assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
    }
    let distrustful = authority.client(Client { alpn: &["h2"], trusts: false, ..Client::default() });
    assert!(connect(layers, &acceptor, &MeteredTlsConnector::new(distrustful)).await.is_none());
}

/// Both ends of a connection, if both are content.
async fn connect(
    layers: &Layers,
    acceptor: &MeteredTlsAcceptor,
    connector: &MeteredTlsConnector,
) -> Option<(TlsStream<TcpStream>, ClientTlsStream<TcpStream>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut listener = layers.server.listen(listener);
    let accept = async { acceptor.accept(listener.accept().await.0).await };
    let dial = async {
        let stream = layers.client.connect((NAME, 443), TcpStream::connect(address)).await.unwrap();
        connector.connect(NAME.try_into().unwrap(), stream).await
    };
    let (server, client) = tokio::join!(accept, dial);
    Some((server.ok()?, client.ok()?))
}
