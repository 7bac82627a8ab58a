//! The active guard, in the endings that a guard can have.
#![cfg(feature = "testing")]
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::{InMemoryMetrics, poll_once};
use telemetry_core::{ActiveGuard, MeterOptions, semconv};

fn lane() -> [KeyValue; 1] {
    [KeyValue::new("lane", "express")]
}

#[test]
fn hs_39_the_end_has_the_attributes_of_the_start() {
    let metrics = InMemoryMetrics::new();
    let counter = metrics.meter("shop").i64_up_down_counter("active").build();
    let active = || metrics.snapshot().sum("active", &[("lane", "express")]);

    let guard = ActiveGuard::new(counter.clone(), lane());
    let second = ActiveGuard::new(counter.clone(), lane());
    assert_eq!(active(), 2.0);
    drop(guard);
    assert_eq!(active(), 1.0);
    drop(second);
    assert_eq!(active(), 0.0);

    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _guard = ActiveGuard::new(counter.clone(), lane());
        panic!("on purpose");
    }));
    assert!(panicked.is_err());
    assert_eq!(active(), 0.0);

    let guard = ActiveGuard::new(counter.clone(), lane());
    let mut future = Box::pin(async move {
        let _guard = guard;
        std::future::pending::<()>().await;
    });
    assert!(poll_once(future.as_mut()).is_pending());
    assert_eq!(active(), 1.0);
    drop(future);
    assert_eq!(active(), 0.0);
    assert_eq!(metrics.snapshot().points("active").len(), 1);
}

#[test]
fn instruments_carry_prefix_unit_and_bounds() {
    let metrics = InMemoryMetrics::new();
    let options = MeterOptions::default().with_meter_provider(metrics.provider()).with_metric_prefix("shop");
    let meter = options.meter("test", "1");
    meter.f64_histogram(&semconv::metric::HTTP_SERVER_REQUEST_DURATION).record(0.2, &[]);
    meter.i64_up_down_counter(&semconv::metric::HTTP_SERVER_ACTIVE_REQUESTS).add(1, &[]);

    let snapshot = metrics.snapshot();
    let [duration] = snapshot.points("shop.http.server.request.duration")[..] else { panic!("{snapshot:?}") };
    assert_eq!(duration.unit, "s");
    let telemetry_core::testing::Value::Histogram { count, bounds, .. } = &duration.value else { panic!() };
    assert_eq!(*count, 1);
    assert_eq!(bounds, semconv::metric::REQUEST_SECONDS);
    assert_eq!(snapshot.sum("shop.http.server.active_requests", &[]), 1.0);
}
