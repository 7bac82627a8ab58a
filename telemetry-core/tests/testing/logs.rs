use telemetry_core::opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use telemetry_core::opentelemetry::trace::{TraceId, Tracer, TracerProvider};
use telemetry_core::opentelemetry::{Key, global};
use telemetry_core::opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger};
use telemetry_core::testing::{EmittedLog, InMemoryLogs, InMemorySpans};

use crate::message_of;

fn emit(logger: &SdkLogger, fill: impl FnOnce(&mut SdkLogRecord)) {
    let mut record = logger.create_log_record();
    fill(&mut record);
    logger.emit(record);
}

fn say(logger: &SdkLogger, body: &'static str, severity: Severity) {
    emit(logger, |record| {
        record.set_body(body.into());
        record.set_severity_number(severity);
    });
}

fn bodies(logs: &[EmittedLog]) -> Vec<String> {
    logs.iter().filter_map(EmittedLog::body_text).collect()
}

/// A shop that opens, places an order and is sold out.
fn shop() -> InMemoryLogs {
    let logs = InMemoryLogs::new();
    let logger = logs.provider().logger("shop");
    say(&logger, "open", Severity::Info);
    emit(&logger, |record| {
        record.set_event_name("order.placed");
        record.set_target("shop::orders");
    });
    say(&logger, "sold out", Severity::Warn);
    logs
}

#[test]
fn records_are_found_by_body_by_event_and_by_severity() {
    let logs = shop();
    assert_eq!(logs.emitted().len(), 3);
    assert_eq!(bodies(&logs.emitted()), ["open", "sold out"]);
    assert_eq!(logs.with_body("sold out").severity_number(), Some(Severity::Warn));
    assert_eq!(logs.named("order.placed").target().unwrap(), "shop::orders");
    assert_eq!(logs.named("order.placed").scope().name(), "shop");
    assert_eq!(bodies(&logs.at_least(Severity::Info)), ["open", "sold out"]);
    assert_eq!(logs.at_least(Severity::Info).len(), 2, "the event has no severity");
    assert_eq!(bodies(&logs.at_least(Severity::Info2)), ["sold out"]);
    assert_eq!(bodies(&logs.at_least(Severity::Warn)), ["sold out"]);
    assert!(logs.at_least(Severity::Error).is_empty());
}

#[test]
fn what_is_not_found_once_is_told_with_all_that_was_there() {
    let logs = shop();
    let message = message_of(|| logs.with_body("sold"));
    assert!(message.starts_with(r#"there is not one log record with the body "sold", but 0:"#), "{message}");
    for there in ["open", "sold out", "order.placed", "shop::orders", "Warn"] {
        assert!(message.contains(there), "{there}: {message}");
    }
    let message = message_of(|| logs.named("open"));
    assert!(message.starts_with(r#"there is not one event named "open", but 0:"#), "{message}");
    assert!(message_of(|| logs.only()).starts_with("there is not one log record, but 3:"));

    say(&logs.provider().logger("shop"), "open", Severity::Info);
    assert!(message_of(|| logs.with_body("open")).contains("but 2:"));
}

#[test]
fn attributes_are_found_by_name_and_told_in_order() {
    let logs = InMemoryLogs::new();
    emit(&logs.provider().logger("shop"), |record| {
        record.add_attribute("size", 2);
        record.add_attribute("item", "tea");
        record.add_attribute("price", 2.5);
        record.add_attribute("fresh", true);
        record.add_attribute("ids", [1, 2].into_iter().collect::<AnyValue>());
        let map = [("b", AnyValue::from("two")), ("a", AnyValue::from(1)), ("c", AnyValue::from(&b"\x01"[..]))];
        record.add_attribute("more", map.into_iter().collect::<AnyValue>());
    });
    let log = logs.only();
    assert_eq!(log.attribute("item"), Some(&"tea".into()));
    assert_eq!(log.attribute("size"), Some(&AnyValue::Int(2)));
    assert_eq!(log.attribute("ite"), None);
    let text = ["fresh=true", "ids=[1,2]", "item=tea", "more={a=1,b=two,c=Bytes([1])}", "price=2.5", "size=2"];
    assert_eq!(log.attributes(), text);
}

#[test]
fn an_attribute_that_is_there_twice_fails_the_test() {
    let logs = InMemoryLogs::new();
    emit(&logs.provider().logger("shop"), |record| {
        record.add_attributes([(Key::from("item"), "tea"), (Key::from("item"), "milk"), (Key::from("size"), "big")]);
    });
    assert_eq!(logs.only().attribute("size"), Some(&"big".into()));
    let message = message_of(|| logs.only().attribute("item").cloned());
    assert!(message.contains("item is there more than once") && message.contains("milk"), "{message}");
}

#[test]
fn a_record_knows_the_span_that_it_was_emitted_in() {
    let (logs, spans) = (InMemoryLogs::new(), InMemorySpans::new());
    let (logger, tracer) = (logs.provider().logger("shop"), spans.provider().tracer("shop"));
    say(&logger, "before", Severity::Info);
    global::tracer("none").in_span("of no provider", |_| say(&logger, "in no span", Severity::Info));
    tracer.in_span("checkout", |_| {
        say(&logger, "checking", Severity::Info);
        tracer.in_span("pay", |_| say(&logger, "paying", Severity::Info));
    });

    for outside in ["before", "in no span"] {
        let log = logs.with_body(outside);
        assert_eq!((log.trace_id(), log.span_id()), (None, None));
        assert!(!log.is_within(&spans.named("checkout")));
    }
    let (checkout, pay) = (spans.named("checkout"), spans.named("pay"));
    let (checking, paying) = (logs.with_body("checking"), logs.with_body("paying"));
    assert_eq!((checking.trace_id(), checking.span_id()), (Some(checkout.trace_id()), Some(checkout.span_id())));
    assert!(checking.is_within(&checkout) && !checking.is_within(&pay));
    assert!(paying.is_within(&pay) && !paying.is_within(&checkout));

    emit(&logger, |record| {
        record.set_body("elsewhere".into());
        record.set_trace_context(TraceId::from(1_u128), pay.span_id(), None);
    });
    assert!(!logs.with_body("elsewhere").is_within(&pay), "a span of the same id in another trace");
}

#[test]
fn records_are_forgotten_when_they_are_cleared() {
    let logs = shop();
    logs.clear();
    assert!(logs.emitted().is_empty());
    say(&logs.provider().logger("shop"), "open again", Severity::Info);
    assert_eq!(logs.only().body_text().as_deref(), Some("open again"));
}

#[test]
fn logs_of_a_provider_that_was_shut_down_are_not_taken_for_none() {
    let logs = shop();
    logs.provider().shutdown().unwrap();
    for message in
        [message_of(|| logs.emitted()), message_of(|| logs.only()), message_of(|| logs.at_least(Severity::Info))]
    {
        assert!(message.starts_with("the logger provider was shut down"), "{message}");
    }
}
