//! How a service with layers of this crate is tested: with one kit, and without globals.
#![allow(clippy::unwrap_used)]

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry::logs::{LogRecord, Logger, LoggerProvider, Severity};
use telemetry_core::opentelemetry::trace::SpanKind;
use telemetry_core::testing::TestTelemetry;
use telemetry_http::{RequestMetricsLayer, RequestTraceLayer};
use tower::{ServiceBuilder, ServiceExt, service_fn};

const DURATION: &str = "http.server.request.duration";

/// A request to a shop, whose handler waits once and then says what it has sold.
async fn buy(telemetry: &TestTelemetry, item: &'static str) {
    let options = MeterOptions::default().with_meter_provider(telemetry.meter_provider());
    let logger = telemetry.logger_provider().logger("shop");
    let shop = ServiceBuilder::new()
        .layer(
            RequestTraceLayer::with_tracer_provider(telemetry.tracer_provider()).with_route(move |_| Some(item.into())),
        )
        .layer(RequestMetricsLayer::custom(options).with_route(move |_| Some(item.into())))
        .service(service_fn(|_| async {
            tokio::task::yield_now().await;
            let mut record = logger.create_log_record();
            record.set_severity_number(Severity::Info);
            record.set_body(format!("sold {item}").into());
            logger.emit(record);
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        }));
    let request = Request::get("/").body(Empty::<Bytes>::new()).unwrap();
    shop.oneshot(request).await.unwrap().collect().await.unwrap();
}

#[tokio::test]
async fn two_services_in_one_thread_keep_metrics_spans_and_logs_apart() {
    let (tea, milk) = (TestTelemetry::new(), TestTelemetry::new());
    tokio::join!(buy(&tea, "/tea"), buy(&milk, "/milk"));

    for (telemetry, route) in [(&tea, "/tea"), (&milk, "/milk")] {
        let snapshot = telemetry.metrics().snapshot();
        assert_eq!(snapshot.count(DURATION, &[("http.route", route)]), 1);
        assert_eq!(snapshot.count(DURATION, &[]), 1);
        let span = telemetry.spans().only();
        assert_eq!((span.name.as_ref(), &span.span_kind), (&*format!("GET {route}"), &SpanKind::Server));
        assert!(span.is_root());
        let log = telemetry.logs().only();
        assert_eq!(log.body_text(), Some(format!("sold {route}")));
        assert!(log.is_within(&span));
    }
}
