//! A client that sends what it is told to, byte by byte.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::timeout;

/// A test that waits for longer than this has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client(BufReader<TcpStream>);

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// A header's value; names are in lower case, as hyper writes them.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn length(&self) -> usize {
        self.header("content-length").map_or(0, |length| length.parse().unwrap())
    }
}

impl Client {
    pub(crate) async fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        Ok(Self(BufReader::new(TcpStream::connect(address).await?)))
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    pub(crate) async fn request(&mut self, method: &str, path: &str) {
        self.send(&format!("{method} {path} HTTP/1.1\r\nhost: test\r\n\r\n")).await;
    }

    /// The next response, to the last byte of its body.
    pub(crate) async fn reply(&mut self) -> Reply {
        let mut reply = self.head().await;
        let mut body = vec![0; reply.length()];
        timeout(PATIENCE, self.0.read_exact(&mut body)).await.expect("a body in time").unwrap();
        reply.body = String::from_utf8(body).unwrap();
        reply
    }

    async fn head(&mut self) -> Reply {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let line = timeout(PATIENCE, self.0.read_line(&mut head)).await;
            assert_ne!(line.expect("a line in time").unwrap(), 0, "the server has closed the connection: {head:?}");
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Reply { status, head, body: String::new() }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.request("GET", path).await;
        self.reply().await
    }

    /// The response to `HEAD`, which has no body whatever its length is.
    pub(crate) async fn head_of(&mut self, path: &str) -> Reply {
        self.request("HEAD", path).await;
        self.head().await
    }

    /// Waits until the server closes the connection, which must have nothing more to say.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A connection that is cut off instead of closed is as good.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("the end of the connection in time");
        assert_eq!(String::from_utf8(rest).unwrap(), "");
    }
}

/// One response, on a connection of its own.
pub(crate) async fn get(address: impl ToSocketAddrs, path: &str) -> Reply {
    Client::connect(address).await.unwrap().get(path).await
}
