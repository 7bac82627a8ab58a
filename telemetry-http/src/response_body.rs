use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::lifecycle::{Observer, Slot, Tracked};
use crate::measured::Measured;

pin_project! {
    /// The response body of the layers' services: the inner service's own, watched to its end. `O` is what the layer keeps
    /// of a request: [`Measured`], or `Traced` for spans.
    pub struct ResponseBody<B, O: Observer = Measured> {
        #[pin]
        inner: O::Slot<B>,
        // Behind `inner`, so that what the body still does when it is dropped comes before the record.
        tracked: Tracked<O>,
    }

    impl<B, O: Observer> PinnedDrop for ResponseBody<B, O> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.tracked.last_step(|| this.inner.empty());
        }
    }
}

impl<B, O: Observer> ResponseBody<B, O> {
    /// The body of a request that is still under way, or else just a body.
    pub(crate) fn new(inner: B, tracked: Tracked<O>) -> Self {
        Self { inner: Slot::new(inner), tracked }
    }
}

/// A body that belongs to no request, for layers outside that make responses of their own.
impl<B: Default, O: Observer> Default for ResponseBody<B, O> {
    fn default() -> Self {
        Self::new(B::default(), Tracked::default())
    }
}

impl<B, O> Body for ResponseBody<B, O>
where
    B: Body,
    B::Error: 'static,
    O: Observer,
{
    type Data = B::Data;
    type Error = B::Error;

    // Without it, chance decides whether a caller without link-time optimisation can inline it.
    #[inline]
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(mut inner) = this.inner.get_pin() else { return Poll::Ready(None) };
        // Looked at where it is: a frame is large, and would be copied if it were taken out.
        let polled = this.tracked.step(|| inner.as_mut().poll_frame(cx));
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(frame))) => this.tracked.frame(frame, || inner.is_end_stream()),
            Poll::Ready(Some(Err(error))) => this.tracked.failed(error),
            Poll::Ready(None) => this.tracked.completed(),
        }
        polled
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        self.inner.get().is_none_or(Body::is_end_stream)
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        self.inner.get().map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl<B, O: Observer> fmt::Debug for ResponseBody<B, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseBody").field("tracked", &self.tracked).finish_non_exhaustive()
    }
}
