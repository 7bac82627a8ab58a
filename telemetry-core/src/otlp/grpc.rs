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

pub(super) async fn call(
    transport: Transport,
    uri: &Uri,
    headers: &HeaderMap,
    gzip: bool,
    message: Bytes,
) -> Result<Accepted, Failure> {
    // The path of an origin would come in front of that of the call.
    let mut origin = uri.clone().into_parts();
    let path = origin.path_and_query.replace(PathAndQuery::from_static("/"));
    let origin = Uri::from_parts(origin).unwrap_or_default();
    let mut client = tonic::client::Grpc::with_origin(transport, origin);
    if gzip {
        client = client.send_compressed(CompressionEncoding::Gzip).accept_compressed(CompressionEncoding::Gzip);
    }
    client.ready().await.map_err(|error| Failure::unanswered(classify(&error)))?;
    let metadata = MetadataMap::from_headers(headers.clone());
    let request = Request::from_parts(metadata, Extensions::default(), message);
    match client.unary(request, path.unwrap_or_else(|| PathAndQuery::from_static("/")), Encoded).await {
        Ok(response) => Ok(response.get_ref().accepted()),
        Err(status) => Err(failure(&status)),
    }
}

/// A status that nobody sent tells why there is none.
fn failure(status: &Status) -> Failure {
    match std::error::Error::source(status) {
        Some(cause) => Failure::unanswered(classify(cause)),
        None => Failure::grpc(status),
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
