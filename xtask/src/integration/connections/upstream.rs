//! The server behind the proxy, which counts by itself.
//!
//! A client says in its first line what is to come of the connection:
//! - `echo`: all that it sends, sent back.
//! - `answer N`: so many bytes once it has sent all.
//! - `give N`: so many bytes and the end, before the client's own.
//! - `endless`: bytes until somebody breaks off.
//! - `reset`: one byte, and a reset once it sends anything more.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const BUFFER: usize = 64 * 1024;
/// No first line is longer.
const LINE: usize = 100;

/// It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    counts: Arc<Counts>,
    _task: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Counts {
    connections: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
}

impl Upstream {
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no free port on loopback")?;
        let (address, counts) = (listener.local_addr()?, Arc::<Counts>::default());
        let mut task = JoinSet::new();
        task.spawn(accept(listener, Arc::clone(&counts)));
        Ok(Self { address, counts, _task: task })
    }

    pub(super) fn connections(&self) -> u64 {
        self.counts.connections.load(Ordering::Relaxed)
    }

    pub(super) fn received(&self) -> u64 {
        self.counts.received.load(Ordering::Relaxed)
    }

    pub(super) fn sent(&self) -> u64 {
        self.counts.sent.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, counts: Arc<Counts>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        counts.connections.fetch_add(1, Ordering::Relaxed);
        let connection = Connection { stream, counts: Arc::clone(&counts), buffer: vec![0; LINE] };
        connections.spawn(async move {
            // Some clients break off: that is what they are here for.
            let _ = connection.serve().await;
        });
        while connections.try_join_next().is_some() {}
    }
}

struct Connection {
    stream: TcpStream,
    counts: Arc<Counts>,
    buffer: Vec<u8>,
}

impl Connection {
    async fn serve(mut self) -> Result<()> {
        self.stream.set_nodelay(true)?;
        let mut line = Vec::new();
        while !line.contains(&b'\n') {
            let read = self.read().await?;
            if read == 0 || line.len() > LINE {
                bail!("no first line");
            }
            line.extend_from_slice(&self.buffer[..read]);
        }
        let (line, more) = line.split_at(line.iter().position(|byte| *byte == b'\n').unwrap_or_default());
        let line = str::from_utf8(line)?;
        let (what, number) = line.split_once(' ').unwrap_or((line, "0"));
        let number: usize = number.parse()?;
        // Those that say little are many, and do not get as much.
        if !matches!(what, "echo" | "reset") {
            self.buffer.resize(BUFFER, b'x');
        }
        match what {
            "echo" => {
                self.write(&more[1..]).await?;
                loop {
                    let read = self.read().await?;
                    if read == 0 {
                        break;
                    }
                    let bytes = self.buffer[..read].to_vec();
                    self.write(&bytes).await?;
                }
            }
            "answer" => {
                while self.read().await? > 0 {}
                self.give(number).await?;
            }
            "give" => {
                self.give(number).await?;
                self.stream.shutdown().await?;
                while self.read().await? > 0 {}
            }
            "endless" => loop {
                self.give(BUFFER).await?;
            },
            "reset" => {
                self.write(b"!").await?;
                self.read().await?;
                self.stream.set_zero_linger()?;
                return Ok(());
            }
            _ => bail!("{what} is not known"),
        }
        self.stream.shutdown().await?;
        Ok(())
    }

    async fn give(&mut self, mut number: usize) -> Result<()> {
        let bytes = [b'y'; 8192];
        while number > 0 {
            let some = number.min(bytes.len());
            self.write(&bytes[..some]).await?;
            number -= some;
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<usize> {
        let read = self.stream.read(&mut self.buffer).await?;
        self.counts.received.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    async fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let written = self.stream.write(bytes).await?;
            self.counts.sent.fetch_add(written as u64, Ordering::Relaxed);
            bytes = &bytes[written..];
        }
        Ok(())
    }
}
