//! Bodies that do what they are told, one step a poll. Their panics are quiet.

use std::collections::VecDeque;
use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use telemetry_http::RequestBody;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    Timeout,
    Reset,
    Text,
}

impl Failure {
    pub(crate) fn error(self) -> BoxError {
        match self {
            Self::Timeout => io::Error::from(io::ErrorKind::TimedOut).into(),
            Self::Reset => io::Error::from(io::ErrorKind::ConnectionReset).into(),
            Self::Text => "user 42 not found".into(),
        }
    }

    /// The value of `error.type`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Reset => "connection_reset",
            Self::Text => "_OTHER",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Data(u16),
    Pending,
    Trailers,
    Fail(Failure),
    Panic,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    pub(crate) steps: VecDeque<Step>,
    /// Whether `is_end_stream` says when nothing is left.
    pub(crate) tells_end: bool,
    /// What `size_hint` says.
    pub(crate) size: Option<u64>,
}

impl Script {
    pub(crate) fn bytes(&self) -> u64 {
        let bytes = |step: &Step| if let Step::Data(bytes) = step { u64::from(*bytes) } else { 0 };
        self.steps.iter().map(bytes).sum()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.tells_end && self.steps.is_empty()
    }
}

/// The body of a request.
#[derive(Debug)]
pub(crate) struct Upload(pub(crate) Script);

impl Body for Upload {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(match self.0.steps.pop_front() {
            None => None,
            Some(Step::Pending) => return Poll::Pending,
            Some(Step::Data(bytes)) => Some(Ok(Frame::data(Bytes::from(vec![0; bytes.into()])))),
            Some(Step::Trailers) => Some(Ok(Frame::trailers(HeaderMap::new()))),
            Some(Step::Fail(failure)) => Some(Err(failure.error())),
            Some(Step::Panic) => resume_unwind(Box::new("scripted")),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.has_ended()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// The body of a response, which may go on reading the request's.
#[derive(Debug)]
pub(crate) struct Download {
    pub(crate) own: Upload,
    pub(crate) upload: Option<RequestBody<Upload>>,
}

impl Body for Download {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(upload) = &mut self.upload {
            let _ = Pin::new(upload).poll_frame(cx);
        }
        Pin::new(&mut self.own).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.own.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.own.size_hint()
    }
}
