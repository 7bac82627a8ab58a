//! The body of a response.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::handler::Admitted;

/// A frame is no longer than this. A server takes the next one when it has room, so the body of a large page, and with it
/// the scrape's place among those in flight, live for as long as the client reads. A small page is soon in the buffers
/// of the server and of the system: hyper has room for 400 KiB.
const FRAME: usize = 64 * 1024;

/// The body of a [`PrometheusMetricsHandler`](crate::PrometheusMetricsHandler)'s response.
///
/// The default one is empty, for responses of other pages beside the metrics.
#[derive(Clone, Debug, Default)]
pub struct MetricsBody {
    bytes: Bytes,
    admitted: Option<Arc<Admitted>>,
}

impl MetricsBody {
    pub(crate) fn hold(&mut self, admitted: Admitted) {
        self.admitted = Some(Arc::new(admitted));
    }
}

impl From<Bytes> for MetricsBody {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, admitted: None }
    }
}

impl Body for MetricsBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.bytes.is_empty() {
            self.admitted = None;
            return Poll::Ready(None);
        }
        let length = self.bytes.len().min(FRAME);
        let frame = self.bytes.split_to(length);
        Poll::Ready(Some(Ok(Frame::data(frame))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}
