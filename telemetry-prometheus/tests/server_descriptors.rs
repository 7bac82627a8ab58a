//! A process that has no file descriptor left. The limit belongs to the process, so this test has one to itself.
#![cfg(all(feature = "server", target_os = "linux"))]

use std::fs::File;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use telemetry_prometheus::PrometheusExporter;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata};

/// Sends a message for each warning of the crate.
struct Warnings(UnboundedSender<()>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("telemetry_prometheus")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn event(&self, _: &Event<'_>) {
        let _ = self.0.send(());
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn the_server_outlives_a_shortage_of_descriptors() {
    let (sender, mut warnings) = unbounded_channel();
    let _log = tracing::subscriber::set_default(Warnings(sender));
    let server = PrometheusExporter::new().serve("127.0.0.1:0").await.unwrap();
    let socket = TcpSocket::new_v4().unwrap();

    setrlimit(Resource::Nofile, Rlimit { current: Some(64), ..getrlimit(Resource::Nofile) }).unwrap();
    let files: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(!files.is_empty());
    let mut client = socket.connect(server.local_addr()).await.unwrap();
    client.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    // Two failures in a row: it did not give up after the first.
    for _ in 0..2 {
        let warning = timeout(Duration::from_secs(20), warnings.recv()).await;
        warning.expect("the server has given up").unwrap();
    }

    drop(files);
    let mut reply = String::new();
    client.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.0 200 OK\r\n"), "{reply}");
    server.shutdown().await;
}
