//! Bytes on the wire and inside of TLS, against what the other end saw.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use telemetry_net::tokio_rustls::TlsConnector;
use telemetry_net::{MeteredTlsAcceptor, TlsStream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use crate::certificates::{Authority, Client, ONLY_1_2, ONLY_1_3, Server};
use crate::rig::{IO, PLAIN_IO, Rig, bytes, in_time, name, tcp};

/// Counts what goes through the client's socket: sent, then received.
struct Counted(TcpStream, Arc<[AtomicU64; 2]>);

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.0).poll_read(cx, buf);
        self.1[1].fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        result
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.0).poll_write(cx, buf);
        if let Poll::Ready(Ok(bytes)) = result {
            self.1[0].fetch_add(bytes as u64, Ordering::Relaxed);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

const UP: usize = 300 * 1024;
const DOWN: usize = 100 * 1024;

/// Both ways at once, each end in its own rhythm, and goodbye.
async fn exchange<S, C>(server: &mut S, client: &mut C)
where
    S: AsyncRead + AsyncWrite + Unpin,
    C: AsyncRead + AsyncWrite + Unpin,
{
    let serve = async {
        let (mut reader, mut writer) = tokio::io::split(server);
        let read = async { reader.read_to_end(&mut Vec::new()).await.unwrap() };
        let write = async {
            for part in vec![2; DOWN].chunks(1000) {
                let halves = part.split_at(300);
                let slices = [io::IoSlice::new(halves.0), io::IoSlice::new(halves.1)];
                let written = writer.write_vectored(&slices).await.unwrap();
                writer.write_all(&part[written..]).await.unwrap();
            }
            writer.shutdown().await.unwrap();
        };
        tokio::join!(read, write).0
    };
    let ask = async {
        let (mut reader, mut writer) = tokio::io::split(client);
        let read = async { reader.read_to_end(&mut Vec::new()).await.unwrap() };
        let write = async {
            writer.write_all(&[1; UP]).await.unwrap();
            writer.shutdown().await.unwrap();
        };
        tokio::join!(read, write).0
    };
    assert_eq!(in_time(async { tokio::join!(serve, ask) }).await, (UP, DOWN));
}

/// NT-64: the two kinds of bytes are two metrics, and none counts a byte twice.
#[tokio::test]
async fn nt_69_wire_and_plain_bytes_are_what_the_client_saw() {
    let authority = Authority::new();
    for versions in [ONLY_1_2, ONLY_1_3] {
        let rig = Rig::new();
        let (accepted, dialled) = tcp().await;
        let seen = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let connector = TlsConnector::from(authority.client(Client { versions, ..Client::default() }));
        let acceptor = MeteredTlsAcceptor::new(authority.server(Server::default()));
        let accepting = acceptor.accept(rig.meter(accepted));
        let connecting = connector.connect(name(), Counted(dialled, Arc::clone(&seen)));
        let (server, client) = in_time(async { tokio::join!(accepting, connecting) }).await;
        let (mut server, mut client): (TlsStream<TcpStream>, _) = (server.unwrap(), client.unwrap());
        let snapshot = rig.metrics.snapshot();
        assert_eq!(bytes(&snapshot, PLAIN_IO), [0.0, 0.0]);
        assert!(snapshot.points(PLAIN_IO).is_empty());
        assert!(bytes(&snapshot, IO).iter().all(|bytes| *bytes > 100.0), "the handshake");

        exchange(&mut server, &mut client).await;
        let check = |open: &str| {
            let snapshot = rig.metrics.snapshot();
            let wire = [0, 1].map(|way: usize| seen[way].load(Ordering::Relaxed) as f64);
            assert_eq!(bytes(&snapshot, IO), wire, "{open}");
            assert_eq!(bytes(&snapshot, PLAIN_IO), [UP as f64, DOWN as f64], "{open}");
            assert!(wire[0] > UP as f64 && wire[1] > DOWN as f64);
        };
        check("open");
        drop(server);
        check("closed");
        assert_eq!(rig.errors("bytes"), [None, None]);
    }
}

#[tokio::test]
async fn nt_69_a_stream_that_is_taken_out_is_counted_on_the_wire_alone() {
    let authority = Authority::new();
    let rig = Rig::new();
    let (accepted, dialled) = tcp().await;
    let accepting = MeteredTlsAcceptor::new(authority.server(Server::default())).accept(rig.meter(accepted));
    let connecting = TlsConnector::from(authority.client(Client::default())).connect(name(), dialled);
    let (server, client) = in_time(async { tokio::join!(accepting, connecting) }).await;
    let (server, mut client) = (server.unwrap(), client.unwrap());
    let before = bytes(&rig.metrics.snapshot(), IO);
    assert_eq!(server.get_ref().get_ref().0.connection().received() as f64, before[0]);

    let mut inner = server.into_inner();
    exchange(&mut inner, &mut client).await;
    drop(inner);
    let snapshot = rig.metrics.snapshot();
    assert!(bytes(&snapshot, IO)[0] > before[0] + UP as f64);
    assert!(snapshot.points(PLAIN_IO).is_empty());
}
