use std::fmt;
use std::future::Future;
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::lifecycle::{Observer, Slot, Tracked};
use crate::measured::Measured;
use crate::response_body::ResponseBody;

pin_project! {
    /// The future of the layers' services. `O` is what the layer keeps of a request: [`Measured`], or `Traced` for spans.
    pub struct ResponseFuture<F, O: Observer = Measured> {
        #[pin]
        inner: O::Slot<F>,
        // Behind `inner`, so that what the service still does when it is dropped comes before the record.
        tracked: Tracked<O>,
    }

    impl<F, O: Observer> PinnedDrop for ResponseFuture<F, O> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.tracked.last_step(|| this.inner.empty());
        }
    }
}

impl<F, O: Observer> ResponseFuture<F, O> {
    #[inline]
    pub(crate) fn new(inner: F, tracked: Tracked<O>) -> Self {
        Self { inner: Slot::new(inner), tracked }
    }
}

impl<F, O, ResBody, E> Future for ResponseFuture<F, O>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    O: Observer,
    ResBody: Body,
    E: 'static,
{
    type Output = Result<Response<ResponseBody<ResBody, O>>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.get_pin() else { return Poll::Pending };
        // Looked at where it is: a response is large, and would be copied if it were taken out or taken apart.
        let mut polled = this.tracked.step(|| inner.poll(cx));
        match &mut polled {
            Poll::Pending => {}
            Poll::Ready(Ok(response)) => this.tracked.answered(response),
            Poll::Ready(Err(error)) => this.tracked.failed(error),
        }
        polled.map_ok(|response| response.map(|body| ResponseBody::new(body, take(this.tracked))))
    }
}

impl<F, O: Observer> fmt::Debug for ResponseFuture<F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("tracked", &self.tracked).finish_non_exhaustive()
    }
}
