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

use crate::integration::ledger::{Ending, Kind, Ledger};
use crate::integration::wire::Wire;

type Body = BoxBody<Bytes, Infallible>;

/// One exchange and what has to come of it.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) route: Option<&'static str>,
    pub(super) status: u16,
    pub(super) upload: Upload,
}

#[derive(Debug, Clone)]
pub(super) enum Upload {
    Nothing,
    /// With a Content-Length.
    Sized(Bytes),
    /// Without: chunked in HTTP/1.1, plain frames in HTTP/2.
    Streamed(Vec<Bytes>),
}

/// What came of an exchange, for the ledger and for a look at the bytes.
#[derive(Debug)]
pub(super) struct Outcome {
    kind: Kind,
    uploaded: usize,
    pub(super) body: Bytes,
}

#[derive(Debug)]
pub(super) struct Client {
    pub(super) sender: Sender,
    connection: JoinHandle<hyper::Result<()>>,
    pump: JoinHandle<Result<()>>,
}

#[derive(Debug)]
pub(super) struct Sender {
    protocol: Protocol,
    authority: String,
}

#[derive(Debug)]
enum Protocol {
    One(http1::SendRequest<Body>),
    Two(http2::SendRequest<Body>),
}

impl Client {
    pub(super) async fn http1(wire: &Wire) -> Result<Self> {
        let (stream, pump) = wire.piped().await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        Ok(Self { sender: Sender::new(wire, Protocol::One(sender)), connection, pump })
    }

    /// With prior knowledge: there is no TLS to agree on it.
    pub(super) async fn http2(wire: &Wire) -> Result<Self> {
        let (stream, pump) = wire.piped().await?;
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        Ok(Self { sender: Sender::new(wire, Protocol::Two(sender)), connection, pump })
    }

    /// Makes one exchange, and books it.
    pub(super) async fn call(&mut self, call: &Call, ledger: &mut Ledger) -> Result<Bytes> {
        let outcome = self.sender.call(call).await?;
        outcome.book(ledger);
        Ok(outcome.body)
    }

    /// Returns when both sides have closed.
    pub(super) async fn close(self) -> Result<()> {
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
    pub(super) fn another(&self) -> Option<Self> {
        match &self.protocol {
            Protocol::One(_) => None,
            Protocol::Two(sender) => {
                Some(Self { protocol: Protocol::Two(sender.clone()), authority: self.authority.clone() })
            }
        }
    }

    pub(super) async fn call(&mut self, call: &Call) -> Result<Outcome> {
        let kind = Kind::new(call.method.as_str(), call.route, self.version(), Ending::Answered(call.status));
        let shown = format!("{} {} HTTP/{}", call.method, call.path, self.version());
        let response = self.send(call).await.with_context(|| shown.clone())?;
        let status = response.status().as_u16();
        ensure!(status == call.status, "{shown}: status {status}, expected {}", call.status);
        let body = response.into_body().collect().await.with_context(|| shown.clone())?.to_bytes();
        Ok(Outcome { kind, uploaded: call.upload.bytes().len(), body })
    }

    /// Sends a request and waits for the head alone.
    pub(super) async fn send(&mut self, call: &Call) -> Result<Response<Incoming>> {
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

    pub(super) fn version(&self) -> &'static str {
        match self.protocol {
            Protocol::One(_) => "1.1",
            Protocol::Two(_) => "2",
        }
    }
}

impl Outcome {
    pub(super) fn book(&self, ledger: &mut Ledger) {
        ledger.record(self.kind.clone(), self.uploaded, self.body.len());
    }
}

impl Call {
    pub(super) fn new(method: Method, path: impl Into<String>, route: Option<&'static str>, status: u16) -> Self {
        Self { method, path: path.into(), route, status, upload: Upload::Nothing }
    }

    pub(super) fn get(path: impl Into<String>, route: &'static str) -> Self {
        Self::new(Method::GET, path, Some(route), 200)
    }

    pub(super) fn upload(self, upload: Upload) -> Self {
        Self { upload, ..self }
    }
}

impl Upload {
    /// All of it in one piece.
    pub(super) fn bytes(&self) -> Bytes {
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
