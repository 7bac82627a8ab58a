//! Spans that a system makes, in a process whose spans all arrive.

use std::sync::OnceLock;

use anyhow::{Context, Result, ensure};
use axum::body::Body;
use http::{HeaderValue, Request};
use telemetry_benches::spans::{Arrivals, State};
use telemetry_core::opentelemetry::Value;
use telemetry_core::opentelemetry::trace::Status;
use telemetry_core::opentelemetry_sdk::trace::SpanData;

use crate::conformance::drive::{Client, Handler, routed};

/// Builds a system around a handler.
pub type Build = fn(Handler) -> Result<Client>;

/// The client's span.
pub(super) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
pub(super) const PARENT: &str = "00f067aa0ba902b7";

/// `GET /users/42` of a client whose span is sampled.
pub(super) fn traced() -> Result<Request<Body>> {
    let mut request = routed()?;
    let parent = HeaderValue::try_from(format!("00-{TRACE}-{PARENT}-01"))?;
    request.headers_mut().insert("traceparent", parent);
    Ok(request)
}

/// The spans that `work` ends, of a system around `handler`.
pub(super) fn spans(
    build: Build,
    handler: Handler,
    work: impl FnOnce(&mut Client, &Arrivals) -> Result<()>,
) -> Result<Vec<SpanData>> {
    let arrivals = arrivals()?;
    let mut client = build(handler)?;
    let mut done = Ok(());
    let spans = arrivals.during(|| done = work(&mut client, arrivals))?;
    done.map(|()| spans)
}

/// The span of one request.
pub(super) fn span(build: Build, handler: Handler, request: Request<Body>) -> Result<SpanData> {
    one(spans(build, handler, |client, _| {
        client.attempt(request);
        Ok(())
    })?)
}

pub(super) fn one(mut spans: Vec<SpanData>) -> Result<SpanData> {
    ensure!(spans.len() == 1, "{} spans instead of one", spans.len());
    spans.pop().context("no span")
}

/// What a span's attribute has, as text.
pub(super) fn attribute(span: &SpanData, name: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key.as_str() == name);
    match found.map(|attribute| attribute.value.as_str()) {
        None => "absent".to_owned(),
        Some(value) if value.is_empty() => "empty".to_owned(),
        Some(value) => value.into_owned(),
    }
}

pub(super) fn has(value: &str) -> bool {
    !["absent", "empty"].contains(&value)
}

/// The status in a word.
pub(super) fn status(span: &SpanData) -> &'static str {
    match span.status {
        Status::Unset => "unset",
        Status::Ok => "ok",
        Status::Error { .. } => "error",
    }
}

/// Everything that a span says, its events included.
pub(super) fn texts(span: &SpanData) -> String {
    let events = span.events.iter().flat_map(|event| event.attributes.iter());
    let values = span.attributes.iter().chain(events).map(|attribute| text(&attribute.value));
    let names = span.events.iter().map(|event| event.name.to_string());
    let mut all: Vec<_> = values.chain(names).collect();
    all.push(format!("{} {:?}", span.name, span.status));
    all.join("\n")
}

fn text(value: &Value) -> String {
    value.as_str().into_owned()
}

/// The process's, which it has one of.
fn arrivals() -> Result<&'static Arrivals> {
    static ARRIVALS: OnceLock<Arrivals> = OnceLock::new();
    if let Some(arrivals) = ARRIVALS.get() {
        return Ok(arrivals);
    }
    let arrivals = State::Sampled.install()?;
    Ok(ARRIVALS.get_or_init(|| arrivals))
}
