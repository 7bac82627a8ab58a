use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_LENGTH;
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
        let result = match this.in_flight {
            Some(in_flight) => ready!(in_flight.step(|| this.inner.poll(cx))),
            None => ready!(this.inner.poll(cx)),
        };
        let in_flight = this.in_flight.take();
        Poll::Ready(match result {
            Ok(response) => Ok(respond(response, in_flight)),
            Err(error) => {
                if let Some(in_flight) = in_flight {
                    in_flight.fail(&error);
                }
                Err(error)
            }
        })
    }
}

fn respond<B: Body>(response: Response<B>, in_flight: Option<InFlight>) -> Response<ResponseBody<B>> {
    let (head, body) = response.into_parts();
    let body = match in_flight {
        None => ResponseBody::untracked(body),
        Some(mut in_flight) => {
            in_flight.head(&head);
            if in_flight.switches_protocol(head.status) {
                in_flight.complete();
                ResponseBody::untracked(body)
            } else if in_flight.is_without_body(head.status) {
                ResponseBody::tracked(body, |_| Some(0), in_flight)
            } else {
                ResponseBody::tracked(
                    body,
                    |body| content_length(&head.headers).or(body.size_hint().exact()),
                    in_flight,
                )
            }
        }
    };
    Response::from_parts(head, body)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}
