//! A client that keeps its connection, and what it learns of each exchange.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::future::try_join_all;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Client {
    sender: http1::SendRequest<Empty<Bytes>>,
    connection: JoinHandle<hyper::Result<()>>,
    host: String,
}

#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) path: String,
    /// What the service says that the trace is; empty if it says nothing.
    pub(super) trace: String,
    pub(super) asked: Instant,
    pub(super) took: Duration,
}

impl Client {
    pub(super) async fn connect(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        Ok(Self { sender, connection: tokio::spawn(connection), host: server.to_string() })
    }

    /// Asks without a `traceparent`. Any answer but a good one is an error.
    pub(super) async fn ask(&mut self, path: &str) -> Result<Answer> {
        let request = Request::get(path).header(HOST, &self.host).body(Empty::new())?;
        let asked = Instant::now();
        let exchange = async {
            self.sender.ready().await?;
            let (head, body) = self.sender.send_request(request).await?.into_parts();
            body.collect().await?;
            anyhow::Ok(head)
        };
        let head = timeout(LIMIT, exchange).await.with_context(|| format!("{path}: no answer within {LIMIT:?}"))??;
        let took = asked.elapsed();
        ensure!(head.status.is_success(), "{path}: status {}", head.status);
        let trace = head.headers.get("x-trace-id").map(HeaderValue::to_str).transpose()?.unwrap_or_default();
        Ok(Answer { path: path.to_owned(), trace: trace.to_owned(), asked, took })
    }

    /// Returns when both sides have closed.
    pub(super) async fn close(self) -> Result<()> {
        drop(self.sender);
        Ok(self.connection.await??)
    }
}

/// So many requests from each of so many clients, as fast as they are answered.
pub(super) async fn crowd(server: SocketAddr, clients: usize, each: usize, path: &str) -> Result<Vec<Answer>> {
    let clients = (0..clients).map(|_| async {
        let mut client = Client::connect(server).await?;
        let mut answers = Vec::with_capacity(each);
        for _ in 0..each {
            answers.push(client.ask(path).await?);
        }
        client.close().await?;
        anyhow::Ok(answers)
    });
    Ok(try_join_all(clients).await?.concat())
}
