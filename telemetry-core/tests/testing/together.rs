use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use telemetry_core::opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider};
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_core::opentelemetry::trace::{Span, Tracer, TracerProvider};
use telemetry_core::opentelemetry::{InstrumentationScope, global};
use telemetry_core::opentelemetry_sdk::error::OTelSdkResult;
use telemetry_core::opentelemetry_sdk::logs::{LogProcessor, SdkLogRecord};
use telemetry_core::opentelemetry_sdk::trace::Sampler;
use telemetry_core::testing::{EmittedLog, InMemoryLogs, InMemorySpans, TestTelemetry};

const THREADS: usize = 4;
const ROUNDS: usize = 50;

/// Counts, opens a span and emits a record in it, all of this name. What is `inside` runs in the span.
fn sell(telemetry: &TestTelemetry, name: &'static str, inside: impl FnOnce()) {
    let counter = telemetry.meter_provider().meter("shop").u64_counter(name).build();
    let logger = telemetry.logger_provider().logger("shop");
    telemetry.tracer_provider().tracer("shop").in_span(name, |_| {
        counter.add(1, &[]);
        let mut record = logger.create_log_record();
        record.set_body(name.into());
        logger.emit(record);
        inside();
    });
}

/// That all three signals have this name `times` times, and no other, and every record the span that it was emitted in.
fn assert_sold(telemetry: &TestTelemetry, name: &str, times: usize) {
    let snapshot = telemetry.metrics().snapshot();
    assert_eq!((snapshot.names(), snapshot.sum(name, &[])), (vec![name], times as f64));
    let (spans, logs) = (telemetry.spans().finished(), telemetry.logs().emitted());
    assert_eq!((spans.len(), logs.len()), (times, times));
    assert!(spans.iter().all(|span| span.name == name), "{spans:?}");
    assert!(logs.iter().all(|log| log.body_text().as_deref() == Some(name)), "{logs:?}");
    assert!(spans.iter().all(|span| logs.iter().any(|log| log.is_within(span))));
}

#[test]
fn two_kits_that_threads_use_in_turn_and_one_inside_the_other_stay_apart() {
    let (tea, milk) = (TestTelemetry::new(), TestTelemetry::new());
    let start = Barrier::new(THREADS);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                for _ in 0..ROUNDS {
                    sell(&tea, "tea", || sell(&milk, "milk", || sell(&tea, "tea", || ())));
                    sell(&milk, "milk", || sell(&tea, "tea", || ()));
                }
            });
        }
    });
    assert_sold(&tea, "tea", 3 * THREADS * ROUNDS);
    assert_sold(&milk, "milk", 2 * THREADS * ROUNDS);
}

#[test]
fn kits_of_threads_that_are_in_their_spans_at_once_see_their_own_alone() {
    let all_inside = Barrier::new(THREADS);
    thread::scope(|scope| {
        for name in ["tea", "milk", "bread", "salt"] {
            let all_inside = &all_inside;
            scope.spawn(move || {
                let telemetry = TestTelemetry::new();
                sell(&telemetry, name, || {
                    all_inside.wait();
                    sell(&telemetry, name, || _ = all_inside.wait());
                });
                assert_sold(&telemetry, name, 2);
                let [inner, outer] = &telemetry.spans().finished()[..] else { panic!("{telemetry:?}") };
                assert!(outer.is_root() && inner.is_child_of(outer));
            });
        }
    });
}

#[test]
fn a_span_that_begins_in_one_of_another_kit_is_its_child_and_kept_by_its_own() {
    let (tea, milk) = (TestTelemetry::new(), TestTelemetry::new());
    sell(&tea, "tea", || sell(&milk, "milk", || ()));
    assert!(milk.spans().only().is_child_of(&tea.spans().only()));
    assert!(milk.logs().only().is_within(&milk.spans().only()));
}

#[test]
fn the_globals_of_the_process_stay_as_they_are() {
    let before = global::meter_provider();
    let telemetry = TestTelemetry::new();
    sell(&telemetry, "tea", || global::meter("shop").u64_counter("global").build().add(1, &[]));
    assert_sold(&telemetry, "tea", 1);

    assert!(Arc::ptr_eq(&before, &global::meter_provider()));
    let span = global::tracer("shop").start("global");
    assert!(!span.span_context().is_valid() && !span.is_recording());
    global::get_text_map_propagator(|propagator| assert_eq!(propagator.fields().count(), 0));
    assert_sold(&telemetry, "tea", 1);
}

#[test]
fn a_kit_takes_spans_and_logs_that_the_test_has_set_up() {
    let telemetry = TestTelemetry::new()
        .with_spans(InMemorySpans::with_sampler(Sampler::AlwaysOff))
        .with_logs(InMemoryLogs::configured(|provider| provider.with_log_processor(Shout)));
    sell(&telemetry, "tea", || ());
    assert!(telemetry.spans().finished().is_empty());
    assert_eq!(telemetry.logs().emitted().iter().filter_map(EmittedLog::body_text).collect::<Vec<_>>(), ["TEA"]);
    assert_eq!(telemetry.metrics().snapshot().sum("tea", &[]), 1.0);
}

/// Writes the body in capitals.
#[derive(Debug)]
struct Shout;

impl LogProcessor for Shout {
    fn emit(&self, record: &mut SdkLogRecord, _: &InstrumentationScope) {
        if let Some(AnyValue::String(body)) = record.body() {
            record.set_body(body.as_str().to_uppercase().into());
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
