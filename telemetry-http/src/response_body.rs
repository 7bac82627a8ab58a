use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::in_flight::InFlight;

pin_project! {
    /// The response body of the layers' services: the inner service's own, watched to its end.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: B,
        // Behind `inner`, so that what the body still does when it is dropped comes before the record.
        in_flight: Option<InFlight>,
    }
}

impl<B> ResponseBody<B> {
    /// The body of a request that is still under way, or else just a body.
    pub(crate) fn new(inner: B, in_flight: Option<InFlight>) -> Self {
        Self { inner, in_flight }
    }
}

/// A body that belongs to no request, for layers outside that make responses of their own.
impl<B: Default> Default for ResponseBody<B> {
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
    B::Error: 'static,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(in_flight) = this.in_flight.as_mut() else {
            return this.inner.poll_frame(cx);
        };
        let (frame, ended) = ready!(in_flight.step(|| {
            this.inner.as_mut().poll_frame(cx).map(|frame| {
                let ended = match &frame {
                    // Nothing comes after trailers, and hyper does not ask for more.
                    Some(Ok(frame)) => frame.is_trailers() || this.inner.is_end_stream(),
                    Some(Err(_)) | None => true,
                };
                (frame, ended)
            })
        }));
        if let Some(Ok(frame)) = &frame {
            match (frame.data_ref(), frame.trailers_ref()) {
                (Some(data), _) => in_flight.add_response_bytes(data.remaining() as u64),
                (None, Some(trailers)) => in_flight.trailers(trailers),
                (None, None) => {}
            }
        }
        if ended {
            match &frame {
                Some(Err(error)) => in_flight.fail(error),
                _ => in_flight.complete(),
            }
            *this.in_flight = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
