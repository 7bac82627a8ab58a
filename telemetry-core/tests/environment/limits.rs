//! How many attributes, events and links there may be, and how long text.

use opentelemetry_proto::tonic::common::v1::KeyValue as ProtoKeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry::metrics::MeterProvider;
use telemetry_core::opentelemetry::trace::{Span, SpanContext, SpanId, TraceFlags, TraceId, TraceState};
use telemetry_core::opentelemetry::trace::{Tracer, TracerProvider};

use crate::probe::{build, log};
use crate::receiver::Receiver;
use crate::row::{Case, Outcome, Row, Seen, check_all};

/// More than any default.
const MANY: usize = 130;
const LENGTH: usize = 20;

/// What was left of it.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "what `Debug` shows is compared")]
struct Left {
    span: usize,
    events: usize,
    links: usize,
    event: usize,
    link: usize,
    log: usize,
    span_text: usize,
    event_text: usize,
    link_text: usize,
    log_text: usize,
    /// Attributes of metrics have no limits.
    metric: usize,
    metric_text: usize,
}

const DEFAULT: Left = Left {
    span: 128,
    events: 128,
    links: 128,
    event: 128,
    link: 128,
    log: 128,
    span_text: LENGTH,
    event_text: LENGTH,
    link_text: LENGTH,
    log_text: LENGTH,
    metric: MANY,
    metric_text: LENGTH,
};

pub(crate) fn rows() -> Vec<Row> {
    let limited = [
        ("OTEL_ATTRIBUTE_COUNT_LIMIT", Left { span: 3, event: 3, link: 3, log: 3, ..DEFAULT }),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", Left { span: 3, ..DEFAULT }),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", Left { events: 3, ..DEFAULT }),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", Left { links: 3, ..DEFAULT }),
        ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", Left { event: 3, ..DEFAULT }),
        ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", Left { link: 3, ..DEFAULT }),
        ("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", Left { log: 3, ..DEFAULT }),
        (
            "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
            Left { span_text: 3, event_text: 3, link_text: 3, log_text: 3, ..DEFAULT },
        ),
        ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", Left { span_text: 3, event_text: 3, link_text: 3, ..DEFAULT }),
        ("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", Left { log_text: 3, ..DEFAULT }),
    ];
    let row = |(variable, left)| {
        Row::new(variable, format!("{DEFAULT:?}"), exported).value("3", format!("{left:?}")).wrong([
            "-1",
            "2147483648",
            "3.5",
            "few",
        ])
    };
    limited.map(row).into()
}

fn key(index: usize) -> String {
    format!("shop.key.{index:03}")
}

fn attributes() -> Vec<KeyValue> {
    (0..MANY).map(|index| KeyValue::new(key(index), "ü".repeat(LENGTH))).collect()
}

fn exported(case: &Case) -> Outcome {
    let receiver = Receiver::start();
    let case = case.clone().and("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url());
    let (telemetry, warnings) = build(case.builder())?;
    let mut span = telemetry.tracer_provider().unwrap().tracer("shop").start("checkout");
    span.set_attributes(attributes());
    for index in 1..=MANY {
        // The first ones are those that stay.
        let attributes = if index == 1 { attributes() } else { Vec::new() };
        span.add_event("event", attributes.clone());
        let ids = (TraceId::from(index as u128), SpanId::from(1));
        let context = SpanContext::new(ids.0, ids.1, TraceFlags::SAMPLED, true, TraceState::NONE);
        span.add_link(context, attributes);
    }
    drop(span);
    // Their names have to last.
    let names: Vec<&'static str> = (0..MANY).map(|index| &*key(index).leak()).collect();
    log(telemetry.logger_provider().unwrap(), names.into_iter().map(|name| (name, "ü".repeat(LENGTH).into())));
    telemetry.meter_provider().meter("shop").u64_counter("visits").build().add(1, &attributes());
    telemetry.shutdown().unwrap();
    Ok(Seen { effect: format!("{:?}", left(&receiver)), warnings })
}

fn left(receiver: &Receiver) -> Left {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    let (span, log) = (receiver.spans().concat().remove(0), receiver.logs().concat().remove(0));
    let Some(Data::Sum(sum)) = receiver.metrics("visits").remove(0).data else { panic!("visits are no sum") };
    let point = &sum.data_points[0];
    let dropped = |attributes: usize, dropped: u32| assert_eq!(attributes + dropped as usize, MANY);
    dropped(span.attributes.len(), span.dropped_attributes_count);
    dropped(span.events.len(), span.dropped_events_count);
    dropped(span.links.len(), span.dropped_links_count);
    dropped(log.attributes.len(), log.dropped_attributes_count);
    Left {
        span: span.attributes.len(),
        events: span.events.len(),
        links: span.links.len(),
        event: span.events[0].attributes.len(),
        link: span.links[0].attributes.len(),
        log: log.attributes.len(),
        span_text: longest(&span.attributes),
        event_text: longest(&span.events[0].attributes),
        link_text: longest(&span.links[0].attributes),
        log_text: longest(&log.attributes),
        metric: point.attributes.len(),
        metric_text: longest(&point.attributes),
    }
}

/// In characters.
fn longest(attributes: &[ProtoKeyValue]) -> usize {
    let length = |attribute: &ProtoKeyValue| match &attribute.value.as_ref()?.value {
        Some(Value::StringValue(text)) => Some(text.chars().count()),
        _ => None,
    };
    attributes.iter().filter_map(length).max().unwrap_or(0)
}

#[test]
fn co_01_co_03_co_14_limits() {
    check_all(&rows());
}

#[test]
fn co_14_what_is_particular_goes_before_what_is_general() {
    let case = Case::of([("OTEL_ATTRIBUTE_COUNT_LIMIT", "3"), ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "4")]);
    let expected = Left { span: 4, event: 3, link: 3, log: 3, ..DEFAULT };
    assert_eq!(exported(&case).unwrap().effect, format!("{expected:?}"));
    let case = Case::of([("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "0"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4")]);
    let case = case.and("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5");
    let expected = Left { log: 0, log_text: 0, span_text: 4, event_text: 4, link_text: 4, ..DEFAULT };
    assert_eq!(exported(&case).unwrap().effect, format!("{expected:?}"));
}
