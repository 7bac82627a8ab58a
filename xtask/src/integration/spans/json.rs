//! Spans as JSON: each in a line of its own, or requests of OTLP in a line each.

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;

use super::span::{Kind, Span, Status, Value};

/// What stands between the spans, such as where the receiver listens, is left out. So is a line that has no end yet.
pub(super) fn spans(text: &str) -> Result<Vec<Span>> {
    let mut spans = Vec::new();
    for line in text.split_inclusive('\n').filter(|line| line.starts_with('{') && line.ends_with('\n')) {
        let line: Json = serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
        // A record of the log may name a span; it has none of its own.
        if line.get("spanId").is_some() && line.get("startTimeUnixNano").is_some() {
            spans.push(span(&line)?);
        }
        for resource in array(&line, "resourceSpans") {
            let service = attribute(&resource["resource"], "service.name").and_then(Json::as_str).map(str::to_owned);
            for json in array(resource, "scopeSpans").iter().flat_map(|scope| array(scope, "spans")) {
                spans.push(Span { service: service.clone(), ..span(json)? });
            }
        }
    }
    Ok(spans)
}

fn span(json: &Json) -> Result<Span> {
    let text = |key: &str| json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let mut span = Span {
        trace: text("traceId"),
        id: text("spanId"),
        parent: text("parentSpanId"),
        name: text("name"),
        kind: match number(json, "kind") {
            Some(2) => Kind::Server,
            Some(3) => Kind::Client,
            _ => Kind::Other,
        },
        status: match json.get("status").and_then(|status| number(status, "code")) {
            None | Some(0) => Status::Unset,
            Some(1) => Status::Ok,
            Some(2) => Status::Error,
            Some(code) => bail!("an unknown status {code}: {json}"),
        },
        description: json.pointer("/status/message").and_then(Json::as_str).unwrap_or_default().to_owned(),
        start: number(json, "startTimeUnixNano").with_context(|| format!("no start: {json}"))?,
        end: number(json, "endTimeUnixNano").with_context(|| format!("no end: {json}"))?,
        flags: number(json, "flags").and_then(|flags| flags.try_into().ok()),
        state: Some(text("traceState")),
        ..Span::default()
    };
    for pair in array(json, "attributes") {
        let key = pair["key"].as_str().with_context(|| format!("an attribute without a key: {json}"))?;
        let earlier = span.attributes.insert(key.to_owned(), value(&pair["value"]));
        // Nothing else would tell it: a map has it once.
        anyhow::ensure!(earlier.is_none(), "the attribute {key} twice: {json}");
    }
    Ok(span)
}

pub(in crate::integration) fn value(json: &Json) -> Value {
    if let Some(text) = json.get("stringValue").and_then(Json::as_str) {
        return Value::Text(text.to_owned());
    }
    match number(json, "intValue").and_then(|number: u64| number.try_into().ok()) {
        Some(number) => Value::Int(number),
        None => Value::Other(json.to_string()),
    }
}

/// JSON has long numbers as text.
pub(in crate::integration) fn number(json: &Json, key: &str) -> Option<u64> {
    let number = json.get(key)?;
    number.as_u64().or_else(|| number.as_str()?.parse().ok())
}

pub(in crate::integration) fn array<'a>(json: &'a Json, key: &str) -> &'a [Json] {
    json.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn attribute<'a>(json: &'a Json, key: &str) -> Option<&'a Json> {
    array(json, "attributes").iter().find(|pair| pair["key"] == key)?.pointer("/value/stringValue")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// As `oteltap` writes it.
    const LINE: &str = concat!(
        r#"{"traceId":"3f58fa317701f68b1d08aaaaa92f9b86","spanId":"66452da416bd23b3","traceState":"a=b","#,
        r#""parentSpanId":"2a30620e0d8078b0","flags":769,"name":"GET","kind":3,"#,
        r#""startTimeUnixNano":"1795841742168000000","endTimeUnixNano":"1795841742200028398","#,
        r#""attributes":[{"key":"server.address","value":{"stringValue":"127.0.0.1"}},"#,
        r#"{"key":"server.port","value":{"intValue":"7001"}},{"key":"busy","value":{"doubleValue":1.5}}],"#,
        r#""droppedAttributesCount":0,"events":[],"droppedEventsCount":0,"links":[],"droppedLinksCount":0,"#,
        r#""status":{"message":"","code":2}}"#
    );

    fn expected() -> Span {
        Span {
            trace: "3f58fa317701f68b1d08aaaaa92f9b86".to_owned(),
            id: "66452da416bd23b3".to_owned(),
            parent: "2a30620e0d8078b0".to_owned(),
            name: "GET".to_owned(),
            kind: Kind::Client,
            status: Status::Error,
            description: String::new(),
            attributes: BTreeMap::from([
                ("server.address".to_owned(), Value::Text("127.0.0.1".to_owned())),
                ("server.port".to_owned(), Value::Int(7001)),
                ("busy".to_owned(), Value::Other(r#"{"doubleValue":1.5}"#.to_owned())),
            ]),
            start: 1_795_841_742_168_000_000,
            end: 1_795_841_742_200_028_398,
            flags: Some(769),
            state: Some("a=b".to_owned()),
            service: None,
        }
    }

    #[test]
    fn lines_with_a_span_are_read() {
        let text = format!("Listening for OTLP/HTTP telemetry on port 7002\n{LINE}\n{{\"name\":\"a metric\"}}\n");
        assert_eq!(spans(&text).unwrap(), [expected()]);
        assert_eq!(expected().own_flags(), Some(1));
    }

    #[test]
    fn a_record_of_the_log_is_no_span() {
        let record = r#"{"observedTimeUnixNano":"1","traceId":"3f58fa","spanId":"66452d","body":{"stringValue":"x"}}"#;
        assert_eq!(spans(&format!("{record}\n{LINE}\n")).unwrap(), [expected()]);
    }

    #[test]
    fn lines_with_a_request_are_read() {
        let resource = r#"{"attributes":[{"key":"service.name","value":{"stringValue":"front"}}]}"#;
        let request = format!(r#"{{"resourceSpans":[{{"resource":{resource},"scopeSpans":[{{"spans":[{LINE}]}}]}}]}}"#);
        let span = Span { service: Some("front".to_owned()), ..expected() };
        assert_eq!(spans(&format!("{request}\n{request}\n")).unwrap(), [span.clone(), span]);
    }

    #[test]
    fn a_line_that_is_not_whole_waits_for_its_rest() {
        assert_eq!(spans(LINE).unwrap(), []);
        assert_eq!(spans(&format!("{LINE}\n{}", &LINE[..100])).unwrap(), [expected()]);
    }

    #[test]
    fn an_attribute_that_comes_twice_is_an_error() {
        let again = LINE.replace("server.port", "server.address");
        assert!(spans(&format!("{again}\n")).is_err());
        assert!(spans(&format!("{}\n", LINE.replace(r#""code":2"#, r#""code":7"#))).is_err());
        assert!(spans("{no JSON}\n").is_err());
    }
}
