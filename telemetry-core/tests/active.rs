//! The active guard, in the endings that a guard can have.
#![cfg(feature = "testing")]
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use telemetry_core::ActiveGuard;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::testing::{InMemoryMetrics, poll_once};

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
