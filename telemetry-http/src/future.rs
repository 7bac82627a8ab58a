use std::future::Future;
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::in_flight::Tracked;
use crate::response_body::ResponseBody;

pin_project! {
    /// The future of the layers' services.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // Behind `inner`, so that what the service still does when it is dropped comes before the record.
        tracked: Tracked,
    }
}

impl<F> ResponseFuture<F> {
    #[inline]
    pub(crate) fn new(inner: F, tracked: Tracked) -> Self {
        Self { inner, tracked }
    }
}

impl<F, ResBody, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    ResBody: Body,
    E: 'static,
{
    type Output = Result<Response<ResponseBody<ResBody>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match ready!(this.tracked.step(|| this.inner.poll(cx))) {
            Ok(response) => {
                let (head, body) = response.into_parts();
                this.tracked.answered(&head, &body);
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
