//! What is no stream of TCP, and what goes wrong at listeners.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net as unix;

use telemetry_core::Transport;
use telemetry_core::testing::ScriptedStream;
use telemetry_net::MeteredStream;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream};

use crate::run::Layers;
use crate::script::{Script, Step};

const ECONNABORTED: i32 = 103;

/// Listeners of all kinds: one that has an error, one of IPv6, one with a path, and one with an abstract name.
pub(crate) async fn listeners(layers: &Layers) {
    let mut listener = layers.server.listen(Script::new([Step::Fail(ECONNABORTED), Step::Accept]));
    drop(listener.accept().await);

    // There are machines without IPv6.
    if let Ok(listener) = TcpListener::bind("[::1]:0").await {
        let address = listener.local_addr().unwrap();
        let mut listener = layers.server.listen(listener);
        let (accepted, client) = tokio::join!(listener.accept(), TcpStream::connect(address));
        write_and_end(accepted.0).await;
        drop(client);
    }

    let path = std::env::temp_dir().join(format!("telemetry-net-complete-{}.sock", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let mut listener = layers.server.listen(UnixListener::bind(&path).unwrap());
    let dialled = layers.client.connect(path.as_path(), UnixStream::connect(&path));
    let (accepted, client) = tokio::join!(listener.accept(), dialled);
    write_and_end(accepted.0).await;
    write_and_end(client.unwrap()).await;
    std::fs::remove_file(&path).unwrap();

    let (listener, address) = abstract_listener("complete");
    let mut listener = layers.server.listen(listener);
    let client = unix::UnixStream::connect_addr(&address).unwrap();
    write_and_end(listener.accept().await.0).await;
    drop(client);
}

/// A listener whose name is in no file system.
pub(crate) fn abstract_listener(name: &str) -> (UnixListener, unix::SocketAddr) {
    let name = format!("telemetry-net-{name}-{}", std::process::id());
    let address = unix::SocketAddr::from_abstract_name(name).unwrap();
    let listener = unix::UnixListener::bind_addr(&address).unwrap();
    listener.set_nonblocking(true).unwrap();
    (UnixListener::from_std(listener).unwrap(), address)
}

/// Streams that came from elsewhere.
pub(crate) async fn streams(layers: &Layers) {
    let (one, _other) = UnixStream::pair().unwrap();
    write_and_end(layers.server.meter(one)).await;
    let (one, _other) = tokio::io::duplex(64);
    write_and_end(layers.server.meter(one)).await;
    let quic = layers.server.clone().with_transport(Transport::Quic);
    write_and_end(quic.meter(ScriptedStream::new())).await;
    layers.server.reject(tokio::io::duplex(1).0);
}

async fn write_and_end<S: AsyncRead + AsyncWrite + Unpin>(mut stream: MeteredStream<S>) {
    let _ = stream.write_all(b"x").await;
}

/// A datagram each way, and one to a port on which nobody listens.
pub(crate) async fn datagrams(layers: &Layers) {
    let socket = layers.udp.bind("127.0.0.1:0").await.unwrap();
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    peer.send_to(b"hello", socket.local_addr().unwrap()).await.unwrap();
    let (len, from) = socket.recv_from(&mut [0; 16]).await.unwrap();
    assert_eq!((len, from), (5, peer.local_addr().unwrap()));
    socket.send_to(b"bye", from).await.unwrap();
    drop(peer);
    socket.connect(from).await.unwrap();
    socket.send(b"anybody?").await.unwrap();
    socket.recv(&mut [0; 16]).await.unwrap_err();
}
