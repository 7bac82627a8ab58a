//! Whatever a format writes.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use telemetry_core::log::TraceIds;
use tracing::{info, info_span};

use crate::{Ids, Message, Sink, Traces, text, through};

fn written(line: &str, is_json: bool) -> (String, Ids) {
    let (traces, sink) = (Traces::new(), Sink::default());
    let work = || info_span!("checkout").in_scope(|| info!("{line}"));
    let layer = text(&sink).event_format(Message);
    through(&traces, if is_json { TraceIds::json(layer) } else { TraceIds::text(layer) }, work);
    (sink.line(), traces.ids("checkout").unwrap())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), any::<String>().prop_map(Value::from)];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..4).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), Just("trace_id".to_owned()), Just("span_id".to_owned()), "[\"\\\\{}:]{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_is_kept_but_for_the_ids(line in r#"[ -~\r\n\u{1b}é]{0,40}"#) {
        let (written, ids) = written(&line, false);
        let is_blank = line.chars().all(|char| matches!(char, '\r' | '\n'));
        prop_assert_eq!(written.matches(&ids.text()).count(), usize::from(!is_blank));
        prop_assert_eq!(written.replacen(&ids.text(), "", 1), line);
    }

    #[test]
    fn anything_taken_for_json_is_kept_but_for_the_ids(line in r#"[{}\[\]":,\\ \na]{0,24}|\{["\\:,a{}]{0,16}\}"#) {
        let (written, ids) = written(&line, true);
        let comma = ids.json();
        let place = if written.contains(&comma) { comma.as_str() } else { &comma[1..] };
        prop_assert_eq!(written.replacen(place, "", 1), line);
    }

    #[test]
    fn objects_have_each_id_once(members in prop::collection::vec((name(), value()), 0..5), pretty: bool) {
        let mut expected = Value::Object(Map::from_iter(members));
        let line = if pretty { serde_json::to_string_pretty(&expected) } else { serde_json::to_string(&expected) };
        let (written, ids) = written(&line.unwrap(), true);
        if expected.get("trace_id").is_none() && expected.get("span_id").is_none() {
            expected["trace_id"] = json!(ids.trace_id);
            expected["span_id"] = json!(ids.span_id);
        }
        prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), expected);
    }
}
