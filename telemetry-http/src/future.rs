use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_LENGTH;
use http::response::Parts;
use http::{HeaderMap, Response};
use http_body::Body;
use pin_project_lite::pin_project;

use crate::in_flight::InFlight;
use crate::response_body::ResponseBody;

pin_project! {
    /// The future of the layers' services.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // Behind `inner`, so that what the service still does when it is dropped comes before the record.
        in_flight: Option<InFlight>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, in_flight: Option<InFlight>) -> Self {
        Self { inner, in_flight }
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
        let Some(in_flight) = this.in_flight else {
            return this.inner.poll(cx).map_ok(|response| response.map(|body| ResponseBody::new(body, None)));
        };
        match ready!(in_flight.step(|| this.inner.poll(cx))) {
            Ok(response) => {
                let (head, body) = response.into_parts();
                if answer(in_flight, &head, &body) {
                    *this.in_flight = None;
                }
                let body = ResponseBody::new(body, this.in_flight.take());
                Poll::Ready(Ok(Response::from_parts(head, body)))
            }
            Err(error) => {
                in_flight.fail(&error);
                *this.in_flight = None;
                Poll::Ready(Err(error))
            }
        }
    }
}

/// The head of the response is there. Says whether the request has ended with that.
#[inline]
fn answer<B: Body>(in_flight: &mut InFlight, head: &Parts, body: &B) -> bool {
    in_flight.head(head);
    let ended = in_flight.switches_protocol(head.status) || {
        let without = in_flight.is_without_body(head.status);
        let (ended, announced) = in_flight.step(|| {
            let announced = || body.size_hint().exact().or_else(|| content_length(&head.headers));
            (body.is_end_stream(), if without { Some(0) } else { announced() })
        });
        in_flight.expect_response_bytes(announced);
        ended
    };
    if ended {
        in_flight.complete();
    }
    ended
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}
