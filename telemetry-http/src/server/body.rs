use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::record::InFlight;

pin_project! {
    /// The response body of [`RequestMetricsService`](crate::RequestMetricsService): the service's own, watched to its
    /// end.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: B,
        // Behind `inner`, so that what the body still does when it is dropped comes before the record.
        in_flight: Option<InFlight>,
    }
}

impl<B: Body> ResponseBody<B> {
    pub(crate) fn new(inner: B, headers: &HeaderMap, mut in_flight: InFlight) -> Self {
        if inner.is_end_stream() {
            in_flight.complete();
            return Self::untracked(inner);
        }
        in_flight.expect_response_bytes(content_length(headers).or_else(|| inner.size_hint().exact()));
        Self { inner, in_flight: Some(in_flight) }
    }
}

impl<B> ResponseBody<B> {
    /// A body whose request has ended already.
    pub(crate) fn untracked(inner: B) -> Self {
        Self { inner, in_flight: None }
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
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
        let frame = ready!(in_flight.step(|| this.inner.as_mut().poll_frame(cx)));
        if let Some(Ok(frame)) = &frame {
            in_flight.add_response_bytes(frame.data_ref().map_or(0, |data| data.remaining() as u64));
        }
        let more_to_come = matches!(frame, Some(Ok(_))) && !this.inner.is_end_stream();
        if !more_to_come && let Some(in_flight) = this.in_flight.take() {
            match &frame {
                Some(Err(error)) => in_flight.fail(error),
                _ => in_flight.complete(),
            }
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
