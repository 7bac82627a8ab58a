//! What must not leave a trace: errors that were dealt with inside, and names that nobody asked the DNS for.

use std::future::ready;
use std::io;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use telemetry_core::MeterOptions;
use telemetry_core::testing::InMemoryMetrics;
use telemetry_http::RequestMetricsLayer;
use tower::{ServiceBuilder, ServiceExt, service_fn};

const DURATION: &str = "http.server.request.duration";

/// The first attempt fails, and the second one does not.
fn attempt(number: u32) -> io::Result<&'static str> {
    if number == 1 { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok("second") }
}

async fn answer(
    layer: impl Fn(RequestMetricsLayer) -> RequestMetricsLayer,
    request: Request<Full<Bytes>>,
) -> InMemoryMetrics {
    let metrics = InMemoryMetrics::new();
    let options = MeterOptions::default().with_meter_provider(metrics.provider());
    let service = ServiceBuilder::new().layer(layer(RequestMetricsLayer::custom(options))).service(service_fn(|_| {
        let text = attempt(1).or_else(|_| attempt(2));
        ready(text.map(|text| Response::new(Full::<Bytes>::from(text))))
    }));
    service.oneshot(request).await.unwrap().into_body().collect().await.unwrap();
    metrics
}

#[tokio::test]
async fn hs_08_an_error_that_was_handled_inside_is_none() {
    let metrics = answer(|layer| layer, Request::new(Full::default())).await;
    let snapshot = metrics.snapshot();
    let points = snapshot.points(DURATION);
    assert_eq!(points.len(), 1);
    assert_eq!(points[0].attributes.get("error.type"), None);
    assert_eq!(points[0].attributes.get("http.response.status_code").map(String::as_str), Some("200"));
}

#[tokio::test]
async fn hs_14_an_address_stays_as_it_was_written() {
    let request = Request::get("/").header("host", "127.0.0.1:8080").body(Full::default()).unwrap();
    let metrics = answer(RequestMetricsLayer::with_server_address, request).await;
    let asked = [("server.address", "127.0.0.1"), ("server.port", "8080")];
    assert_eq!(metrics.snapshot().count(DURATION, &asked), 1);
}

/// Neither hyper nor axum takes `get` for `GET`, so there is no canonical name to report.
#[tokio::test]
async fn hs_03_a_method_in_another_case_is_another_method() {
    let request = Request::builder().method("get").uri("/").body(Full::default()).unwrap();
    let metrics = answer(|layer| layer, request).await;
    assert_eq!(metrics.snapshot().count(DURATION, &[("http.request.method", "_OTHER")]), 1);
}
