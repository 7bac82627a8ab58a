//! An HTTP client on one connection, in either version of the protocol.

use std::convert::Infallible;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::HOST;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinHandle;

use super::ledger::{Ending, Kind, Ledger};
use super::wire::Wire;

type Body = BoxBody<Bytes, Infallible>;

/// One exchange and what has to come of it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) route: Option<&'static str>,
    pub(crate) status: u16,
    pub(crate) upload: Upload,
}

#[derive(Debug, Clone)]
pub(crate) enum Upload {
    Nothing,
    /// With a Content-Length.
    Sized(Bytes),
    /// Without: chunked in HTTP/1.1, plain frames in HTTP/2.
    Streamed(Vec<Bytes>),
}

/// What came of an exchange, for the ledger and for a look at the bytes.
#[derive(Debug)]
pub(crate) struct Outcome {
    kind: Kind,
    uploaded: usize,
    pub(crate) body: Bytes,
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) sender: Sender,
    connection: JoinHandle<hyper::Result<()>>,
    pump: JoinHandle<Result<()>>,
}

#[derive(Debug)]
pub(crate) struct Sender {
    protocol: Protocol,
    authority: String,
}

#[derive(Debug)]
enum Protocol {
    One(http1::SendRequest<Body>),
    Two(http2::SendRequest<Body>),
}

impl Client {
    pub(crate) async fn http1(wire: &Wire) -> Result<Self> {
        let (stream, pump) = wire.piped().await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        Ok(Self { sender: Sender::new(wire, Protocol::One(sender)), connection, pump })
    }

    /// With prior knowledge: there is no TLS to agree on it.
    pub(crate) async fn http2(wire: &Wire) -> Result<Self> {
        let (stream, pump) = wire.piped().await?;
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        Ok(Self { sender: Sender::new(wire, Protocol::Two(sender)), connection, pump })
    }

    /// Makes one exchange, and books it.
    pub(crate) async fn call(&mut self, call: &Call, ledger: &mut Ledger) -> Result<Bytes> {
        let outcome = self.sender.call(call).await?;
        outcome.book(ledger);
        Ok(outcome.body)
    }

    /// Returns when both sides have closed.
    pub(crate) async fn close(self) -> Result<()> {
        drop(self.sender);
        self.connection.await??;
        self.pump.await?
    }
}

impl Sender {
    fn new(wire: &Wire, protocol: Protocol) -> Self {
        Self { protocol, authority: wire.server.to_string() }
    }

    /// Another one on the same connection, for exchanges that run at once: HTTP/2 alone can do this.
    pub(crate) fn another(&self) -> Option<Self> {
        match &self.protocol {
            Protocol::One(_) => None,
            Protocol::Two(sender) => {
                Some(Self { protocol: Protocol::Two(sender.clone()), authority: self.authority.clone() })
            }
        }
    }

    pub(crate) async fn call(&mut self, call: &Call) -> Result<Outcome> {
        let kind = Kind::new(call.method.as_str(), call.route, self.version(), Ending::Answered(call.status));
        let shown = format!("{} {} HTTP/{}", call.method, call.path, self.version());
        let response = self.send(call).await.with_context(|| shown.clone())?;
        let status = response.status().as_u16();
        ensure!(status == call.status, "{shown}: status {status}, expected {}", call.status);
        let body = response.into_body().collect().await.with_context(|| shown.clone())?.to_bytes();
        Ok(Outcome { kind, uploaded: call.upload.bytes().len(), body })
    }

    /// Sends a request and waits for the head alone.
    pub(crate) async fn send(&mut self, call: &Call) -> Result<Response<Incoming>> {
        let request = Request::builder().method(call.method.clone());
        match &mut self.protocol {
            Protocol::One(sender) => {
                let request = request.uri(&call.path).header(HOST, &self.authority).body(call.upload.body())?;
                sender.ready().await?;
                Ok(sender.send_request(request).await?)
            }
            Protocol::Two(sender) => {
                let uri = format!("http://{}{}", self.authority, call.path);
                let request = request.uri(uri).body(call.upload.body())?;
                sender.ready().await?;
                Ok(sender.send_request(request).await?)
            }
        }
    }

    pub(crate) fn version(&self) -> &'static str {
        match self.protocol {
            Protocol::One(_) => "1.1",
            Protocol::Two(_) => "2",
        }
    }
}

impl Outcome {
    pub(crate) fn book(&self, ledger: &mut Ledger) {
        ledger.record(self.kind.clone(), self.uploaded, self.body.len());
    }
}

impl Call {
    pub(crate) fn new(method: Method, path: impl Into<String>, route: Option<&'static str>, status: u16) -> Self {
        Self { method, path: path.into(), route, status, upload: Upload::Nothing }
    }

    pub(crate) fn get(path: impl Into<String>, route: &'static str) -> Self {
        Self::new(Method::GET, path, Some(route), 200)
    }

    pub(crate) fn upload(self, upload: Upload) -> Self {
        Self { upload, ..self }
    }
}

impl Upload {
    /// All of it in one piece.
    pub(crate) fn bytes(&self) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::Sized(bytes) => bytes.clone(),
            Self::Streamed(pieces) => pieces.concat().into(),
        }
    }

    fn body(&self) -> Body {
        match self {
            Self::Nothing => Empty::new().boxed(),
            Self::Sized(bytes) => Full::new(bytes.clone()).boxed(),
            Self::Streamed(pieces) => {
                let frames = pieces.clone().into_iter().map(|piece| Ok(Frame::data(piece)));
                StreamBody::new(stream::iter(frames)).boxed()
            }
        }
    }
}
