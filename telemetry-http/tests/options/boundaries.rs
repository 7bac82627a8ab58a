//! Bucket bounds of the caller's.

use telemetry_core::semconv;
use telemetry_core::testing::Value;

use super::*;
use crate::log::logged;

fn bounds(snapshot: &Snapshot, metric: &str) -> Vec<f64> {
    match &snapshot.points(metric)[..] {
        [point] => match &point.value {
            Value::Histogram { bounds, .. } => bounds.clone(),
            other => panic!("{metric} has {other:?}"),
        },
        points => panic!("{metric} has {points:?}"),
    }
}

#[test]
fn hs_34_bounds_can_be_given() {
    let metrics = InMemoryMetrics::new();
    let layer = server(&metrics).with_response_head_duration();
    let layer = layer.with_duration_boundaries([0.5, 1.0]).with_body_size_boundaries(Vec::new());
    let log = logged(|| send(&layer, get()));
    assert!(!log.contains("ERROR"), "{log}");
    let snapshot = metrics.snapshot();
    for metric in [DURATION, HEAD_DURATION] {
        assert_eq!(bounds(&snapshot, metric), [0.5, 1.0]);
    }
    for metric in [REQUEST_SIZE, RESPONSE_SIZE] {
        assert_eq!((bounds(&snapshot, metric), snapshot.count(metric, &[])), (Vec::new(), 1));
    }
}

#[test]
fn hs_34_bounds_that_no_histogram_can_have_leave_the_default_and_are_an_error_in_the_log() {
    for bad in [vec![1.0, 0.5], vec![1.0, 1.0], vec![f64::NAN], vec![0.5, f64::INFINITY], vec![f64::NEG_INFINITY]] {
        let metrics = InMemoryMetrics::new();
        let log = logged(|| {
            let layer = server(&metrics).with_duration_boundaries(bad.clone()).with_body_size_boundaries(bad.clone());
            send(&layer, get());
        });
        assert_eq!(log.matches("bucket bounds must be finite and ascend").count(), 2, "{log}");
        let snapshot = metrics.snapshot();
        assert_eq!(bounds(&snapshot, DURATION), semconv::metric::REQUEST_SECONDS);
        assert_eq!(bounds(&snapshot, RESPONSE_SIZE), semconv::metric::BODY_BYTES);
    }
}
