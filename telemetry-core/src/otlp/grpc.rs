//! A call of gRPC with one message each way, which is all that OTLP asks of it.

use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use prost::Message;
use tonic::Status;
use tonic::body::Body;

use super::client::{Accepted, Answer, LONGEST_ANSWER, Transport, classify};
use super::compress;
use super::failure::Failure;
use crate::ErrorType;

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// Whether it is compressed, and how long it is.
const PREFIX: usize = 5;

/// A message in its frame. One that is too long for a frame is too long for any receiver, which will say so.
pub(super) fn pack(message: Vec<u8>, gzip: bool) -> Bytes {
    let message = if gzip { compress::gzip(&message) } else { message };
    let mut frame = BytesMut::with_capacity(PREFIX + message.len());
    frame.put_u8(gzip.into());
    frame.put_u32(message.len().try_into().unwrap_or(u32::MAX));
    frame.extend_from_slice(&message);
    frame.freeze()
}

pub(super) async fn call(
    transport: &Transport,
    uri: &Uri,
    headers: &HeaderMap,
    gzip: bool,
    frame: Bytes,
) -> Result<Accepted, Failure> {
    let mut request = Request::new(Body::new(Full::new(frame)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers.clone();
    request.headers_mut().insert(CONTENT_TYPE, GRPC);
    request.headers_mut().insert(TE, HeaderValue::from_static("trailers"));
    if gzip {
        request.headers_mut().insert(ENCODING, HeaderValue::from_static("gzip"));
    }
    let response = transport.request(request).await.map_err(|error| Failure::unanswered(classify(&error)))?;
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        // Of something on the way that does not speak gRPC.
        return Err(Failure::status(head.status, &head.headers));
    }
    if !head.headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(GRPC.as_bytes())) {
        return Err(Failure::new(ErrorType::Protocol.as_str()));
    }
    if let Some(status) = Status::from_header_map(&head.headers) {
        // Without a message, the status comes at once.
        return accepted(&status, &Bytes::new());
    }
    let body = Limited::new(body, LONGEST_ANSWER).collect().await;
    let body = body.map_err(|error| Failure::unanswered(classify(&*error)))?;
    let status = body.trailers().and_then(Status::from_header_map);
    accepted(&status.unwrap_or_else(|| Status::unknown("")), &body.to_bytes())
}

/// A success says the same whether or not its message can be read: nobody asked for it to be compressed.
fn accepted(status: &Status, frame: &Bytes) -> Result<Accepted, Failure> {
    if status.code() != tonic::Code::Ok {
        return Err(Failure::grpc(status));
    }
    let answer = frame.get(PREFIX..).and_then(|message| Answer::decode(message).ok());
    Ok(answer.unwrap_or_default().accepted())
}
