//! The driver's connections, all of which count what goes over them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

const BUFFER: usize = 16 * 1024;

/// The server as the driver sees it: where it listens, and what went to it and came from it.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) server: SocketAddr,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    connections: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Wire {
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self { server, tally: Arc::default() }
    }

    pub(crate) fn connections(&self) -> u64 {
        self.tally.connections.load(Ordering::Relaxed)
    }

    /// Bytes written to the server.
    pub(crate) fn sent(&self) -> u64 {
        self.tally.sent.load(Ordering::Relaxed)
    }

    /// Bytes read from the server.
    pub(crate) fn received(&self) -> u64 {
        self.tally.received.load(Ordering::Relaxed)
    }

    /// Counts a connection of a program that has dialled by itself.
    pub(crate) fn count_program(&self, sent: usize, received: usize) {
        self.tally.connections.fetch_add(1, Ordering::Relaxed);
        self.count_sent(sent);
        self.count_received(received);
    }

    /// A connection that the caller writes and reads by itself.
    pub(crate) async fn raw(&self) -> Result<Raw> {
        Ok(Raw { stream: self.dial().await?, wire: self.clone() })
    }

    /// A connection for an HTTP client. The task ends when the server has closed it: a client that closes does not
    /// wait for the server's last bytes, but they belong in the count.
    pub(crate) async fn piped(&self) -> Result<(DuplexStream, JoinHandle<Result<()>>)> {
        let server = self.dial().await?;
        let (client, other) = tokio::io::duplex(BUFFER);
        Ok((client, tokio::spawn(pump(other, server, self.clone()))))
    }

    /// A door for programs: what they send to its address goes to the server.
    pub(crate) async fn relay(&self) -> Result<Relay> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port on loopback")?;
        let address = listener.local_addr()?;
        let wire = self.clone();
        let (close, mut closed) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(async move {
            let mut pumps = JoinSet::new();
            loop {
                tokio::select! {
                    client = listener.accept() => {
                        let server = wire.dial().await?;
                        pumps.spawn(pump(client?.0, server, wire.clone()));
                    }
                    _ = &mut closed => break,
                }
            }
            while let Some(pump) = pumps.join_next().await {
                pump??;
            }
            Ok(())
        });
        Ok(Relay { address, close, task })
    }

    async fn dial(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.server).await.with_context(|| format!("cannot reach {}", self.server))?;
        stream.set_nodelay(true)?;
        self.tally.connections.fetch_add(1, Ordering::Relaxed);
        Ok(stream)
    }

    fn count_sent(&self, bytes: usize) {
        self.tally.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn count_received(&self, bytes: usize) {
        self.tally.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    close: tokio::sync::oneshot::Sender<()>,
    task: JoinHandle<Result<()>>,
}

impl Relay {
    /// Returns when all its connections have ended.
    pub(crate) async fn close(self) -> Result<()> {
        drop(self.close);
        self.task.await?
    }
}

/// Carries bytes both ways until the client has nothing more to say and the server has closed.
async fn pump<C>(client: C, server: TcpStream, wire: Wire) -> Result<()>
where
    C: AsyncRead + AsyncWrite + Send + 'static,
{
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = server.into_split();
    tokio::try_join!(upward(from_client, to_server, &wire), downward(from_server, to_client, &wire))?;
    Ok(())
}

async fn upward<C: AsyncRead>(mut client: ReadHalf<C>, mut server: OwnedWriteHalf, wire: &Wire) -> Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        // A client that broke off is one that has ended.
        let read = client.read(&mut buffer).await.unwrap_or(0);
        if read == 0 {
            break;
        }
        server.write_all(&buffer[..read]).await.context("the server does not take what it is sent")?;
        wire.count_sent(read);
    }
    // The server may have closed before.
    server.shutdown().await.ok();
    Ok(())
}

async fn downward<C: AsyncWrite>(mut server: OwnedReadHalf, mut client: WriteHalf<C>, wire: &Wire) -> Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = server.read(&mut buffer).await.context("the server broke off")?;
        if read == 0 {
            break;
        }
        wire.count_received(read);
        // The client may be gone; what the server sent is counted all the same.
        client.write_all(&buffer[..read]).await.ok();
    }
    client.shutdown().await.ok();
    Ok(())
}

/// A connection without an HTTP client. Dropped, it is closed at once, as by a client that hangs up.
#[derive(Debug)]
pub(crate) struct Raw {
    stream: TcpStream,
    wire: Wire,
}

impl Raw {
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.stream.write_all(bytes.as_ref()).await?;
        self.wire.count_sent(bytes.as_ref().len());
        Ok(())
    }

    /// Reads until `found` is in what was read, and returns all that was read.
    pub(crate) async fn read_until(&mut self, found: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        let found = found.as_ref();
        let mut all = Vec::new();
        while !all.windows(found.len()).any(|window| window == found) {
            if self.read_some(&mut all).await? == 0 {
                anyhow::bail!("the server closed after {:?}", String::from_utf8_lossy(&all));
            }
        }
        Ok(all)
    }

    /// Reads so many bytes, and no others.
    pub(crate) async fn read_exactly(&mut self, bytes: usize) -> Result<()> {
        let read = self.stream.read_exact(&mut vec![0; bytes]).await?;
        self.wire.count_received(read);
        Ok(())
    }

    /// Breaks off: the server sees a reset and not an end.
    pub(crate) fn reset(self) -> Result<()> {
        self.stream.set_zero_linger()?;
        Ok(())
    }

    /// Says that nothing more is sent, and reads until the server closes.
    pub(crate) async fn finish(mut self) -> Result<Vec<u8>> {
        self.stream.shutdown().await?;
        self.read_to_end().await
    }

    /// Reads until the server closes.
    pub(crate) async fn read_to_end(mut self) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        while self.read_some(&mut all).await? > 0 {}
        Ok(all)
    }

    async fn read_some(&mut self, all: &mut Vec<u8>) -> Result<usize> {
        let read = self.stream.read_buf(all).await?;
        self.wire.count_received(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with what it read, doubled, once the client has ended.
    async fn doubling_server() -> Result<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut all = Vec::new();
                stream.read_to_end(&mut all).await.unwrap();
                all.extend_from_within(..);
                stream.write_all(&all).await.unwrap();
            }
        });
        Ok(address)
    }

    #[tokio::test]
    async fn every_kind_of_connection_counts_both_ways() {
        let wire = Wire::new(doubling_server().await.unwrap());

        let mut raw = wire.raw().await.unwrap();
        raw.write("abc").await.unwrap();
        assert_eq!(raw.finish().await.unwrap(), b"abcabc");

        let (mut client, pump) = wire.piped().await.unwrap();
        client.write_all(b"abcd").await.unwrap();
        drop(client);
        pump.await.unwrap().unwrap();

        let relay = wire.relay().await.unwrap();
        let mut client = TcpStream::connect(relay.address).await.unwrap();
        client.write_all(b"abcde").await.unwrap();
        client.shutdown().await.unwrap();
        let mut all = Vec::new();
        client.read_to_end(&mut all).await.unwrap();
        relay.close().await.unwrap();

        assert_eq!(all, b"abcdeabcde");
        assert_eq!((wire.connections(), wire.sent(), wire.received()), (3, 12, 24));
    }
}
