//! An example as a child process, and what its metrics say.
#![allow(dead_code, reason = "each test uses a part of this")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests may fail them")]

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// How long an example may take for what it does at once on a machine that has nothing else to do.
const SOON: Duration = Duration::from_secs(20);

/// How long an example may take to end.
const END: Duration = Duration::from_secs(10);

/// A running example. It is killed when this is dropped, on whatever path that is.
pub(crate) struct Example {
    child: Child,
    pub(crate) service: SocketAddr,
    pub(crate) metrics: SocketAddr,
}

impl Example {
    pub(crate) async fn start(program: &str) -> Self {
        Self::start_with(program, &[]).await
    }

    pub(crate) async fn start_with(program: &str, args: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(args)
            .args(["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = async || soon(lines.next_line()).await.unwrap().expect("an example ended before it listened");
        let service = address(&next().await, "listening on http://", "");
        let metrics = address(&next().await, "metrics on http://", "/metrics");
        Self { child, service, metrics }
    }

    /// Makes one exchange on a connection of its own.
    pub(crate) async fn http1(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        exchange(self.service, request).await
    }

    /// The same in HTTP/2, which the example has to recognise by itself.
    pub(crate) async fn http2(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        let stream = TokioIo::new(self.connect().await);
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        collect(soon(sender.send_request(request)).await.unwrap()).await
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.service).await.unwrap()
    }

    /// Sends text on a connection of its own, and reads until the example has answered with `answer`.
    pub(crate) async fn talk(&self, text: &str, answer: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        read_until(&mut stream, answer.as_bytes()).await;
        stream
    }

    pub(crate) async fn scrape(&self) -> Scrape {
        Scrape { text: self.page("/metrics").await }
    }

    /// A page of the port that has the metrics.
    pub(crate) async fn page(&self, path: &str) -> String {
        let request = Request::get(path).header("host", "test").body(Full::default()).unwrap();
        let response = exchange(self.metrics, request).await;
        assert_eq!(response.status(), 200);
        String::from_utf8(response.into_body().into()).unwrap()
    }

    /// Scrapes until `settled`, for what the example notices by itself: that a client has gone.
    pub(crate) async fn scrape_until(&self, settled: impl Fn(&Scrape) -> bool) -> Scrape {
        self.page_until("/metrics", |text| settled(&Scrape { text: text.to_owned() })).await;
        // One scrape reads its metrics one after the other, so the others may be of an earlier moment.
        self.scrape().await
    }

    pub(crate) async fn page_until(&self, path: &str, settled: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + SOON;
        loop {
            let page = self.page(path).await;
            if settled(&page) {
                return;
            }
            assert!(Instant::now() < deadline, "not in {SOON:?}:\n{page}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends the example with a signal; that must not take long.
    pub(crate) async fn end(mut self, signal: Signal) -> ExitStatus {
        assert!(self.child.try_wait().unwrap().is_none(), "the example has ended before it was told to");
        let id = Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap();
        kill_process(id, signal).unwrap();
        timeout(END, self.child.wait()).await.expect("the example goes on after the signal").unwrap()
    }
}

/// The text format, as a client sees it.
pub(crate) struct Scrape {
    pub(crate) text: String,
}

impl Scrape {
    /// The sum of the samples of this name that have all of these labels, given as `name="value"`.
    pub(crate) fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        self.samples(name, labels).map(|(_, value)| value).sum()
    }

    /// How many connections to the service are open.
    pub(crate) fn open(&self) -> f64 {
        self.sum("transport_server_active_connections", &[])
    }

    /// How many requests to the service are active.
    pub(crate) fn active(&self) -> f64 {
        self.sum("http_server_active_requests", &[])
    }

    /// The label sets of the samples of this name that have all of these labels.
    pub(crate) fn labels(&self, name: &str, labels: &[&str]) -> Vec<&str> {
        self.samples(name, labels).map(|(labels, _)| labels).collect()
    }

    fn samples(&self, name: &str, wanted: &[&str]) -> impl Iterator<Item = (&str, f64)> {
        self.text.lines().filter_map(move |line| {
            let (labels, value) = line.strip_prefix(name)?.rsplit_once(' ')?;
            let is_sample = labels.is_empty() || labels.starts_with('{');
            let has_all = wanted.iter().all(|wanted| labels.contains(wanted));
            (is_sample && has_all).then(|| (labels, value.parse().unwrap()))
        })
    }
}

/// Asks for a web socket.
pub(crate) const HANDSHAKE: &str = "GET /ws HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

pub(crate) fn get(path: &str) -> Request<Full<Bytes>> {
    request("GET", path)
}

/// In absolute form, as HTTP/2 wants it and every server takes it.
pub(crate) fn request(method: &str, path: &str) -> Request<Full<Bytes>> {
    let uri = format!("http://test{path}");
    Request::builder().method(method).uri(uri).header("host", "test").body(Full::default()).unwrap()
}

pub(crate) async fn read_until(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut read = Vec::new();
    while !read.windows(end.len()).any(|window| window == end) {
        let count = soon(stream.read_buf(&mut read)).await.unwrap();
        assert!(count > 0, "the connection has ended after {:?}", String::from_utf8_lossy(&read));
    }
    read
}

/// Waits for what must not take long.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    timeout(SOON, future).await.expect("the example does nothing")
}

async fn exchange(server: SocketAddr, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let stream = TokioIo::new(TcpStream::connect(server).await.unwrap());
    let (mut sender, connection) = http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    collect(soon(sender.send_request(request)).await.unwrap()).await
}

async fn collect(response: Response<hyper::body::Incoming>) -> Response<Bytes> {
    let (head, body) = response.into_parts();
    Response::from_parts(head, soon(body.collect()).await.unwrap().to_bytes())
}

fn address(line: &str, before: &str, after: &str) -> SocketAddr {
    let address = line.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    address.unwrap_or_else(|| panic!("no address in {line:?}")).parse().unwrap()
}
