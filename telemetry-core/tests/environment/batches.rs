//! How spans and records of the log are collected into exports.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use telemetry_core::Telemetry;
use telemetry_core::opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader};

use crate::probe::{build, work};
use crate::receiver::{Receiver, Signal};
use crate::row::{Case, Outcome, Row, Seen, check_all};

pub(crate) fn rows() -> Vec<Row> {
    let of = |prefix: &str, signal: Signal| {
        let name = |variable: &str| format!("{prefix}_{variable}");
        [
            Row::new(name("SCHEDULE_DELAY"), "waits", move |case| by_itself(case, signal))
                .value("20", "comes by itself")
                .wrong(["0", "-1", "2147483648", "soon"]),
            Row::new(name("EXPORT_TIMEOUT"), "waits", move |case| given_up(case, Some(signal)))
                .value("50", "given up")
                .wrong(["-1", "2147483648", "1.5"]),
            Row::new(name("MAX_QUEUE_SIZE"), "2048, none lost", move |case| lost(case, signal))
                .value("3", "3, some lost")
                .wrong(["0", "-1", "2147483648", "much"]),
            Row::new(name("MAX_EXPORT_BATCH_SIZE"), "[5]", move |case| sizes(case, signal))
                .value("2", "[2, 2, 1]")
                .wrong(["0", "-1", "2147483648", "two"]),
        ]
    };
    of("OTEL_BSP", Signal::Traces).into_iter().chain(of("OTEL_BLRP", Signal::Logs)).collect()
}

/// The case with nothing but this signal.
pub(crate) fn alone(case: &Case, signal: Option<Signal>) -> Case {
    let others = Signal::ALL.into_iter().filter(|other| signal.is_some_and(|signal| *other != signal));
    others.fold(case.clone(), |case, other| case.and(&format!("OTEL_{}_EXPORTER", other.variable()), "none"))
}

/// Whether something is exported that nobody asked for.
pub(crate) fn by_itself(case: &Case, signal: Signal) -> Outcome {
    let receiver = Receiver::start();
    let case = alone(case, Some(signal)).and("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    let (telemetry, warnings) = build(case.builder())?;
    work(&telemetry);
    let deadline = Instant::now() + case.patience;
    while receiver.received().is_empty() && Instant::now() < deadline {
        thread::park_timeout(Duration::from_millis(5));
    }
    let came = !receiver.received().is_empty();
    let _ = telemetry.shutdown();
    Ok(Seen { effect: if came { "comes by itself" } else { "waits" }.to_owned(), warnings })
}

/// Whether an export to somebody who never answers comes to an end.
pub(crate) fn given_up(case: &Case, signal: Option<Signal>) -> Outcome {
    let receiver = Receiver::silent();
    let case = alone(case, signal).and("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    let (telemetry, warnings) = build(case.builder())?;
    work(&telemetry);
    let telemetry = Arc::new(telemetry);
    let (done, wait) = mpsc::channel();
    let flushing = Arc::clone(&telemetry);
    let flush = thread::spawn(move || done.send(flushing.flush().is_err()));
    let effect = match wait.recv_timeout(case.patience) {
        Ok(failed) => {
            assert!(failed, "an export without an answer is no export");
            "given up"
        }
        Err(_) => "waits",
    };
    let _ = telemetry.shutdown_within(Duration::from_millis(10));
    flush.join().unwrap().ok();
    Ok(Seen { effect: effect.to_owned(), warnings })
}

/// The room there is, and whether twenty items get lost while the receiver is busy.
fn lost(case: &Case, signal: Signal) -> Outcome {
    let receiver = Receiver::silent();
    let case = alone(case, Some(signal)).and("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let (telemetry, warnings) = build(case.builder().configure_metrics(|metrics| metrics.with_reader(reader)))?;
    (0..20).for_each(|_| work(&telemetry));
    telemetry.meter_provider().force_flush().unwrap();
    let item = if signal == Signal::Logs { "log" } else { "span" };
    let capacity = number(&exporter, &format!("otel.sdk.processor.{item}.queue.capacity"), false);
    let lost = number(&exporter, &format!("otel.sdk.processor.{item}.processed"), true).is_some_and(|lost| lost > 0);
    let _ = telemetry.shutdown_within(Duration::from_millis(10));
    let effect = format!("{}, {} lost", capacity.unwrap(), if lost { "some" } else { "none" });
    Ok(Seen { effect, warnings })
}

/// The sum of the points, of those alone that tell of a full queue if they are wanted.
fn number(exporter: &InMemoryMetricExporter, name: &str, full: bool) -> Option<i64> {
    let collected = exporter.get_finished_metrics().unwrap().pop()?;
    let message = ExportMetricsServiceRequest::from(&collected);
    let mut metrics = message.resource_metrics.into_iter().flat_map(|of| of.scope_metrics).flat_map(|of| of.metrics);
    let Some(Data::Sum(sum)) = metrics.find(|metric| metric.name == name)?.data else { return None };
    let mut points = sum.data_points;
    points.retain(|point| !full || format!("{:?}", point.attributes).contains("queue_full"));
    let value = |value| match value {
        Value::AsInt(number) => number,
        Value::AsDouble(number) => panic!("{name} is {number}"),
    };
    Some(points.into_iter().filter_map(|point| point.value).map(value).sum())
}

/// How five items are exported.
fn sizes(case: &Case, signal: Signal) -> Outcome {
    let receiver = Receiver::start();
    let (telemetry, warnings) =
        build(alone(case, Some(signal)).and("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url()).builder())?;
    (0..5).for_each(|_| work(&telemetry));
    telemetry.shutdown().unwrap();
    let sizes: Vec<_> = match signal {
        Signal::Logs => receiver.logs().iter().map(Vec::len).collect(),
        _ => receiver.spans().iter().map(Vec::len).collect(),
    };
    Ok(Seen { effect: format!("{sizes:?}"), warnings })
}

#[test]
fn co_01_co_03_co_13_batches_of_spans_and_of_the_log() {
    check_all(&rows());
}

#[test]
fn co_13_a_batch_is_no_larger_than_the_queue() {
    for (prefix, signal) in [("OTEL_BSP", Signal::Traces), ("OTEL_BLRP", Signal::Logs)] {
        let (queue, batch) = (format!("{prefix}_MAX_QUEUE_SIZE"), format!("{prefix}_MAX_EXPORT_BATCH_SIZE"));
        let seen = lost(&Case::of([(&*queue, "4"), (&*batch, "5")]), signal).unwrap();
        assert_eq!(seen.effect, "4, some lost");
        assert!(seen.warnings.len() == 1 && seen.warnings[0].contains(&batch), "{:?}", seen.warnings);
        // The default makes room by itself.
        assert!(lost(&Case::of([(&*queue, "4")]), signal).unwrap().warnings.is_empty());
    }
}

#[test]
fn co_03_a_timeout_of_zero_is_no_limit() {
    for variable in ["OTEL_BSP_EXPORT_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"] {
        let case = Case { patience: Duration::from_millis(300), ..Case::of([(variable, "0")]) };
        assert_eq!(given_up(&case, Some(Signal::Traces)).unwrap().effect, "waits", "{variable}");
    }
}

#[test]
fn co_01_methods_of_the_builder_are_the_variables() {
    let receiver = Receiver::silent();
    let case = Case::of([("OTEL_EXPORTER_OTLP_TIMEOUT", "100000"), ("OTEL_METRIC_EXPORT_INTERVAL", "100000")]);
    let builder = case.builder().with_otlp_endpoint(receiver.url()).with_otlp_timeout(Duration::from_micros(1));
    let (telemetry, warnings) = build(builder.with_metric_export_interval(Duration::from_micros(1))).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    work(&telemetry);
    flush_fails(&telemetry);
    let _ = telemetry.shutdown_within(Duration::from_millis(10));
}

/// Within a moment, or the test would take a hundred seconds.
fn flush_fails(telemetry: &Telemetry) {
    let begin = Instant::now();
    telemetry.flush().unwrap_err();
    assert!(begin.elapsed() < Duration::from_secs(20));
}
