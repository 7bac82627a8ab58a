use bytes::Buf;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Response, StatusCode};
use http_body::{Body, Frame};
use telemetry_core::ErrorType;

use crate::side::Side;

/// How a request ends if it is dropped now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Complete,
    Cancelled,
    Failed(ErrorType),
}

/// What is known of a request so far.
#[derive(Debug)]
pub struct Progress {
    pub(crate) status: Option<StatusCode>,
    pub(crate) ending: Ending,
    pub(crate) response_bytes: u64,
    /// How many bytes of body the head announced, [`UNKNOWN`] if it does not say. A server stops asking once they have
    /// passed.
    announced_bytes: u64,
    /// Whether the request asks for a head alone, or for a tunnel.
    method: Special,
}

/// More bytes than pass.
const UNKNOWN: u64 = u64::MAX;

/// The methods whose responses are not like others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Special {
    Head,
    Connect,
    None,
}

impl Progress {
    /// A request that has come.
    #[inline]
    pub(crate) fn new(method: &Method) -> Self {
        Self {
            status: None,
            ending: Ending::Cancelled,
            response_bytes: 0,
            announced_bytes: UNKNOWN,
            method: Special::of(method),
        }
    }

    /// The head of the response is there. Says whether the request has ended with that.
    #[inline]
    pub(super) fn answered<B: Body>(&mut self, response: &Response<B>) -> bool {
        let (status, body) = (response.status(), response.body());
        if self.switches_protocol(status) {
            return true;
        }
        // A server for HTTP/1 drops the body of such a response unread.
        let is_without_body =
            self.method == Special::Head || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let announced = || body.size_hint().exact().or_else(|| content_length(response.headers()));
        self.announced_bytes = if is_without_body { 0 } else { announced().unwrap_or(UNKNOWN) };
        body.is_end_stream()
    }

    /// A frame of the response's body is there. Says whether nothing can come after it.
    #[inline]
    pub(super) fn frame<D: Buf>(&mut self, frame: &Frame<D>) -> bool {
        if let Some(data) = frame.data_ref() {
            self.response_bytes += data.remaining() as u64;
        }
        // hyper does not ask for more either.
        frame.is_trailers()
    }

    /// Whether what follows a head with this status is not part of the response any more.
    #[inline]
    pub(crate) fn switches_protocol(&self, status: StatusCode) -> bool {
        status.is_informational() || (self.method == Special::Connect && status.is_success())
    }

    /// What went wrong, apart from what the status says.
    #[inline]
    pub(crate) fn error(&self, side: Side) -> Option<ErrorType> {
        match self.ending {
            Ending::Complete => None,
            Ending::Failed(error) => Some(error),
            // A client's caller did that on purpose.
            Ending::Cancelled if side == Side::Client => None,
            Ending::Cancelled => (self.response_bytes < self.announced_bytes).then_some(ErrorType::Cancelled),
        }
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

impl Special {
    #[inline]
    fn of(method: &Method) -> Self {
        match *method {
            Method::HEAD => Self::Head,
            Method::CONNECT => Self::Connect,
            _ => Self::None,
        }
    }
}
