//! What happens in the middle of something else: in a collection, in the caller's function, at the end of a thread.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use common::{ACTIVE, Closing, DURATION, Metered};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_core::testing::InMemoryMetrics;
use telemetry_core::{AttributesFactory, MeterOptions};
use telemetry_net::{MeteredStream, NetworkMetricsLayer};

/// Streams that come and go while a reader collects, the last of their layer too.
#[test]
fn nt_68_streams_come_and_go_in_a_collection() {
    let metrics = InMemoryMetrics::new();
    let layer = NetworkMetricsLayer::custom(MeterOptions::default().with_meter_provider(metrics.provider()));
    let open = vec![layer.meter(Closing::default()), layer.meter(Closing::default())];
    let handle = open[0].connection().clone();
    let parts = Mutex::new(Some((layer, open, handle)));
    let _ = metrics.snapshot();
    let meter = metrics.provider().meter("test");
    let _gauge = meter
        .u64_observable_gauge("test")
        .with_callback(move |_| {
            if let Some((layer, open, handle)) = parts.lock().unwrap().take() {
                let late = layer.meter(Closing::default());
                drop(layer);
                drop(open);
                drop(late);
                drop(handle);
            }
        })
        .build();
    let _ = metrics.snapshot();
    let snapshot = metrics.snapshot();
    assert_eq!(snapshot.sum(ACTIVE, &[]), 0.0);
    assert_eq!(snapshot.count(DURATION, &[]), 3);
}

thread_local! {
    static KEPT: RefCell<Option<MeteredStream<Closing>>> = const { RefCell::new(None) };
}

#[test]
fn nt_68_the_end_of_a_thread_ends_what_it_keeps() {
    for collected in [false, true] {
        let metered = Metered::new();
        let layer = metered.layer.clone();
        if collected {
            drop(layer.meter(Closing::default()));
            let _ = metered.metrics.snapshot();
        }
        let thread = std::thread::spawn(move || {
            KEPT.with(|kept| *kept.borrow_mut() = Some(layer.meter(Closing::default())));
        });
        thread.join().unwrap();
        assert_eq!(metered.active(), 0.0);
        assert_eq!(metered.metrics.snapshot().count(DURATION, &[]), 1 + u64::from(collected));
    }
}

#[test]
fn nt_68_a_function_of_the_callers_may_panic_or_meter() {
    let metered = Metered::new();
    let inner = metered.layer.clone();
    let calls = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&calls);
    let layer = metered.layer.clone().with_attributes(AttributesFactory::from_fn(move |_| {
        drop(inner.meter(Closing::default()));
        let mut calls = seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *calls += 1;
        assert!(*calls != 2, "on purpose");
        vec![KeyValue::new("calls", *calls)]
    }));
    drop(layer.meter(Closing::default()));
    catch_unwind(AssertUnwindSafe(|| layer.meter(Closing::default()))).unwrap_err();
    drop(layer.meter(Closing::default()));
    let snapshot = metered.metrics.snapshot();
    assert_eq!(snapshot.sum(ACTIVE, &[]), 0.0);
    assert_eq!(snapshot.count(DURATION, &[]), 5);
}
