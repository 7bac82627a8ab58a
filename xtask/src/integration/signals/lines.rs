//! Records and metrics as JSON, each in a line of its own.

use anyhow::{Context, Result};
use serde_json::Value as Json;

use super::received::{Attributes, Point, Received, Record};
use crate::integration::spans::json::{array, value};

/// What stands between them, spans among the rest, is left out. So is a line that has no end yet.
pub(super) fn read(text: &str) -> Result<Received> {
    let mut received = Received::default();
    for line in text.split_inclusive('\n').filter(|line| line.starts_with('{') && line.ends_with('\n')) {
        let json: Json = serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
        if json.get("observedTimeUnixNano").is_some() {
            received.records.push(record(&json));
        } else if let Some((metric, data)) = metric(&json) {
            for point in array(data, "dataPoints") {
                let point = self::point(metric, point).with_context(|| format!("odd point: {line}"))?;
                received.points.push(point);
            }
        }
    }
    Ok(received)
}

fn record(json: &Json) -> Record {
    let text = |pointer: &str| json.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
    Record {
        body: text("/body/stringValue"),
        severity: text("/severityText"),
        trace: text("/traceId"),
        span: text("/spanId"),
        attributes: attributes(json),
    }
}

fn metric(json: &Json) -> Option<(&str, &Json)> {
    let data = ["sum", "gauge", "histogram"].into_iter().find_map(|kind| json.get(kind))?;
    Some((json.get("name")?.as_str()?, data))
}

fn point(metric: &str, json: &Json) -> Option<Point> {
    let number = |name: &str| {
        let number = json.get(name)?;
        // JSON has long numbers as text.
        number.as_f64().or_else(|| number.as_str()?.parse().ok())
    };
    let value = ["count", "asInt", "asDouble"].into_iter().find_map(number)?;
    Some(Point { metric: metric.to_owned(), attributes: attributes(json), value, sum: number("sum") })
}

fn attributes(json: &Json) -> Attributes {
    let pairs = array(json, "attributes").iter();
    pairs.map(|pair| (pair["key"].as_str().unwrap_or_default().to_owned(), value(&pair["value"]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::spans::span::Value;

    const TEXT: &str = concat!(
        "Listening\n",
        r#"{"traceId":"t","spanId":"s","name":"GET /","startTimeUnixNano":"1","endTimeUnixNano":"2","kind":2}"#,
        "\n",
        r#"{"observedTimeUnixNano":"1","severityText":"INFO","body":{"stringValue":"hello"},"#,
        r#""attributes":[{"key":"text","value":{"stringValue":"x"}}],"traceId":"t","spanId":"s"}"#,
        "\n",
        r#"{"name":"io","sum":{"dataPoints":[{"attributes":[{"key":"port","value":{"intValue":"7"}}],"asInt":"3"}]}}"#,
        "\n",
        r#"{"name":"took","histogram":{"dataPoints":[{"count":"2","sum":0.5}]}}"#,
        "\n",
        r#"{"name":"cut off","sum":{"dataPoints":[{"asInt"#
    );

    #[test]
    fn records_and_points_are_read() {
        let Received { resources, records, points } = read(TEXT).unwrap();
        let text = Attributes::from([("text".to_owned(), Value::Text("x".to_owned()))]);
        let [body, severity, trace, span] = ["hello", "INFO", "t", "s"].map(str::to_owned);
        assert_eq!(records, [Record { body, severity, trace, span, attributes: text }]);
        let port = Attributes::from([("port".to_owned(), Value::Int(7))]);
        let io = Point { metric: "io".to_owned(), attributes: port, value: 3.0, sum: None };
        let took = Point { metric: "took".to_owned(), attributes: Attributes::new(), value: 2.0, sum: Some(0.5) };
        assert_eq!(points, [io, took]);
        assert_eq!(resources, []);
    }

    #[test]
    fn a_point_without_a_value_is_an_error() {
        assert!(read(&TEXT.replace("asInt", "as")).is_err());
        assert!(read("{no JSON}\n").is_err());
    }
}
