//! What goes wrong, and what only looks like it.

use std::io::ErrorKind;

use tokio::net::UdpSocket;

use crate::{ERRORS, LOOPBACK, Pair, errors, run};

/// A port of this machine on which nobody listens.
async fn nobody() -> std::net::SocketAddr {
    UdpSocket::bind(LOOPBACK).await.unwrap().local_addr().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_peer_that_is_not_there_is_an_error_of_whoever_hears_of_it() {
    run(async {
        let pair = Pair::new().await;
        pair.socket.connect(nobody().await).await.unwrap();
        let mut buf = [0; 8];
        pair.socket.send(b"anybody?").await.unwrap();
        assert_eq!(pair.socket.recv(&mut buf).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(errors(&pair.metrics.snapshot(), "receive", "connection_refused"), 1.0);

        pair.socket.send(b"anybody?").await.unwrap();
        // A look is enough to take the error away.
        assert_eq!(pair.socket.peek(&mut buf).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(errors(&pair.metrics.snapshot(), "receive", "connection_refused"), 2.0);

        pair.socket.send(b"anybody?").await.unwrap();
        assert_eq!(pair.socket.send(b"hello?").await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let snapshot = pair.metrics.snapshot();
        assert_eq!(errors(&snapshot, "transmit", "connection_refused"), 1.0);
        assert_eq!(snapshot.sum(ERRORS, &[("network.transport", "udp"), ("network.type", "ipv4")]), 3.0);
        assert_eq!(snapshot.points(ERRORS).len(), 2);
        assert_eq!(pair.counts(), [0, 0, 24, 3], "what failed was not sent");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn every_way_to_receive_reports_an_error_once() {
    use std::future::poll_fn;
    use tokio::io::ReadBuf;

    run(async {
        let pair = Pair::new().await;
        let socket = &pair.socket;
        let mut buf = [0; 8];
        // Tokio polls for datagrams alone. Once there was one it asks the system, until that has none.
        pair.peer.send(b"once").await.unwrap();
        socket.recv(&mut buf).await.unwrap();
        socket.connect(nobody().await).await.unwrap();
        for way in 0..12 {
            socket.send(b"anybody?").await.unwrap();
            let mut room = ReadBuf::new(&mut buf);
            let failed = match way {
                0 => socket.recv(&mut [0; 8]).await.is_err(),
                1 => socket.recv_from(&mut [0; 8]).await.is_err(),
                2 => socket.recv_buf(&mut Vec::with_capacity(8)).await.is_err(),
                3 => socket.recv_buf_from(&mut Vec::with_capacity(8)).await.is_err(),
                4 => poll_fn(|cx| socket.poll_recv(cx, &mut room)).await.is_err(),
                5 => poll_fn(|cx| socket.poll_recv_from(cx, &mut room)).await.is_err(),
                6 => socket.peek(&mut [0; 8]).await.is_err(),
                7 => socket.peek_from(&mut [0; 8]).await.is_err(),
                8 => socket.peek_sender().await.is_err(),
                9 => poll_fn(|cx| socket.poll_peek(cx, &mut room)).await.is_err(),
                10 => poll_fn(|cx| socket.poll_peek_from(cx, &mut room)).await.is_err(),
                _ => poll_fn(|cx| socket.poll_peek_sender(cx)).await.is_err(),
            };
            assert!(failed, "{way}");
            assert_eq!(errors(&pair.metrics.snapshot(), "receive", "connection_refused"), f64::from(way + 1), "{way}");
        }
        assert_eq!(pair.counts()[..2], [4, 1]);
    });
}

#[test]
fn a_datagram_that_is_too_long_is_an_error() {
    run(async {
        let pair = Pair::new().await;
        let too_long = vec![0; 70_000];
        pair.socket.send(&too_long).await.unwrap_err();
        pair.socket.send_to(&too_long, pair.local()).await.unwrap_err();
        pair.socket.try_send(&too_long).unwrap_err();
        assert_eq!(errors(&pair.metrics.snapshot(), "transmit", "io_error"), 3.0);
        assert_eq!(pair.counts(), [0; 4]);
    });
}

#[test]
fn to_try_again_is_no_error() {
    run(async {
        let pair = Pair::new().await;
        assert_eq!(pair.socket.try_recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(pair.socket.try_recv_from(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(pair.socket.try_peek(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(pair.socket.try_recv_buf(&mut Vec::with_capacity(8)).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(pair.metrics.snapshot().points(ERRORS).is_empty());
        assert_eq!(pair.counts(), [0; 4]);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn errors_allocate_nothing_from_the_second_on() {
    run(async {
        let pair = Pair::new().await;
        let too_long = vec![0; 70_000];
        pair.socket.writable().await.unwrap();
        let turn = || assert!(pair.socket.try_send(&too_long).is_err());
        turn();
        let allocations = allocation_counter::measure(|| (0..50).for_each(|_| turn()));
        assert_eq!(allocations.count_total, 0, "{allocations:?}");
    });
}
