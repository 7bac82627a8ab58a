//! Spans as `rotel` lists them, in the manner of the OpenTelemetry Collector's debug exporter.

use anyhow::{Context, Result, ensure};

use super::span::{Kind, Span, Status, Value};

const SERVICE: &str = "     -> service.name: Str(";
/// What comes behind the spans of a scope: others, or another signal.
const ENDS: [&str; 3] = ["ScopeSpans #", "ResourceLog", "ResourceMetrics"];

/// The lines between the spans, such as those of its own log, are left out.
pub(super) fn spans(text: &str) -> Result<Vec<Span>> {
    let mut spans: Vec<Span> = Vec::new();
    // Behind its attributes, a span may have events and links.
    let (mut service, mut in_span) = (None, false);
    for line in text.lines() {
        if line.starts_with("ResourceSpans #") {
            (service, in_span) = (None, false);
        } else if ENDS.iter().any(|end| line.starts_with(end)) || matches!(line, "Events:" | "Links:") {
            in_span = false;
        } else if line.starts_with("Span #") {
            spans.push(Span { service: service.clone(), ..Span::default() });
            in_span = true;
        } else if let Some(name) = line.strip_prefix(SERVICE).filter(|_| !in_span) {
            service = name.strip_suffix(')').map(str::to_owned);
        } else if let Some(span) = spans.last_mut().filter(|_| in_span) {
            add(span, line).with_context(|| format!("odd line `{line}`"))?;
        }
    }
    Ok(spans)
}

fn add(span: &mut Span, line: &str) -> Result<()> {
    if let Some((key, value)) = line.strip_prefix("     -> ").and_then(|pair| pair.split_once(": ")) {
        let earlier = span.attributes.insert(key.to_owned(), self::value(value));
        ensure!(earlier.is_none(), "{key} comes twice");
        return Ok(());
    }
    let Some((key, value)) = line.split_once(':') else { return Ok(()) };
    let value = value.trim();
    let text = value.to_owned();
    match key.trim() {
        "Trace ID" => span.trace = text,
        "Parent ID" => span.parent = text,
        "ID" => span.id = text,
        "Name" => span.name = text,
        "Kind" => span.kind = kind(value),
        "Start time" => span.start = value.parse()?,
        "End time" => span.end = value.parse()?,
        "Status code" => span.status = status(value)?,
        "Status message" => span.description = text,
        _ => {}
    }
    Ok(())
}

fn kind(value: &str) -> Kind {
    match value {
        "SPAN_KIND_SERVER" => Kind::Server,
        "SPAN_KIND_CLIENT" => Kind::Client,
        _ => Kind::Other,
    }
}

fn status(value: &str) -> Result<Status> {
    match value {
        "STATUS_CODE_UNSET" => Ok(Status::Unset),
        "STATUS_CODE_OK" => Ok(Status::Ok),
        "STATUS_CODE_ERROR" => Ok(Status::Error),
        _ => anyhow::bail!("an unknown status"),
    }
}

pub(in crate::integration) fn value(shown: &str) -> Value {
    let inside = |kind: &str| shown.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(text) = inside("Str") {
        return Value::Text(text.to_owned());
    }
    match inside("Int").and_then(|number| number.parse().ok()) {
        Some(number) => Value::Int(number),
        None => Value::Other(shown.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const TEXT: &str = "\
2026-01-01T00:00:00.000000Z  INFO Starting Rotel. grpc_endpoint=\"127.0.0.1:7003\"
ResourceSpans #0
Resource SchemaURL: 
Resource attributes:
     -> telemetry.sdk.language: Str(rust)
     -> service.name: Str(front)
ScopeSpans #0
ScopeSpans SchemaURL: https://opentelemetry.io/schemas/1.44.0
InstrumentationScope telemetry-http 0.1.0
Span #0
    Trace ID       : 7225b68d5183ba02bdce9239eb6aebe8
    Parent ID      : f7294125f98823c3
    ID             : 0ed9e88f50378218
    Name           : GET /orders/{id}
    Kind           : SPAN_KIND_SERVER
Start time: 1795841742911124052
End time: 1795841742913982072
    Status code    : STATUS_CODE_ERROR
    Status message : 
Attributes:
     -> url.full: Str(http://127.0.0.1:7001/orders/7?a: b)
     -> server.port: Int(7001)
     -> busy: Double(1.5)
Events:
SpanEvent #0
     -> Name: a line of the log
     -> Timestamp: 1795842741911124052
     -> Attributes::
          -> server.port: Int(7002)
ScopeSpans #1
ScopeSpans SchemaURL: 
InstrumentationScope client 
Span #0
    Trace ID       : 7225b68d5183ba02bdce9239eb6aebe8
    Parent ID      : 
    ID             : f7294125f98823c3
    Name           : asks
    Kind           : SPAN_KIND_INTERNAL
Start time: 1
End time: 2
    Status code    : STATUS_CODE_UNSET
    Status message : 
";

    #[test]
    fn spans_are_read_with_their_service() {
        let [first, second] = &spans(TEXT).unwrap()[..] else { panic!("two spans") };
        let expected = Span {
            trace: "7225b68d5183ba02bdce9239eb6aebe8".to_owned(),
            id: "0ed9e88f50378218".to_owned(),
            parent: "f7294125f98823c3".to_owned(),
            name: "GET /orders/{id}".to_owned(),
            kind: Kind::Server,
            status: Status::Error,
            attributes: BTreeMap::from([
                ("url.full".to_owned(), Value::Text("http://127.0.0.1:7001/orders/7?a: b".to_owned())),
                ("server.port".to_owned(), Value::Int(7001)),
                ("busy".to_owned(), Value::Other("Double(1.5)".to_owned())),
            ]),
            start: 1_795_841_742_911_124_052,
            end: 1_795_841_742_913_982_072,
            service: Some("front".to_owned()),
            ..Span::default()
        };
        assert_eq!(*first, expected);
        assert_eq!((second.parent.as_str(), second.kind, second.status), ("", Kind::Other, Status::Unset));
        assert_eq!((second.service.as_deref(), second.attributes.len()), (Some("front"), 0));
    }

    #[test]
    fn a_service_does_not_go_on_to_the_next_resource() {
        let text = format!("{TEXT}ResourceSpans #1\nResource attributes:\nScopeSpans #0\nSpan #0\n    Name : x\n");
        assert_eq!(spans(&text).unwrap()[2].service, None);
    }

    #[test]
    fn what_another_signal_says_is_not_of_a_span() {
        let other =
            "Resource attributes:\n     -> server.port: Int(1)\nScope #0\n    Trace ID       : 2f84\nFlags: 1\n";
        let behind = TEXT.split_inclusive("Events:\n").next().unwrap().replace("Events:\n", "");
        for signal in ["ResourceLog #0", "ResourceMetrics #0"] {
            assert_eq!(spans(&format!("{behind}{signal}\n{other}")).unwrap(), spans(&behind).unwrap(), "{signal}");
        }
    }

    #[test]
    fn odd_lines_are_errors() {
        assert!(spans(&TEXT.replace("STATUS_CODE_ERROR", "STATUS_CODE_ODD")).is_err());
        assert!(spans(&TEXT.replace("busy", "server.port")).is_err());
        assert!(spans(&TEXT.replace("End time: 2", "End time: soon")).is_err());
    }
}
