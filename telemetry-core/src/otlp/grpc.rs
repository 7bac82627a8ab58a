//! A call of gRPC with a message that is encoded already, so that it is encoded once for all attempts.

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use http::{HeaderMap, Uri};
use prost::Message;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::{Code, Extensions, Request, Status};

use super::client::{Accepted, Answer, Transport, classify};
use super::failure::Failure;
use crate::ErrorType;

pub(super) async fn call(
    transport: Transport,
    uri: &Uri,
    headers: &HeaderMap,
    gzip: bool,
    message: Bytes,
) -> Result<Accepted, Failure> {
    let (origin, path) = split(uri);
    let mut client = tonic::client::Grpc::with_origin(transport, origin);
    if gzip {
        client = client.send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip);
    }
    client.ready().await.map_err(|error| Failure::unanswered(classify(&error)))?;
    let metadata = MetadataMap::from_headers(headers.clone());
    let request = Request::from_parts(metadata, Extensions::default(), message);
    match client.unary(request, path, Encoded).await {
        Ok(response) => Ok(response.get_ref().accepted()),
        Err(status) => Err(failure(&status)),
    }
}

/// The receiver and the method. A path of the origin would come in front of the method's.
fn split(uri: &Uri) -> (Uri, PathAndQuery) {
    let root = PathAndQuery::from_static("/");
    let mut parts = uri.clone().into_parts();
    let path = parts.path_and_query.replace(root.clone()).unwrap_or(root);
    (Uri::from_parts(parts).unwrap_or_default(), path)
}

/// A status that nobody sent tells why there is none.
fn failure(status: &Status) -> Failure {
    let cause = std::error::Error::source(status).map(classify);
    match cause {
        Some(kind) if kind != ErrorType::Other => Failure::unanswered(kind),
        _ => Failure::grpc(status),
    }
}

#[derive(Debug)]
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Answer;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Answer;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Answer>, Status> {
        let message = buffer.copy_to_bytes(buffer.remaining());
        Answer::decode(message).map(Some).map_err(|_| Status::new(Code::Internal, "the answer is no message of OTLP"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_is_no_part_of_the_origin() {
        let (origin, path) = split(&Uri::from_static("https://collector:4317/a.Service/Export"));
        assert_eq!((origin, path.as_str()), (Uri::from_static("https://collector:4317/"), "/a.Service/Export"));
    }
}
