//! Peers that choose what they can choose, each differently.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};
use telemetry_core::testing::ScriptedStream;
use telemetry_core::{Address, ConnectionInfo, Transport};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, UdpSocket};

use crate::collected::{Collected, Metrics};
use crate::run::Layers;
use crate::sockets::abstract_listener;

/// How many series there are in all metrics. Attributes with a word or an address of the peers' fail the test.
#[track_caller]
pub(crate) fn series(collected: &Collected, allowed: &[&str]) -> usize {
    for (name, metric) in collected {
        for attribute in metric.series.iter().flatten() {
            let value = attribute.value.to_string();
            let theirs = value.contains("evil") || value.contains("127.") || value.parse::<SocketAddr>().is_ok();
            assert!(!theirs || allowed.contains(&&*value), "{name}: {} is {value}", attribute.key);
            assert_ne!(attribute.key.as_str(), "otel.metric.overflow", "{name}");
        }
    }
    collected.values().map(|metric| metric.series.len()).sum()
}

/// An address of this machine that only this turn has.
fn loopback(turn: u16) -> Ipv4Addr {
    let [high, low] = turn.to_be_bytes();
    Ipv4Addr::new(127, 66, high, low)
}

/// NT-67 too: the client chooses at which of our addresses it arrives, and `server.address` stays what was configured.
#[tokio::test]
async fn nt_66_addresses_of_peers_make_no_series() {
    let metrics = Metrics::new();
    let layers = Layers::new(&metrics.provider);
    let tcp = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = tcp.local_addr().unwrap().port();
    let mut tcp = layers.server.listen(tcp);
    let udp = layers.udp.bind("0.0.0.0:0").await.unwrap();
    let udp_port = udp.local_addr().unwrap().port();
    let (unix, name) = abstract_listener("hostile");
    let mut unix = layers.server.listen(unix);

    let mut after_the_first = None;
    for turn in 1..=500 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((loopback(turn), 0).into()).unwrap();
        let dialled = socket.connect((loopback(turn + 500), port).into());
        let ((mut stream, peer), client) = tokio::join!(tcp.accept(), dialled);
        assert_eq!(peer.ip(), loopback(turn));
        stream.write_all(b"x").await.unwrap();
        drop((stream, client));

        let client = UdpSocket::bind((loopback(turn), 0)).await.unwrap();
        client.send_to(b"hello", (loopback(turn + 500), udp_port)).await.unwrap();
        let (_, from) = udp.recv_from(&mut [0; 8]).await.unwrap();
        assert_eq!(from.ip(), loopback(turn));
        udp.send_to(b"bye", from).await.unwrap();

        let (dialled, path) = named_client(&name, turn);
        let (stream, _) = unix.accept().await;
        assert_eq!(stream.connection_info().peer(), Some(&Address::from(&*path)));
        drop((stream, dialled));
        std::fs::remove_file(path).unwrap();

        for info in [
            ConnectionInfo::new(Transport::Tcp).with_peer(SocketAddr::from((loopback(turn), turn))),
            ConnectionInfo::new(Transport::Quic).with_peer(SocketAddr::from((loopback(turn), turn))),
            ConnectionInfo::new(Transport::Unix).with_peer(Path::new(&format!("/tmp/evil/{turn}"))),
        ] {
            let mut stream = layers.server.meter_with_info(ScriptedStream::new(), info);
            stream.write_all(b"x").await.unwrap();
        }
        let now = series(&metrics.collect(), &[]);
        assert_eq!(*after_the_first.get_or_insert(now), now, "{:#?}", metrics.collect());
    }
}

/// A client of a Unix socket that has a path of its own.
fn named_client(server: &std::os::unix::net::SocketAddr, turn: u16) -> (Socket, PathBuf) {
    let path = std::env::temp_dir().join(format!("evil-{}-{turn}.sock", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    socket.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    let name = [b"\0", server.as_abstract_name().unwrap()].concat();
    socket.connect(&SockAddr::unix(OsStr::from_bytes(&name)).unwrap()).unwrap();
    (socket, path)
}
