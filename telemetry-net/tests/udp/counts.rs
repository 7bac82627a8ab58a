//! Sums over many datagrams.

use std::thread;

use allocation_counter::measure;
use telemetry_core::testing::{InMemoryMetrics, poll_once};
use telemetry_net::UdpMetrics;

use crate::{LOOPBACK, Pair, counts, run, runtime};

#[test]
fn nt_69_counts_are_what_the_peer_saw() {
    run(async {
        let Pair { metrics, socket, peer } = Pair::new().await;
        let mut buf = [0; 2048];
        let mut expected = [0; 4];
        for len in [1, 0, 700, 2000, 0, 16] {
            socket.send(&buf[..len]).await.unwrap();
            let seen = peer.recv(&mut buf).await.unwrap();
            expected[2] += seen as u64;
            expected[3] += 1;
            peer.send(&buf[..seen / 2]).await.unwrap();
            expected[0] += socket.recv(&mut buf).await.unwrap() as u64;
            expected[1] += 1;
            // NT-71: whoever looks sees all of it.
            assert_eq!(counts(&metrics.snapshot()), expected);
        }
        assert_eq!(expected, [1358, 6, 2717, 6]);
    });
}

#[test]
fn nt_69_what_was_cut_off_is_not_counted() {
    run(async {
        let pair = Pair::new().await;
        pair.peer.send(&[1; 100]).await.unwrap();
        assert_eq!(pair.socket.recv(&mut [0; 30]).await.unwrap(), 30);
        assert_eq!(pair.counts(), [30, 1, 0, 0]);
        pair.peer.send(b"to nowhere").await.unwrap();
        assert_eq!(pair.socket.recv(&mut []).await.unwrap(), 0);
        assert_eq!(pair.counts(), [30, 2, 0, 0]);
    });
}

#[test]
fn a_future_that_is_dropped_loses_nothing() {
    run(async {
        let pair = Pair::new().await;
        let mut buf = [0; 16];
        for n in 1..=5 {
            assert!(poll_once(Box::pin(pair.socket.recv(&mut buf)).as_mut()).is_pending());
            pair.peer.send(b"ping").await.unwrap();
            pair.socket.readable().await.unwrap();
            drop(pair.socket.recv(&mut buf));
            assert_eq!(pair.counts(), [4 * (n - 1), n - 1, 0, 0]);
            assert_eq!(pair.socket.recv(&mut buf).await.unwrap(), 4);
            assert_eq!(pair.counts(), [4 * n, n, 0, 0]);
        }
    });
}

#[test]
fn tasks_that_share_a_socket_add_up() {
    const TASKS: u64 = 4;
    const EACH: u64 = 500;
    let runtime = runtime();
    let pair = runtime.block_on(Pair::new());
    let work = async |task: u64| {
        for n in 0..EACH {
            pair.socket.send(&[0; 64][..(n % 60 + task) as usize]).await.unwrap();
        }
    };
    thread::scope(|scope| {
        let handle = runtime.handle();
        let work = &work;
        let threads: Vec<_> = (0..TASKS).map(|task| scope.spawn(move || handle.block_on(work(task)))).collect();
        // This thread drives the sockets, and looks.
        runtime.block_on(async {
            let mut last = 0;
            while !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
                tokio::task::yield_now().await;
                let sent = pair.counts()[3];
                assert!(sent >= last);
                last = sent;
            }
        });
    });
    let bytes = (0..TASKS).map(|task| (0..EACH).map(|n| n % 60 + task).sum::<u64>()).sum();
    assert_eq!(pair.counts(), [0, 0, bytes, TASKS * EACH]);
}

#[test]
fn sockets_with_the_same_attributes_count_together() {
    run(async {
        let metrics = InMemoryMetrics::new();
        let udp = UdpMetrics::with_meter(metrics.meter("net"));
        let mut sockets = Vec::new();
        for n in 1..=20 {
            let socket = udp.clone().bind(LOOPBACK).await.unwrap();
            socket.send_to(b"me", socket.local_addr().unwrap()).await.unwrap();
            assert_eq!(counts(&metrics.snapshot()), [0, 0, 2 * n, n]);
            sockets.push(socket);
        }
        sockets.clear();
        assert_eq!(counts(&metrics.snapshot()), [0, 0, 40, 20]);
        assert_eq!(metrics.snapshot().points(crate::IO).len(), 1);
    });
}

#[test]
fn datagrams_allocate_nothing() {
    run(async {
        let pair = Pair::new().await;
        let mut buf = [0; 100];
        let local = pair.local();
        let mut turn = || {
            assert_eq!(pair.socket.try_send(&[0; 100]).unwrap(), 100);
            assert_eq!(pair.peer.try_send_to(&[0; 50], local).unwrap(), 50);
            pair.socket.try_recv(&mut buf).unwrap();
        };
        // Tokio has to hear of a datagram before it tries, and must not find that there is none.
        for _ in 0..8 {
            pair.peer.send(b"first").await.unwrap();
        }
        pair.socket.readable().await.unwrap();
        for collected in [false, true] {
            turn(); // The SDK makes the series.
            let allocations = measure(|| (0..50).for_each(|_| turn()));
            assert_eq!(allocations.count_total, 0, "{collected}: {allocations:?}");
            pair.counts();
        }
    });
}
