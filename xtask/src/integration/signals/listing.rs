//! Resources, records and metrics as `rotel` lists them.

use anyhow::{Context, Result};

use super::received::{Attributes, Point, Received, Record, Signal};
use crate::integration::spans::listing::value;

/// What the lines tell of, until another begins.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    Resource,
    Record,
    Metric,
    Point,
    #[default]
    Other,
}

pub(super) fn read(text: &str) -> Result<Received> {
    let (mut received, mut metric, mut part) = (Received::default(), String::new(), Part::default());
    for line in text.lines() {
        if let Some(next) = begins(line) {
            part = next;
            match part {
                Part::Resource => received.resources.push((signal(line), Attributes::new())),
                Part::Record => received.records.push(Record::default()),
                Part::Point => received.points.push(Point { metric: metric.clone(), ..Point::default() }),
                Part::Metric | Part::Other => {}
            }
        } else if let Some((key, value)) = attribute(line) {
            let attributes = match part {
                Part::Resource => received.resources.last_mut().map(|(_, attributes)| attributes),
                Part::Record => received.records.last_mut().map(|record| &mut record.attributes),
                Part::Point => received.points.last_mut().map(|point| &mut point.attributes),
                Part::Metric | Part::Other => None,
            };
            if let Some(attributes) = attributes {
                attributes.insert(key.to_owned(), self::value(value));
            } else if part == Part::Metric && key == "Name" {
                value.clone_into(&mut metric);
            }
        } else if let Some((key, value)) = line.split_once(':') {
            let (key, value) = (key.trim(), value.trim());
            match part {
                Part::Record => received.records.last_mut().into_iter().for_each(|record| fill(record, key, value)),
                Part::Point => {
                    let point = received.points.last_mut().context("no point has begun")?;
                    count(point, key, value).with_context(|| format!("odd line `{line}`"))?;
                }
                _ => {}
            }
        }
    }
    Ok(received)
}

fn begins(line: &str) -> Option<Part> {
    let (begin, _) = line.split_once(" #")?;
    Some(match begin {
        "ResourceSpans" | "ResourceMetrics" | "ResourceLog" => Part::Resource,
        "LogRecord" => Part::Record,
        "Metric" => Part::Metric,
        "NumberDataPoints" | "HistogramDataPoints" => Part::Point,
        "ScopeSpans" | "ScopeMetrics" | "ScopeLogs" | "Span" => Part::Other,
        // A bound or a bucket.
        _ => return None,
    })
}

fn signal(line: &str) -> Signal {
    match line.split(' ').next() {
        Some("ResourceSpans") => Signal::Traces,
        Some("ResourceMetrics") => Signal::Metrics,
        _ => Signal::Logs,
    }
}

fn attribute(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("     -> ")?.split_once(": ")
}

fn fill(record: &mut Record, key: &str, text: &str) {
    let field = match key {
        "Body" => {
            record.body = super::received::shown(&value(text));
            return;
        }
        "SeverityText" => &mut record.severity,
        "Trace ID" => &mut record.trace,
        "Span ID" => &mut record.span,
        _ => return,
    };
    text.clone_into(field);
}

fn count(point: &mut Point, key: &str, number: &str) -> Result<()> {
    match key {
        "Value" | "Count" => point.value = number.parse()?,
        "Sum" => point.sum = Some(number.parse()?),
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::spans::span::Value;

    const TEXT: &str = "\
ResourceSpans #0
Resource attributes:
     -> process.pid: Int(7)
ScopeSpans #0
Span #0
    Trace ID       : t
Attributes:
     -> server.port: Int(1)
ResourceLog #0
Resource attributes:
     -> process.pid: Int(7)
ScopeLogs #0
LogRecord #0
SeverityText: INFO
Body: Str(hello)
Attributes:
     -> text: Str(x: y)
    Trace ID       : t
    Span ID        : s
Flags: 1
ResourceMetrics #0
Resource attributes:
     -> process.pid: Int(8)
ScopeMetrics #0
Metric #0
Descriptor:
     -> Name: took
     -> Unit: s
HistogramDataPoints #0
Data point attributes:
     -> port: Int(7)
Count: 2
Sum: 0.5
ExplicitBounds #0: 0.005
Buckets #0, Count: 1
Metric #1
Descriptor:
     -> Name: io
NumberDataPoints #0
Data point attributes:
Value: 3
";

    #[test]
    fn all_that_is_listed_is_read() {
        let Received { resources, records, points } = read(TEXT).unwrap();
        let attributes = |name: &str, value| Attributes::from([(name.to_owned(), value)]);
        let resource = |signal, pid| (signal, attributes("process.pid", Value::Int(pid)));
        assert_eq!(
            resources,
            [(Signal::Traces, 7), (Signal::Logs, 7), (Signal::Metrics, 8)].map(|(s, p)| resource(s, p))
        );
        let [body, severity, trace, span] = ["hello", "INFO", "t", "s"].map(str::to_owned);
        let text = attributes("text", Value::Text("x: y".to_owned()));
        assert_eq!(records, [Record { body, severity, trace, span, attributes: text }]);
        let port = attributes("port", Value::Int(7));
        let took = Point { metric: "took".to_owned(), attributes: port, value: 2.0, sum: Some(0.5) };
        let io = Point { metric: "io".to_owned(), attributes: Attributes::new(), value: 3.0, sum: None };
        assert_eq!(points, [took, io]);
    }

    #[test]
    fn odd_numbers_are_errors() {
        assert!(read(&TEXT.replace("Value: 3", "Value: three")).is_err());
        assert!(read(&TEXT.replace("\nCount: 2", "\nCount: two")).is_err());
    }
}
