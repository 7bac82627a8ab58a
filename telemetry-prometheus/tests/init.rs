//! The setup in one call. It is global: one test for the process.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use axum::Router;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use support::check;
use telemetry_prometheus::opentelemetry::{KeyValue, global};
use tower::ServiceExt;

#[tokio::test]
async fn init_serves_what_is_recorded_through_the_global_provider() {
    let (telemetry, metrics) = telemetry_prometheus::init().unwrap();
    let app: Router = Router::new().route_service("/metrics", metrics);
    global::meter("shop").u64_counter("orders").build().add(3, &[KeyValue::new("paid", true)]);

    let page = async || {
        let request = Request::builder().uri("/metrics").body(axum::body::Body::empty()).unwrap();
        let Ok(response) = app.clone().oneshot(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        let page = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(page.into()).unwrap()
    };
    let shown = page().await;
    check(&shown);
    assert!(shown.contains("\norders_total{otel_scope_name=\"shop\",paid=\"true\"} 3\n"), "{shown}");
    let target = shown.lines().find(|line| line.starts_with("target_info{")).unwrap();
    assert!(target.contains("service_name=\""), "{target}");
    let has_process = cfg!(all(feature = "process", target_os = "linux"));
    assert_eq!(shown.contains("\nprocess_start_time_seconds "), has_process, "{shown}");

    telemetry.shutdown().unwrap();
    assert!(page().await.contains("orders_total{"), "the last page stays");
}
