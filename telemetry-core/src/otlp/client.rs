//! One request to a receiver, over HTTP or gRPC, and what its answer means.

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use prost::Message;
use tonic::body::Body;

use super::destination::{Destination, OtlpProtocol};
use super::failure::Failure;
use super::{compress, grpc, tls};
use crate::ErrorType;
use crate::settings::Settings;

/// An answer is a few bytes; one that is longer is not read to its end.
pub(super) const LONGEST_ANSWER: usize = 64 * 1024;

/// Who asks, in the words of the specification.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("OTel-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION")));

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

/// How long a connection over which gRPC waits may be silent, before it is asked whether it is there, and then given
/// up. Without that, one that died unseen would take all that is sent after it.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

pub(super) type Transport = legacy::Client<HttpsConnector<HttpConnector>, Body>;

/// What the receiver took.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    /// Items that it read and would not have.
    pub(super) rejected: u64,
}

/// Speaks to one receiver for one signal.
#[derive(Clone, Debug)]
pub(super) struct Client {
    transport: Transport,
    protocol: OtlpProtocol,
    uri: Uri,
    headers: HeaderMap,
    gzip: bool,
}

impl Client {
    /// Connects to nobody yet.
    pub(super) fn new(destination: &Destination, settings: &Settings) -> Self {
        let mut headers = destination.headers.clone();
        headers.entry(USER_AGENT).or_insert(AGENT);
        Self {
            transport: transport(destination, settings),
            protocol: destination.protocol,
            uri: destination.uri.clone(),
            headers,
            gzip: destination.gzip,
        }
    }

    /// Makes a message ready to be sent, once for all attempts.
    pub(super) fn pack(&self, message: Vec<u8>) -> Bytes {
        match self.protocol {
            OtlpProtocol::HttpProtobuf if self.gzip => compress::gzip(&message).into(),
            OtlpProtocol::HttpProtobuf => message.into(),
            OtlpProtocol::Grpc => grpc::pack(message, self.gzip),
        }
    }

    /// One attempt, without limit of time.
    pub(super) async fn send(&self, message: Bytes) -> Result<Accepted, Failure> {
        match self.protocol {
            OtlpProtocol::HttpProtobuf => self.post(message).await,
            OtlpProtocol::Grpc => grpc::call(&self.transport, &self.uri, &self.headers, self.gzip, message).await,
        }
    }

    async fn post(&self, message: Bytes) -> Result<Accepted, Failure> {
        let mut request = Request::new(Body::new(Full::new(message)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(CONTENT_TYPE, PROTOBUF);
        request.headers_mut().insert(ACCEPT, PROTOBUF);
        if self.gzip {
            request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let response = self.transport.request(request).await.map_err(|error| Failure::unanswered(classify(&error)))?;
        let (head, body) = response.into_parts();
        if !head.status.is_success() {
            return Err(Failure::status(head.status, &head.headers));
        }
        match Limited::new(body, LONGEST_ANSWER).collect().await {
            Ok(body) => understood(&head.headers, &body.to_bytes()),
            // It has been taken, and the rest of the answer says nothing else.
            Err(_) => Ok(Accepted { rejected: 0 }),
        }
    }
}

/// The one part of an answer that matters, which has the same shape for all signals.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Answer {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
}

impl Answer {
    pub(super) fn accepted(&self) -> Accepted {
        let rejected = self.partial_success.as_ref().map_or(0, |partial| partial.rejected);
        Accepted { rejected: rejected.try_into().unwrap_or(0) }
    }
}

/// Whatever listens on a port may say 200. An answer in JSON, or without a body, is from a receiver that is free with
/// the protocol; any other that is no message of it is from something that is no receiver.
fn understood(headers: &HeaderMap, body: &Bytes) -> Result<Accepted, Failure> {
    let json = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    match Answer::decode(body.as_ref()) {
        Ok(answer) => Ok(answer.accepted()),
        Err(_) if json => Ok(Accepted { rejected: 0 }),
        Err(_) => Err(Failure::new(ErrorType::Protocol.as_str())),
    }
}

/// From the error of a client, what befell the connection.
pub(super) fn classify(error: &(dyn Error + 'static)) -> ErrorType {
    ErrorType::from_error_with(error, |error| {
        // Of an error below it, HTTP/2 keeps no more than the kind: what is invalid there is TLS.
        let invalid = |error: &io::Error| error.kind() == io::ErrorKind::InvalidData;
        if error.is::<rustls::Error>() || error.downcast_ref().is_some_and(invalid) {
            return Some(ErrorType::Tls);
        }
        if error.downcast_ref().is_some_and(legacy::Error::is_connect) {
            return Some(ErrorType::Connect);
        }
        if let Some(error) = error.downcast_ref() {
            return of_h2(error);
        }
        let error = error.downcast_ref::<hyper::Error>()?;
        if error.is_incomplete_message() {
            return Some(ErrorType::UnexpectedEof);
        }
        if error.is_canceled() || error.is_closed() {
            return Some(ErrorType::ConnectionAborted);
        }
        error.is_parse().then_some(ErrorType::Protocol)
    })
}

fn of_h2(error: &h2::Error) -> Option<ErrorType> {
    if let Some(error) = error.get_io() {
        // It is not among the sources.
        return Some(classify(error));
    }
    if error.is_remote() {
        return Some(ErrorType::ConnectionReset);
    }
    error.is_library().then_some(ErrorType::Protocol)
}

fn transport(destination: &Destination, settings: &Settings) -> Transport {
    let https = destination.uri.scheme_str() == Some("https");
    let config = if https { destination.tls.config(settings) } else { tls::of_nobody() };
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(destination.timeout));
    let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_or_http();
    let mut builder = legacy::Client::builder(TokioExecutor::new());
    builder.timer(TokioTimer::new()).pool_timer(TokioTimer::new());
    match destination.protocol {
        OtlpProtocol::HttpProtobuf => builder.build(connector.enable_http1().wrap_connector(http)),
        OtlpProtocol::Grpc => {
            builder.http2_only(true);
            builder.http2_keep_alive_interval(KEEP_ALIVE.0).http2_keep_alive_timeout(KEEP_ALIVE.1);
            builder.build(connector.enable_http2().wrap_connector(http))
        }
    }
}
