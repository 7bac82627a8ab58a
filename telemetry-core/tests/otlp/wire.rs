//! What a receiver gets.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_core::opentelemetry::trace::{Span, TraceContextExt, Tracer, TracerProvider};

use crate::mode::Mode;
use crate::receiver::{Protocol, Receiver, Seen};
use crate::rig::{Rig, builder, builder_to, counts};

const AGENT: &str = concat!("OTel-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));

#[test]
fn requests_are_those_of_the_protocol() {
    for protocol in Protocol::BOTH {
        for gzip in [false, true] {
            let receiver = Receiver::new(protocol, Mode::Fine);
            let builder = builder(&receiver)
                .with_setting("OTEL_EXPORTER_OTLP_COMPRESSION", if gzip { "gzip" } else { "none" })
                .with_setting("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, team = x")
                .with_setting("OTEL_METRICS_EXPORTER", "otlp");
            let rig = Rig::new(builder);
            rig.span();
            rig.record();
            rig.telemetry.shutdown().unwrap();
            let seen = receiver.seen();
            let mut paths: Vec<_> = seen.iter().map(|seen| &*seen.path).collect();
            paths.sort_unstable();
            match protocol {
                Protocol::Http => assert_eq!(paths, ["/v1/logs", "/v1/metrics", "/v1/traces"]),
                Protocol::Grpc => assert_eq!(
                    paths,
                    ["logs.v1.Logs", "metrics.v1.Metrics", "trace.v1.Trace"]
                        .map(|name| format!("/opentelemetry.proto.collector.{name}Service/Export"))
                ),
            }
            for seen in &seen {
                let header = |name| seen.headers.get(name).map(|value| value.to_str().unwrap());
                assert_eq!(seen.method, "POST");
                assert_eq!((header("api-key"), header("team")), (Some("a b"), Some("x")));
                assert_eq!(header("user-agent"), Some(AGENT));
                assert_eq!(seen.compressed, gzip);
                let (content_type, encoding) = match protocol {
                    Protocol::Http => ("application/x-protobuf", header("content-encoding")),
                    Protocol::Grpc => ("application/grpc", header("grpc-encoding")),
                };
                assert_eq!((header("content-type"), encoding), (Some(content_type), gzip.then_some("gzip")));
                let resource = if seen.is_of("trace") {
                    assert_eq!(seen.items(), 1);
                    seen.traces().resource_spans.remove(0).resource
                } else if seen.is_of("logs") {
                    assert_eq!(seen.items(), 1);
                    seen.logs().resource_logs.remove(0).resource
                } else {
                    seen.metrics().resource_metrics.remove(0).resource
                };
                let attributes = resource.unwrap().attributes;
                let name = attributes.iter().find(|attribute| attribute.key == "service.name").unwrap();
                assert_eq!(name.value.clone().unwrap().value, Some(Value::StringValue("shop".to_owned())));
            }
        }
    }
}

#[test]
fn a_path_of_the_endpoint_stays_and_a_user_does_not() {
    let receiver = Receiver::new(Protocol::Http, Mode::Fine);
    let endpoint = format!("http://alice:{}@127.0.0.1:{}/otlp/?tenant=7", crate::SECRET, receiver.port());
    let rig = Rig::with_level(builder_to(&endpoint, &receiver), tracing_subscriber::filter::LevelFilter::TRACE);
    rig.span();
    rig.telemetry.shutdown().unwrap();
    let seen = receiver.seen().remove(0);
    assert_eq!(seen.path, "/otlp/v1/traces?tenant=7");
    assert_eq!(seen.headers["host"], format!("127.0.0.1:{}", receiver.port()));
    assert!(!rig.log.text().contains(crate::SECRET), "{}", rig.log.text());
    assert_eq!(rig.log.lines_with("OTEL_EXPORTER_OTLP_HEADERS is the place"), 1, "{}", rig.log.text());
}

#[test]
fn a_log_record_names_its_span_and_what_it_lost() {
    let receiver = Receiver::new(Protocol::Http, Mode::Fine);
    let builder = builder(&receiver)
        .with_setting("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "2")
        .with_setting("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3")
        .with_setting("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1");
    let rig = Rig::new(builder);
    let (tracer, logger) = (
        rig.telemetry.tracer_provider().unwrap().tracer("shop"),
        rig.telemetry.logger_provider().unwrap().logger("shop"),
    );
    let span = tracer.in_span("checkout", |cx| {
        let mut record = logger.create_log_record();
        record.add_attributes([("a", "äöüß"), ("b", "b"), ("c", "c"), ("d", "d")]);
        logger.emit(record);
        cx.span().set_attributes([KeyValue::new("e", "12345"), KeyValue::new("f", 1)]);
        cx.span().add_event("sold", vec![KeyValue::new("g", "12345")]);
        cx.span().span_context().clone()
    });
    rig.telemetry.shutdown().unwrap();
    let seen = receiver.seen();
    let find = |signal| seen.iter().find(|seen| seen.is_of(signal)).unwrap();
    let record = find("logs").logs().resource_logs.remove(0).scope_logs.remove(0).log_records.remove(0);
    assert_eq!((record.attributes.len(), record.dropped_attributes_count), (2, 2));
    let text = record.attributes[0].value.clone().unwrap().value;
    assert_eq!(text, Some(Value::StringValue("äöü".to_owned())));
    assert_eq!(record.trace_id, span.trace_id().to_bytes());
    assert_eq!(record.span_id, span.span_id().to_bytes());
    assert_eq!(record.flags, 1);
    let sent = find("trace").traces().resource_spans.remove(0).scope_spans.remove(0).spans.remove(0);
    assert_eq!((sent.attributes.len(), sent.dropped_attributes_count), (1, 1));
    let cut = Some(Value::StringValue("123".to_owned()));
    assert_eq!(sent.attributes[0].value.clone().unwrap().value, cut);
    assert_eq!(sent.events[0].attributes[0].value.clone().unwrap().value, cut);
    assert_eq!(sent.trace_id, span.trace_id().to_bytes());
}

#[test]
fn a_full_batch_goes_out_at_once_and_none_is_larger() {
    for protocol in Protocol::BOTH {
        let receiver = Receiver::new(protocol, Mode::Fine);
        let builder = builder(&receiver)
            .with_setting("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
            .with_setting("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "7");
        let rig = Rig::new(builder);
        rig.spans(25);
        rig.records(25);
        let seen = receiver.wait_for(|seen| seen.iter().map(Seen::items).sum::<usize>() >= 20 + 21);
        assert_eq!(seen.len(), 2 + 3);
        rig.telemetry.shutdown().unwrap();
        let sizes = |signal| {
            let seen = receiver.seen().into_iter().filter(|seen| seen.is_of(signal));
            seen.map(|seen| seen.items()).collect::<Vec<_>>()
        };
        assert_eq!((sizes("trace"), sizes("logs")), (vec![10, 10, 5], vec![7, 7, 7, 4]));
        assert_eq!(rig.by_error("otel.sdk.exporter.span.exported"), counts(&[("", 25)]));
        assert_eq!(rig.by_error("otel.sdk.exporter.log.exported"), counts(&[("", 25)]));
    }
}

#[test]
fn what_waits_goes_out_when_its_time_has_come() {
    const DELAY: Duration = Duration::from_millis(300);
    let receiver = Receiver::new(Protocol::Http, Mode::Fine);
    let builder = builder(&receiver)
        .with_setting("OTEL_BSP_SCHEDULE_DELAY", "300")
        .with_setting("OTEL_BLRP_SCHEDULE_DELAY", "300");
    let begin = Instant::now();
    let rig = Rig::new(builder);
    rig.span();
    rig.record();
    let seen = receiver.wait_for(|seen| seen.len() == 2);
    assert!(seen.iter().all(|seen| seen.at - begin >= DELAY), "{:?}", seen[0].at - begin);
}

#[test]
fn temporality_is_as_was_preferred() {
    for (preference, counter, up_down) in [("cumulative", 2, 2), ("delta", 1, 2)] {
        let receiver = Receiver::new(Protocol::Http, Mode::Fine);
        let builder = builder(&receiver)
            .with_setting("OTEL_METRICS_EXPORTER", "otlp")
            .with_setting("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", preference);
        let rig = Rig::new(builder);
        let meter = rig.telemetry.meter_provider().meter("shop");
        meter.u64_counter("visits").build().add(1, &[]);
        meter.i64_up_down_counter("open").build().add(1, &[]);
        rig.telemetry.shutdown().unwrap();
        let request = receiver.seen().last().unwrap().metrics();
        let metrics = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
        let metrics: Vec<_> = metrics.flat_map(|scope| scope.metrics).collect();
        let temporality = |name: &str| {
            use opentelemetry_proto::tonic::metrics::v1::metric::Data;
            match metrics.iter().find(|metric| metric.name == name).unwrap().data.clone().unwrap() {
                Data::Sum(sum) => sum.aggregation_temporality,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((temporality("visits"), temporality("open")), (counter, up_down), "{preference}");
    }
}

#[test]
fn a_span_that_is_not_sampled_stays_here() {
    let receiver = Receiver::new(Protocol::Http, Mode::Fine);
    let rig = Rig::new(builder(&receiver).with_setting("OTEL_TRACES_SAMPLER", "always_off"));
    rig.telemetry.tracer_provider().unwrap().tracer("shop").start("checkout").end();
    rig.telemetry.shutdown().unwrap();
    assert!(receiver.seen().is_empty());
}
