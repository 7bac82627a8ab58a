use std::fmt;
use std::future::Future;
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

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

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(inner) = this.inner.get_pin() else { return Poll::Pending };
        match ready!(this.tracked.step(|| inner.poll(cx))) {
            Ok(response) => {
                let (mut head, body) = response.into_parts();
                this.tracked.answered(&mut head, &body);
                let body = ResponseBody::new(body, take(this.tracked));
                Poll::Ready(Ok(Response::from_parts(head, body)))
            }
            Err(error) => {
                this.tracked.failed(&error);
                Poll::Ready(Err(error))
            }
        }
    }
}

impl<F, O: Observer> fmt::Debug for ResponseFuture<F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("tracked", &self.tracked).finish_non_exhaustive()
    }
}
