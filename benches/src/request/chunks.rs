//! Bodies of many chunks, in both directions.

use std::convert::Infallible;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

use anyhow::Result;
use axum::extract::MatchedPath;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::{Body, Frame};
use telemetry_http::RequestMetricsLayer;
use tower::{Layer, Service, service_fn};

use super::sample::{ROUTE_AND_STATUS, Sample};
use super::system::Parts;
use super::workload::{Workload, exchange_bytes, read_to_end};
use crate::metrics::Metrics;

const CHUNK: &[u8] = &[0; 1024];

/// Requests with bodies of so many chunks, and responses of as many, without metrics.
#[must_use]
pub fn bare(chunks: usize) -> Parts {
    clients(chunks, service_fn(move |request| answer(request, chunks)))
}

/// The same through our layer as it comes.
#[must_use]
pub fn ours(chunks: usize) -> Parts {
    let metrics = Metrics::new();
    let layer = RequestMetricsLayer::custom(metrics.options());
    let parts = clients(chunks, layer.layer(service_fn(move |request| answer(request, chunks))));
    parts.recording(samples(chunks), move || metrics.page())
}

fn samples(chunks: usize) -> Vec<Sample> {
    let sample = |name, each| Sample { name, each, labels: ROUTE_AND_STATUS };
    let bytes = chunks * CHUNK.len();
    vec![
        sample("http_server_request_duration_seconds_count", 1),
        sample("http_server_request_body_size_bytes_sum", bytes),
        sample("http_server_response_body_size_bytes_sum", bytes),
    ]
}

fn clients<S, B>(chunks: usize, service: S) -> Parts
where
    S: Service<Request<Chunks>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    B: Body<Error = Infallible>,
{
    Parts::of_senders(move |path| {
        let mut service = service.clone();
        let mut send = move || exchange_bytes(&mut service, request(chunks, &path), chunks * CHUNK.len());
        Box::new(move |requests| (0..requests).for_each(|_| send()))
    })
}

fn request(chunks: usize, path: &MatchedPath) -> Request<Chunks> {
    let mut request = Workload::Get.request(path).map(|_| Chunks(chunks));
    *request.method_mut() = Method::POST;
    request
}

async fn answer<B: Body>(request: Request<B>, chunks: usize) -> Result<Response<Chunks>, Infallible> {
    read_to_end(request.into_body()).await;
    Ok(Response::new(Chunks(chunks)))
}

/// So many chunks that are still to come. Nobody is told of their bytes beforehand.
///
/// The compiler knows as little of them as of those of a connection: it would otherwise leave the chunks out where nobody
/// looks at them.
struct Chunks(usize);

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    #[inline(never)]
    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(None) };
        self.0 = left;
        black_box(Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(CHUNK))))))
    }

    fn is_end_stream(&self) -> bool {
        self.0 == 0
    }
}
