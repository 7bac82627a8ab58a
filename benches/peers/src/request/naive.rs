//! What one writes by hand at first: six instruments, each given the attributes in every request.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::Result;
use axum::extract::MatchedPath;
use bytes::{Buf, Bytes};
use http::header::HOST;
use http::{Request, Response};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use telemetry_benches::request::{Parts, ROUTE, ROUTE_AND_STATUS, Sample, Workload, answer};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider, UpDownCounter};
use telemetry_core::semconv::metric::{BODY_BYTES, REQUEST_SECONDS};
use tower::service_fn;

use super::otel::provider;

struct Instruments {
    requests: Counter<u64>,
    active: UpDownCounter<i64>,
    request_size: Histogram<u64>,
    responses: Counter<u64>,
    failures: Counter<u64>,
    duration: Histogram<f64>,
}

pub(super) fn build(workload: Workload) -> Result<Parts> {
    let (provider, page) = provider()?;
    let instruments = Arc::new(Instruments::new(&provider.meter("naive")));
    let service = service_fn(move |request| handle(Arc::clone(&instruments), request));
    let size = workload.body().len();
    let samples = vec![
        Sample { name: "requests_total", each: 1, labels: ROUTE },
        Sample { name: "active_requests", each: 0, labels: ROUTE },
        Sample { name: "request_size_bytes_sum", each: size, labels: ROUTE_AND_STATUS },
        Sample { name: "responses_total", each: 1, labels: ROUTE_AND_STATUS },
        Sample { name: "request_duration_seconds_count", each: 1, labels: ROUTE_AND_STATUS },
    ];
    Ok(Parts::new(workload, service).recording(samples, page))
}

impl Instruments {
    fn new(meter: &Meter) -> Self {
        let duration = meter.f64_histogram("request.duration").with_unit("s");
        let request_size = meter.u64_histogram("request.size").with_unit("By");
        Self {
            requests: meter.u64_counter("requests").build(),
            active: meter.i64_up_down_counter("active_requests").build(),
            request_size: request_size.with_boundaries(BODY_BYTES.to_vec()).build(),
            responses: meter.u64_counter("responses").build(),
            failures: meter.u64_counter("failures").build(),
            duration: duration.with_boundaries(REQUEST_SECONDS.to_vec()).build(),
        }
    }
}

async fn handle(
    instruments: Arc<Instruments>,
    request: Request<Full<Bytes>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let start = Instant::now();
    let mut attributes = attributes(&request);
    instruments.requests.add(1, &attributes);
    instruments.active.add(1, &attributes);

    let read = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&read);
    let request: Request<BoxBody<Bytes, Infallible>> = request.map(|body| {
        let body = body.map_frame(move |frame| {
            counted.fetch_add(frame.data_ref().map_or(0, Buf::remaining), Ordering::Relaxed);
            frame
        });
        BoxBody::new(body)
    });
    let result = answer(request).await;

    instruments.active.add(-1, &attributes);
    match &result {
        Ok(response) => {
            attributes.push(KeyValue::new("http.response.status_code", i64::from(response.status().as_u16())));
            instruments.responses.add(1, &attributes);
            instruments.duration.record(start.elapsed().as_secs_f64(), &attributes);
        }
        Err(_) => instruments.failures.add(1, &attributes),
    }
    instruments.request_size.record(read.load(Ordering::Relaxed) as u64, &attributes);
    result
}

fn attributes(request: &Request<Full<Bytes>>) -> Vec<KeyValue> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    vec![
        KeyValue::new("http.request.method", request.method().as_str().to_owned()),
        KeyValue::new("http.route", route.to_owned()),
        KeyValue::new("network.protocol.version", "1.1"),
        KeyValue::new("server.address", host.to_owned()),
        KeyValue::new("url.scheme", request.uri().scheme_str().unwrap_or("http").to_owned()),
    ]
}
