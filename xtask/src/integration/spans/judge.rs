//! All that a span has to be against all that it is, piece by piece.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::services::Way;
use super::span::{Kind, Span, Status, Value};
use crate::integration::compare::Row;
use crate::integration::formats::judge::{Piece, compare};

/// Names that the conventions have given up, one a line.
const DEPRECATED: &str = include_str!("deprecated.txt");

/// Bits of OTLP above the flags of the W3C: it is known whether the parent is remote, and it is.
const KNOWN: u32 = 0x100;
const REMOTE: u32 = 0x200;

const TRUE_PORTS: Piece = Piece::Within(1.0, 65535.0);

/// What a span has to be.
#[derive(Debug, Clone)]
pub(super) struct Expected<'a> {
    pub(super) service: &'a str,
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) trace: &'a str,
    pub(super) parent: &'a str,
    /// Of the W3C, as the client sent them.
    pub(super) flags: u32,
    pub(super) state: &'a str,
    /// From 500 on, the span has failed.
    pub(super) status: u16,
    /// Without those that tell how it ended.
    pub(super) attributes: Vec<(&'static str, Attribute<'a>)>,
}

#[derive(Debug, Clone)]
pub(super) enum Attribute<'a> {
    Text(&'a str),
    Int(u16),
    /// A number that only the other side knows.
    Port,
}

impl Expected<'_> {
    /// Every piece of `span`, which is called `label`.
    pub(super) fn rows(&self, label: &str, span: &Span, way: Way) -> Vec<Row> {
        let prefixed = |name: &str| format!("{label} {name}");
        let expected = self.pieces(span).into_iter().map(|(name, piece)| (prefixed(name), piece));
        let got = pieces(span, way).into_iter().map(|(name, piece)| (prefixed(name), piece));
        compare(expected.collect(), got.collect())
    }

    fn pieces(&self, span: &Span) -> BTreeMap<&'static str, Piece> {
        let failed = self.status >= 500;
        let status = if failed { Status::Error } else { Status::Unset };
        let remote = if self.kind == Kind::Server { REMOTE } else { 0 };
        let mut pieces = BTreeMap::from([
            ("trace", text(self.trace)),
            ("parent", text(self.parent)),
            ("name", text(self.name)),
            ("kind", text(&format!("{:?}", self.kind))),
            ("status", text(&format!("{status:?}"))),
            ("description", text("")),
            ("http.response.status_code", Piece::Number(self.status.into())),
        ]);
        if failed {
            pieces.insert("error.type", text(&self.status.to_string()));
        }
        // As far as the receiver shows them.
        if span.flags.is_some() {
            pieces.insert("flags", text(&format!("{:#x}", KNOWN | remote | self.flags)));
        }
        if span.state.is_some() {
            pieces.insert("state", text(self.state));
        }
        if span.service.is_some() {
            pieces.insert("service", text(self.service));
        }
        pieces.extend(self.attributes.iter().map(|(name, attribute)| {
            let piece = match attribute {
                Attribute::Text(value) => text(value),
                Attribute::Int(value) => Piece::Number((*value).into()),
                Attribute::Port => TRUE_PORTS,
            };
            (*name, piece)
        }));
        pieces
    }
}

fn pieces(span: &Span, way: Way) -> Vec<(&str, Piece)> {
    let mut pieces = vec![
        ("trace", text(&span.trace)),
        ("parent", text(&span.parent)),
        ("name", text(&span.name)),
        ("kind", text(&format!("{:?}", span.kind))),
        ("status", text(&format!("{:?}", span.status))),
        ("description", text(&span.description)),
    ];
    pieces.extend(span.flags.map(|flags| ("flags", text(&format!("{flags:#x}")))));
    pieces.extend(span.state.as_deref().map(|state| ("state", text(state))));
    pieces.extend(span.service.as_deref().map(|service| ("service", text(service))));
    let attributes = span.attributes.iter().filter(|(name, _)| way != Way::Tracing || !is_of_tracing(name));
    pieces.extend(attributes.map(|(name, value)| {
        let piece = match value {
            Value::Text(value) => text(value),
            // Exact: no attribute is as large as 2^53.
            Value::Int(value) => Piece::Number(*value as f64),
            Value::Other(value) => Piece::Text(format!("odd: {value}")),
        };
        (name.as_str(), piece)
    }));
    pieces
}

/// What `tracing-opentelemetry` adds to every span by itself.
fn is_of_tracing(name: &str) -> bool {
    matches!(name, "busy_ns" | "idle_ns" | "target") || name.starts_with("code.") || name.starts_with("thread.")
}

fn text(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

/// No attribute has a name that the conventions have given up.
pub(super) fn only_names_of_today<'a>(spans: impl IntoIterator<Item = &'a Span>) -> Result<()> {
    for span in spans {
        for name in span.attributes.keys() {
            let is_old = DEPRECATED.lines().any(|old| old == name) || name.starts_with("net.");
            ensure!(!is_old, "the attribute {name} is deprecated: {span}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected() -> Expected<'static> {
        Expected {
            service: "front",
            kind: Kind::Server,
            name: "GET /orders/{id}",
            trace: "t",
            parent: "p",
            flags: 3,
            state: "a=b",
            status: 200,
            attributes: vec![("server.port", Attribute::Int(80)), ("network.peer.port", Attribute::Port)],
        }
    }

    fn span() -> Span {
        Span {
            trace: "t".to_owned(),
            id: "s".to_owned(),
            parent: "p".to_owned(),
            name: "GET /orders/{id}".to_owned(),
            kind: Kind::Server,
            attributes: attributes([
                ("server.port", 80),
                ("network.peer.port", 4711),
                ("http.response.status_code", 200),
            ]),
            flags: Some(0x303),
            state: Some("a=b".to_owned()),
            service: Some("front".to_owned()),
            ..Span::default()
        }
    }

    fn attributes<const N: usize>(pairs: [(&str, i64); N]) -> BTreeMap<String, Value> {
        pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::Int(value))).collect()
    }

    fn wrong(span: &Span, way: Way) -> Vec<String> {
        let rows = expected().rows("front", span, way);
        rows.into_iter().filter(|row| !row.passed).map(|row| row.query).collect()
    }

    fn with(change: impl FnOnce(&mut Span)) -> Vec<String> {
        let mut span = span();
        change(&mut span);
        wrong(&span, Way::OpenTelemetry)
    }

    #[test]
    fn a_span_is_right_or_every_fault_of_it_is_told() {
        assert!(wrong(&span(), Way::OpenTelemetry).is_empty());
        assert_eq!(with(|span| span.parent.clear()), ["front parent"]);
        assert_eq!(with(|span| span.flags = Some(0x103)), ["front flags"]);
        assert_eq!(with(|span| span.status = Status::Ok), ["front status"]);
        assert_eq!(with(|span| span.description.push_str("HTTP 500")), ["front description"]);
        assert_eq!(with(|span| span.kind = Kind::Other), ["front kind"]);
        assert_eq!(with(|span| span.service = Some("back".to_owned())), ["front service"]);
        assert_eq!(with(|span| span.state = Some(String::new())), ["front state"]);
        assert_eq!(with(|span| _ = span.attributes.remove("server.port")), ["front server.port"]);
        let text = Value::Text("80".to_owned());
        assert_eq!(with(|span| _ = span.attributes.insert("server.port".to_owned(), text)), ["front server.port"]);
        let port = |port| with(move |span| span.attributes.extend(attributes([("network.peer.port", port)])));
        assert_eq!(port(0), ["front network.peer.port"]);
        assert_eq!(with(|span| span.attributes.extend(attributes([("more", 1)]))), ["front more"]);
    }

    #[test]
    fn what_a_receiver_does_not_show_is_not_asked_for() {
        let span = Span { flags: None, state: None, service: None, ..span() };
        assert!(wrong(&span, Way::OpenTelemetry).is_empty());
    }

    #[test]
    fn what_tracing_adds_may_be_there_in_its_own_spans_alone() {
        let mut span = span();
        span.attributes.extend(attributes([("busy_ns", 1), ("code.line.number", 2), ("thread.id", 3), ("target", 4)]));
        assert!(wrong(&span, Way::Tracing).is_empty());
        assert_eq!(wrong(&span, Way::OpenTelemetry).len(), 4);
    }

    #[test]
    fn a_failure_has_its_type() {
        let failed = Expected { status: 500, ..expected() };
        let mut span = Span { status: Status::Error, ..span() };
        span.attributes.extend(attributes([("http.response.status_code", 500)]));
        let wrong = |span: &Span| failed.rows("", span, Way::OpenTelemetry).iter().filter(|row| !row.passed).count();
        assert_eq!(wrong(&span), 1);
        span.attributes.insert("error.type".to_owned(), Value::Text("500".to_owned()));
        assert_eq!(wrong(&span), 0);
        assert_eq!(wrong(&Span { status: Status::Unset, ..span.clone() }), 1);
    }

    #[test]
    fn sp_62_old_names_are_found() {
        assert!(only_names_of_today([&span()]).is_ok());
        for name in
            ["http.method", "http.status_code", "net.sock.peer.addr", "net.new", "error.message", "code.filepath"]
        {
            let old = Span { attributes: attributes([(name, 1)]), ..span() };
            assert!(only_names_of_today([&span(), &old]).is_err(), "{name}");
        }
    }
}
