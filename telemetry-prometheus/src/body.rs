//! The body of a response.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body of a [`PrometheusMetricsHandler`](crate::PrometheusMetricsHandler)'s response: all bytes at once.
///
/// The default one is empty, for responses of other pages beside the metrics.
#[derive(Clone, Debug, Default)]
pub struct MetricsBody {
    bytes: Bytes,
}

impl From<Bytes> for MetricsBody {
    fn from(bytes: Bytes) -> Self {
        Self { bytes }
    }
}

impl Body for MetricsBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = std::mem::take(&mut self.bytes);
        Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}
