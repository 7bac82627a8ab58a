//! Lines that are JSON objects.

use serde_json::{Value, json};
use telemetry_core::log::TraceIds;
use tracing::{info, info_span};
use tracing_subscriber::fmt::format::{Format, Json, JsonFields};
use tracing_subscriber::fmt::{self};

use crate::{Ids, Message, Sink, Traces, text, through};

fn layer<S>(sink: &Sink) -> fmt::Layer<S, JsonFields, Format<Json, ()>, Sink> {
    text(sink).json()
}

/// What `Message` writes of this text in a span.
fn with_ids(line: &str) -> (String, Ids) {
    let (traces, sink) = (Traces::new(), Sink::default());
    through(&traces, TraceIds::json(text(&sink).event_format(Message)), || {
        info_span!("checkout").in_scope(|| info!("{line}"));
    });
    (sink.line(), traces.ids("checkout").unwrap())
}

#[test]
fn ids_are_members_of_the_object() {
    let (traces, plain, sink) = (Traces::new(), Sink::default(), Sink::default());
    let work = || {
        info!("before");
        info_span!("checkout", lane = "express").in_scope(|| info!(items = 3, "paid \"in\" cash }}"));
    };
    through(&Traces::new(), layer(&plain), work);
    through(&traces, TraceIds::json(layer(&sink)), work);
    let ids = traces.ids("checkout").unwrap();
    let [before, line] = sink.writes().try_into().unwrap();
    assert_eq!(before, plain.writes()[0]);
    assert_eq!(line, plain.writes()[1].replace("}\n", &format!("{}}}\n", ids.json())));
    let object: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&object["trace_id"], &object["span_id"]), (&json!(ids.trace_id), &json!(ids.span_id)));
    assert_eq!(object["fields"], json!({"message": "paid \"in\" cash }", "items": 3}));
    assert_eq!(object["span"], json!({"name": "checkout", "lane": "express"}));
}

#[test]
fn an_event_with_ids_of_its_own_keeps_them() {
    let (traces, sink) = (Traces::new(), Sink::default());
    through(&traces, TraceIds::json(layer(&sink).flatten_event(true)), || {
        info_span!("checkout").in_scope(|| {
            info!(trace_id = "mine");
            info!(span_id = "mine");
            info!(my_trace_id = "mine", "span_id");
        });
    });
    let ids = traces.ids("checkout").unwrap();
    let lines = sink.writes();
    let objects: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&objects[0]["trace_id"], objects[0].get("span_id")), (&json!("mine"), None));
    assert_eq!((&objects[1]["span_id"], objects[1].get("trace_id")), (&json!("mine"), None));
    assert_eq!(objects[2]["trace_id"], json!(ids.trace_id));
    for line in &lines {
        assert!(line.matches(r#""trace_id":"#).count() <= 1 && line.matches(r#""span_id":"#).count() <= 1, "{line}");
    }
}

#[test]
fn an_event_that_is_not_flattened_may_have_ids_of_its_own() {
    let (traces, sink) = (Traces::new(), Sink::default());
    through(&traces, TraceIds::json(layer(&sink)), || {
        info_span!("checkout", span_id = "mine").in_scope(|| info!(trace_id = "mine"));
    });
    let object: Value = serde_json::from_str(&sink.line()).unwrap();
    assert_eq!(object["trace_id"], json!(traces.ids("checkout").unwrap().trace_id));
    assert_eq!(object["span_id"], json!(traces.ids("checkout").unwrap().span_id));
    assert_eq!((&object["fields"]["trace_id"], &object["span"]["span_id"]), (&json!("mine"), &json!("mine")));
}

#[test]
fn objects_of_other_formats_stay_objects() {
    for object in ["{}", " { }\n", "{\"a\":1}\r\n", "{\n  \"a\": [1, {\"trace_id\": 2}]\n}\n", r#"{"a":"\\"}"#] {
        let (line, ids) = with_ids(object);
        let mut expected: Value = serde_json::from_str(object).unwrap();
        expected["trace_id"] = json!(ids.trace_id);
        expected["span_id"] = json!(ids.span_id);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected, "{line}");
    }
}

#[test]
fn names_are_found_where_they_are_members() {
    for object in [r#"{"trace_id":1}"#, r#"{"a":{"b":[]},"span_id" : 2}"#, r#"{"a":"\"","trace_id":"\\"}"#] {
        assert_eq!(with_ids(object).0, object);
    }
    for object in [r#"{"a":"trace_id"}"#, r#"{"a":["span_id"]}"#, r#"{"\"trace_id":1}"#, r#"{"a":"\"trace_id\":1"}"#] {
        let (line, ids) = with_ids(object);
        assert_eq!(line, object.replace("}", &format!("{}}}", ids.json())));
    }
}

#[test]
fn what_is_not_an_object_is_left_as_it_is() {
    for line in ["", "\n", "text\n", "[]", "{", "}", "{} and more", "Unable to format: {}"] {
        assert_eq!(with_ids(line).0, line);
    }
}
