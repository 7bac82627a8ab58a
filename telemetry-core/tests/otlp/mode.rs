//! What a receiver does with those that come to it.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use prost::Message;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// What a receiver does.
#[derive(Clone, Debug)]
pub(crate) enum Mode {
    /// Does not listen.
    Away,
    Fine,
    /// Of so many items says that it would not have them.
    Rejecting(i64),
    /// Takes the request and answers after that time, if ever.
    Late(Option<Duration>),
    /// An answer of HTTP.
    Answer(Answer),
    /// A status of gRPC, with no message before it.
    Status(Status),
    /// A message of gRPC and no status after it.
    NoTrailers,
    /// The answer of a success whose body comes byte by byte and never ends.
    Dripping,
    /// Answers before it has read the whole request.
    Hasty,
    Raw(Raw),
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// What is no HTTP at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    CloseAtOnce,
    /// Reads a few bytes and resets the connection.
    Reset,
    Garbage,
    NeverReads,
    /// Answers whatever comes in HTTP/1.1, with a page.
    OldHttp,
}

pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: &[u8]) -> Mode {
    let headers =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
    Mode::Answer(Answer { status, headers: headers.collect(), body: body.to_vec() })
}

pub(crate) fn status(code: Code, retry_after: Option<Duration>) -> Mode {
    let details = match retry_after {
        Some(after) => ErrorDetails::with_retry_info(Some(after)),
        None => ErrorDetails::new(),
    };
    Mode::Status(Status::with_error_details(code, crate::SECRET, details))
}

/// Of all signals alike.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Response {
    #[prost(message, optional, tag = "1")]
    pub(crate) partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct PartialSuccess {
    #[prost(int64, tag = "1")]
    pub(crate) rejected: i64,
    #[prost(string, tag = "2")]
    pub(crate) error_message: String,
}

impl Response {
    pub(crate) fn rejecting(rejected: i64) -> Vec<u8> {
        let partial = PartialSuccess { rejected, error_message: crate::SECRET.to_owned() };
        Self { partial_success: (rejected > 0).then_some(partial) }.encode_to_vec()
    }
}
