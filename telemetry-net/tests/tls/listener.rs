//! The handshakes of a listener.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use telemetry_core::Address;
use telemetry_core::testing::poll_once;
use telemetry_net::tokio_rustls::{TlsConnector, client};
use telemetry_net::{MeteredListener, MeteredTlsAcceptor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::certificates::{Authority, Client, Server};
use crate::rig::{ACTIVE, DURATION, HANDSHAKE, HANDSHAKES, Rig, in_time, name};

struct Door {
    rig: Rig,
    acceptor: MeteredTlsAcceptor,
    connector: TlsConnector,
    address: SocketAddr,
}

impl Door {
    async fn new() -> (Self, TcpListener) {
        let authority = Authority::new();
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = Self {
            rig: Rig::new(),
            acceptor: MeteredTlsAcceptor::new(authority.server(Server::default())),
            connector: TlsConnector::from(authority.client(Client::default())),
            address: tcp.local_addr().unwrap(),
        };
        (door, tcp)
    }

    fn listener(&self, tcp: TcpListener) -> MeteredListener<TcpListener> {
        self.rig.layer.listen(tcp)
    }

    async fn silent(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn client(&self) -> client::TlsStream<TcpStream> {
        self.connector.connect(name(), self.silent().await).await.unwrap()
    }

    fn going_on(&self) -> f64 {
        self.rig.metrics.snapshot().sum(HANDSHAKES, &[])
    }

    fn failed(&self, error: &str) -> u64 {
        self.rig.metrics.snapshot().count(HANDSHAKE, &[("error.type", error)])
    }
}

#[tokio::test]
async fn nt_72_a_slow_client_holds_nobody_up_and_a_failed_one_does_not_surface() {
    let (door, tcp) = Door::new().await;
    let mut listener = door.acceptor.clone().listen(door.listener(tcp));
    let slow = door.silent().await;
    let mut wrong = door.silent().await;
    wrong.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut clients = vec![];
    for _ in 0..3 {
        let (accepted, dialled) = in_time(async { tokio::join!(listener.accept(), door.client()) }).await;
        let (mut server, address) = accepted;
        assert_eq!(address, dialled.get_ref().0.local_addr().unwrap());
        clients.push(dialled);
        server.write_all(b"hello").await.unwrap();
    }
    for mut client in clients {
        in_time(client.read_exact(&mut [0; 5])).await.unwrap();
    }
    assert_eq!(door.going_on(), 1.0);
    assert_eq!(door.failed("tls_not_tls"), 1);

    // It goes with its handshakes, of which the slow client's is one.
    drop(listener);
    let mut buf = [0];
    assert_eq!(in_time(pin!(slow).read(&mut buf)).await.unwrap(), 0);
    assert_eq!(door.failed("cancelled"), 1);
    let snapshot = door.rig.metrics.snapshot();
    assert_eq!((snapshot.sum(ACTIVE, &[]), snapshot.sum(HANDSHAKES, &[])), (0.0, 0.0));
    assert_eq!((snapshot.count(DURATION, &[]), snapshot.count(HANDSHAKE, &[])), (5, 5));
}

/// Polls what waits until there are so many handshakes.
async fn until_going_on(door: &Door, mut waiting: std::pin::Pin<&mut impl Future>, wanted: f64) {
    in_time(async {
        while door.going_on() != wanted {
            assert!(poll_once(waiting.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn nt_72_only_so_many_handshakes_go_on_at_once() {
    let (door, tcp) = Door::new().await;
    let mut listener = door.acceptor.clone().listen(door.listener(tcp)).with_handshake_limit(2);
    let mut slow = vec![door.silent().await, door.silent().await];
    let mut accepting = Box::pin(listener.accept());
    until_going_on(&door, accepting.as_mut(), 2.0).await;

    // The third waits outside, in the queue of the socket.
    let third = tokio::spawn({
        let (connector, address) = (door.connector.clone(), door.address);
        async move { connector.connect(name(), TcpStream::connect(address).await.unwrap()).await.unwrap() }
    });
    for _ in 0..200 {
        assert!(poll_once(accepting.as_mut()).is_pending());
        tokio::task::yield_now().await;
    }
    assert!(!third.is_finished());
    assert_eq!(door.rig.metrics.snapshot().sum(ACTIVE, &[]), 2.0);

    drop(slow.pop());
    let ((stream, _), dialled) = in_time(async { tokio::join!(accepting, third) }).await;
    assert_eq!(stream.connection_info().peer().and_then(Address::ip), Some([127, 0, 0, 1].into()));
    drop(dialled.unwrap());
    assert_eq!(door.failed("unexpected_eof"), 1);
    assert_eq!(door.going_on(), 1.0);
}

#[tokio::test(start_paused = true)]
async fn nt_72_handshakes_of_a_listener_end_in_ten_seconds() {
    let rows = [(None, 10_000), (Some(2_000), 2_000)];
    for (set, ends) in rows {
        let (door, tcp) = Door::new().await;
        let acceptor = door.acceptor.clone();
        let acceptor = set.map_or(acceptor.clone(), |millis| acceptor.with_timeout(Duration::from_millis(millis)));
        let mut listener = acceptor.listen(door.listener(tcp));
        let _slow = door.silent().await;
        let mut accepting = Box::pin(listener.accept());
        until_polled(&door, accepting.as_mut()).await;
        tokio::time::advance(Duration::from_millis(ends - 10)).await;
        tokio::task::yield_now().await;
        assert_eq!((door.going_on(), door.failed("timeout")), (1.0, 0));
        tokio::time::advance(Duration::from_millis(20)).await;
        tokio::task::yield_now().await;
        assert!(poll_once(accepting.as_mut()).is_pending());
        assert_eq!((door.going_on(), door.failed("timeout")), (0.0, 1));
    }
}

/// Until the one handshake waits, and so its time runs.
async fn until_polled(door: &Door, mut accepting: std::pin::Pin<&mut impl Future>) {
    while door.going_on() != 1.0 {
        assert!(poll_once(accepting.as_mut()).is_pending());
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
}

#[tokio::test]
async fn nt_72_a_future_that_is_dropped_loses_no_connection() {
    let (door, tcp) = Door::new().await;
    let mut listener = door.acceptor.clone().listen(door.listener(tcp));
    let address = door.address;
    let clients: Vec<_> = (0..5)
        .map(|_| {
            let connector = door.connector.clone();
            tokio::spawn(
                async move { connector.connect(name(), TcpStream::connect(address).await.unwrap()).await.unwrap() },
            )
        })
        .collect();
    let mut streams = vec![];
    in_time(async {
        while streams.len() < clients.len() {
            // Each future is polled once and dropped.
            if let std::task::Poll::Ready((stream, _)) = poll_once(pin!(listener.accept())) {
                streams.push(stream);
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(door.rig.metrics.snapshot().count(HANDSHAKE, &[]), 5);
}
