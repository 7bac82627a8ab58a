//! What `RequestMetricsLayer` adds to a request.
#![allow(missing_docs)] // criterion's macros make public items.
#![allow(clippy::unwrap_used)] // A bench that cannot run has to stop.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;

use axum::extract::MatchedPath;
use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use telemetry_benches::request::{matched_path, now};
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry::metrics::NoopMeterProvider;
use telemetry_core::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_http::RequestMetricsLayer;
use telemetry_prometheus::{Format, PrometheusExporter};
use tower::{Layer, Service, service_fn};

fn answer<B>(_: Request<B>) -> Ready<Result<Response<Full<Bytes>>, Infallible>> {
    ready(Ok(Response::new(Full::from(Bytes::from_static(b"hello")))))
}

fn request(path: &MatchedPath) -> Request<Full<Bytes>> {
    let mut request = Request::get("/users/42").header("host", "example.com").body(Full::default()).unwrap();
    request.extensions_mut().insert(path.clone());
    request
}

fn bench<S, B>(criterion: &mut Criterion, scenario: &str, mut service: S)
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Error = Infallible>,
{
    let path = matched_path().unwrap();
    let mut group = criterion.benchmark_group("telemetry-http/request");
    group.bench_function(scenario, |bencher| {
        bencher.iter(|| {
            let response = now(service.call(black_box(request(&path)))).unwrap();
            black_box(now(response.into_body().collect()).unwrap());
        });
    });
    group.finish();
}

fn requests(criterion: &mut Criterion) {
    bench(criterion, "bare", service_fn(answer));

    let noop = RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(NoopMeterProvider::new()));
    bench(criterion, "noop-meter", noop.layer(service_fn(answer)));

    let exporter = PrometheusExporter::new();
    let provider = SdkMeterProvider::builder().with_reader(exporter.clone()).build();
    let metrics = RequestMetricsLayer::custom(MeterOptions::default().with_meter_provider(provider));
    let mut service = metrics.layer(service_fn(answer));
    bench(criterion, "metrics", service.clone());
    // A layer may go another way once somebody has collected, as happens to every one that is of use.
    now(service.call(request(&matched_path().unwrap()))).unwrap();
    exporter.render(Format::PrometheusText).unwrap();
    bench(criterion, "metrics-scraped", service);
}

criterion_group!(benches, requests);
criterion_main!(benches);
