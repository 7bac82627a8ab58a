//! Connections that end in the middle of everything, on several threads, while metrics are collected.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{ACTIVE, DURATION, Metered, bytes};
use telemetry_net::{ClientNetworkMetricsLayer, NetworkMetricsLayer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

const CONNECTIONS: u64 = 600;

/// Answers everything until the client is gone, and counts by itself what it has read and written.
async fn echo(layer: NetworkMetricsLayer, stream: TcpStream, seen: &[AtomicU64; 2]) -> io::Result<()> {
    let mut stream = layer.meter(stream);
    let mut space = [0; 512];
    loop {
        let read = stream.read(&mut space).await?;
        seen[0].fetch_add(read as u64, Ordering::Relaxed);
        if read == 0 {
            return Ok(());
        }
        let mut rest = &space[..read];
        while !rest.is_empty() {
            let written = stream.write(rest).await?;
            seen[1].fetch_add(written as u64, Ordering::Relaxed);
            rest = &rest[written..];
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nt_68_nt_69_nothing_is_left_after_an_abort_storm() {
    static SEEN: [AtomicU64; 2] = [AtomicU64::new(0), AtomicU64::new(0)];
    let metered = Metered::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let layer = metered.layer.clone();
    let server = tokio::spawn(async move {
        let mut tasks = Vec::new();
        for number in 0..CONNECTIONS {
            let stream = listener.accept().await.unwrap().0;
            let task = tokio::spawn(echo(layer.clone(), stream, &SEEN));
            // A third of the server's tasks is aborted, wherever they are.
            if number % 3 == 0 {
                task.abort();
            }
            tasks.push(task);
        }
        tasks
    });
    let client = async {
        for number in 0..CONNECTIONS {
            let mut stream = TcpStream::connect(address).await.unwrap();
            // Some clients go without a word, some reset, some wait for an answer. An aborted server answers nobody.
            let _ = stream.write_all(&vec![1; (number % 7 * 300) as usize]).await;
            match number % 4 {
                0 => drop(stream),
                1 => stream.set_zero_linger().unwrap(),
                _ => {
                    let _ = stream.shutdown().await;
                    let _ = stream.read_to_end(&mut Vec::new()).await;
                }
            }
        }
    };
    let collect = async {
        let mut least = [0.0; 2];
        loop {
            let snapshot = metered.metrics.snapshot();
            let now = bytes(&snapshot);
            assert!(now[0] >= least[0] && now[1] >= least[1], "{now:?} after {least:?}");
            assert!((0.0..=CONNECTIONS as f64).contains(&snapshot.sum(ACTIVE, &[])));
            least = now;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = client => {}
        () = collect => {}
    }
    for task in server.await.unwrap() {
        let _ = task.await;
    }
    let snapshot = metered.metrics.snapshot();
    assert_eq!(snapshot.sum(ACTIVE, &[]), 0.0);
    // A task that was aborted before its first turn has not metered its stream.
    let ended = snapshot.count(DURATION, &[]);
    assert!((CONNECTIONS * 2 / 3..=CONNECTIONS).contains(&ended), "{ended}");
    let seen = [0, 1].map(|way| SEEN[way].load(Ordering::Relaxed) as f64);
    assert!(seen[0] > 0.0 && seen[1] > 0.0);
    assert_eq!(bytes(&snapshot), seen);
}

/// NT-69, NT-70: a proxy between two ends that both count, with a half-close in each direction.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nt_69_nt_70_a_proxy_counts_what_both_ends_have_moved() {
    const UP: usize = 3_000_001;
    const DOWN: usize = 1_234_567;
    let metered = Metered::new();
    let options = telemetry_core::MeterOptions::default().with_meter_provider(metered.metrics.provider());
    let upstreams = ClientNetworkMetricsLayer::custom(options);

    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = upstream.local_addr().unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    let layer = metered.layer.clone();
    let proxied = tokio::spawn(async move {
        let mut near = layer.meter(proxy.accept().await.unwrap().0);
        let mut far = upstreams.connect(target, TcpStream::connect(target)).await.unwrap();
        copy_bidirectional(&mut near, &mut far).await.unwrap()
    });
    let server = tokio::spawn(async move {
        let mut stream = upstream.accept().await.unwrap().0;
        let read = stream.read_to_end(&mut Vec::new()).await.unwrap(); // the client has closed its side
        stream.write_all(&vec![7; DOWN]).await.unwrap();
        read
    });
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(&vec![9; UP]).await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(client.read_to_end(&mut Vec::new()).await.unwrap(), DOWN);
    assert_eq!(server.await.unwrap(), UP);
    assert_eq!(proxied.await.unwrap(), (UP as u64, DOWN as u64));

    let snapshot = metered.metrics.snapshot();
    let client_io = ["receive", "transmit"]
        .map(|direction| snapshot.sum("transport.client.io", &[("network.io.direction", direction)]));
    assert_eq!(bytes(&snapshot), [UP as f64, DOWN as f64]);
    assert_eq!(client_io, [DOWN as f64, UP as f64]);
    let ended = |side: &str, reason| {
        snapshot.count(&format!("transport.{side}.connection.duration"), &[("transport.close.reason", reason)])
    };
    // The client was the first to end, and the proxy passed that on.
    assert_eq!((ended("server", "peer"), ended("client", "local")), (1, 1));
}
