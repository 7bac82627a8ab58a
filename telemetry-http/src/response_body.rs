use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::in_flight::Tracked;

pin_project! {
    /// The response body of the layers' services: the inner service's own, watched to its end.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: B,
        // Behind `inner`, so that what the body still does when it is dropped comes before the record.
        tracked: Tracked,
    }
}

impl<B> ResponseBody<B> {
    /// The body of a request that is still under way, or else just a body.
    pub(crate) fn new(inner: B, tracked: Tracked) -> Self {
        Self { inner, tracked }
    }
}

/// A body that belongs to no request, for layers outside that make responses of their own.
impl<B: Default> Default for ResponseBody<B> {
    fn default() -> Self {
        Self::new(B::default(), Tracked::default())
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
        let frame = ready!(this.tracked.step(|| this.inner.as_mut().poll_frame(cx)));
        match &frame {
            Some(Ok(frame)) => this.tracked.frame(frame, || this.inner.is_end_stream()),
            Some(Err(error)) => this.tracked.failed(error),
            None => this.tracked.completed(),
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
