//! Every method that moves datagrams counts them, and no other does.

use std::future::poll_fn;

use tokio::io::{Interest, ReadBuf};

use crate::{Pair, run};

#[test]
fn nt_69_every_way_to_send_counts() {
    run(async {
        let pair = Pair::new().await;
        let to = pair.peer.local_addr().unwrap();
        let socket = &pair.socket;
        socket.writable().await.unwrap();
        poll_fn(|cx| socket.poll_send_ready(cx)).await.unwrap();
        for way in 0..6 {
            let sent = match way {
                0 => socket.send(b"hello").await,
                1 => socket.send_to(b"hello", to).await,
                2 => socket.try_send(b"hello"),
                3 => socket.try_send_to(b"hello", to),
                4 => poll_fn(|cx| socket.poll_send(cx, b"hello")).await,
                _ => poll_fn(|cx| socket.poll_send_to(cx, b"hello", to)).await,
            };
            assert_eq!(sent.unwrap(), 5, "{way}");
            assert_eq!(pair.peer.recv(&mut [0; 8]).await.unwrap(), 5, "{way}");
            assert_eq!(pair.counts(), [0, 0, 5 * (way + 1), way + 1], "{way}");
        }
    });
}

#[test]
fn nt_69_every_way_to_receive_counts_and_looking_does_not() {
    run(async {
        let pair = Pair::new().await;
        let socket = &pair.socket;
        let from = pair.peer.local_addr().unwrap();
        for way in 0..10 {
            pair.peer.send(b"hello").await.unwrap();
            // Something is in the buffers already.
            let (mut buf, mut list) = ([0; 16], b"old".to_vec());
            list.reserve(16);
            let mut room = ReadBuf::new(&mut buf);
            room.put_slice(b"old");

            socket.readable().await.unwrap();
            poll_fn(|cx| socket.poll_recv_ready(cx)).await.unwrap();
            assert!(socket.ready(Interest::READABLE).await.unwrap().is_readable());
            assert_eq!(socket.peek(&mut [0; 8]).await.unwrap(), 5);
            assert_eq!(socket.peek_from(&mut [0; 8]).await.unwrap(), (5, from));
            assert_eq!(socket.peek_sender().await.unwrap(), from);
            assert_eq!(socket.try_peek(&mut [0; 8]).unwrap(), 5);
            assert_eq!(socket.try_peek_from(&mut [0; 8]).unwrap(), (5, from));
            assert_eq!(socket.try_peek_sender().unwrap(), from);
            poll_fn(|cx| socket.poll_peek(cx, &mut ReadBuf::new(&mut [0; 8]))).await.unwrap();
            poll_fn(|cx| socket.poll_peek_from(cx, &mut ReadBuf::new(&mut [0; 8]))).await.unwrap();
            poll_fn(|cx| socket.poll_peek_sender(cx)).await.unwrap();
            assert_eq!(pair.counts(), [5 * way, way, 0, 0], "{way}");

            let received = match way {
                0 => socket.recv(&mut [0; 8]).await,
                1 => socket.recv_from(&mut [0; 8]).await.map(|(len, _)| len),
                2 => socket.recv_buf(&mut list).await,
                3 => socket.recv_buf_from(&mut list).await.map(|(len, _)| len),
                4 => socket.try_recv(&mut [0; 8]),
                5 => socket.try_recv_from(&mut [0; 8]).map(|(len, _)| len),
                6 => socket.try_recv_buf(&mut list),
                7 => socket.try_recv_buf_from(&mut list).map(|(len, _)| len),
                8 => poll_fn(|cx| socket.poll_recv(cx, &mut room)).await.map(|()| room.filled().len() - 3),
                _ => poll_fn(|cx| socket.poll_recv_from(cx, &mut room)).await.map(|_| room.filled().len() - 3),
            };
            assert_eq!(received.unwrap(), 5, "{way}");
            assert_eq!(pair.counts(), [5 * (way + 1), way + 1, 0, 0], "{way}");
        }
    });
}

#[test]
fn addresses_are_those_of_the_socket_inside() {
    run(async {
        let pair = Pair::new().await;
        assert_eq!(pair.socket.local_addr().unwrap(), pair.peer.peer_addr().unwrap());
        assert_eq!(pair.socket.peer_addr().unwrap(), pair.peer.local_addr().unwrap());
        assert_eq!(pair.socket.get_ref().local_addr().unwrap(), pair.local());
        pair.socket.connect(pair.local()).await.unwrap();
        assert_eq!(pair.socket.peer_addr().unwrap(), pair.local());
    });
}
