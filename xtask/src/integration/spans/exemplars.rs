//! Exemplars of the playground's durations lead to the spans that it sent.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde_json::Value;

use super::receiver::{Program, Receiver};
use super::span::{Kind, Span};
use crate::integration::playground::NAME;
use crate::stage::Place;
use crate::stage::example::Example;
use crate::stage::http;
use crate::stage::prometheus::{Job, Prometheus};

const BUCKETS: &str = "http_server_request_duration_seconds_bucket";

/// Requests with what their spans are called.
const REQUESTS: [(&str, &str); 5] = [
    ("/", "GET /"),
    ("/users/1", "GET /users/{id}"),
    ("/users/2", "GET /users/{id}"),
    ("/slow?ms=30", "GET /slow"),
    ("/stream?chunks=3&delay_ms=5&bytes=10", "GET /stream"),
];
const ROUNDS: usize = 3;

/// Both ends of a span are told in nanoseconds, and a duration in seconds.
const ROUNDING: f64 = 1e-6;

pub(super) async fn run(place: &Place, binary: &Path, program: &Program) -> Result<()> {
    let start = now()?;
    let said = place.folder.join(format!("exemplars under {}.txt", binary.display()).replace([' ', '/'], "-"));
    let mut receiver = Receiver::start(program, said).await?;
    let playground = Example::start_in(place, NAME, &receiver.environment()).await?;
    let job = Job { name: NAME.to_owned(), target: playground.metrics, path: "/metrics".to_owned(), settings: &[] };
    let flags = ["--enable-feature=exemplar-storage"];
    let mut prometheus = Prometheus::start(binary, "exemplars", &flags, &[job], &place.folder).await?;
    for _ in 0..ROUNDS {
        for (path, _) in REQUESTS {
            http::get(playground.server, path, "*/*").await?;
        }
    }
    prometheus.two_scrapes().await?;
    let times = [("start", start.to_string()), ("end", (now()? + 1.0).to_string())];
    let parameters = [("query", BUCKETS), (times[0].0, &times[0].1), (times[1].0, &times[1].1)];
    let answer = prometheus.ask("query_exemplars", &parameters).await?;
    prometheus.stop().await?;
    playground.stop(Signal::TERM).await?;

    let spans = receiver.spans(REQUESTS.len() * ROUNDS).await?;
    let exemplars = exemplars(&answer).with_context(|| format!("odd exemplars: {answer}"))?;
    for (_, name) in REQUESTS {
        ensure!(exemplars.iter().any(|exemplar| exemplar.name == name), "no exemplar of `{name}`: {answer}");
    }
    for exemplar in &exemplars {
        exemplar.leads_to_one_of(&spans).with_context(|| format!("{exemplar:?}"))?;
    }
    println!("{}: {} exemplars lead to spans", binary.display(), exemplars.len());
    Ok(())
}

fn now() -> Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64())
}

#[derive(Debug, PartialEq)]
struct Exemplar {
    /// What its series says that the span is called.
    name: String,
    trace: String,
    span: String,
    seconds: f64,
}

impl Exemplar {
    fn leads_to_one_of(&self, spans: &[Span]) -> Result<()> {
        let span = spans.iter().find(|span| span.trace == self.trace && span.id == self.span);
        let span = span.context("leads to no span that was received")?;
        ensure!(span.kind == Kind::Server && span.name == self.name, "leads to {span}");
        let seconds = span.end.saturating_sub(span.start) as f64 / 1e9;
        ensure!((seconds - self.seconds).abs() <= ROUNDING, "leads to a span of {seconds} seconds: {span}");
        Ok(())
    }
}

fn exemplars(answer: &Value) -> Option<Vec<Exemplar>> {
    let mut all = Vec::new();
    for series in answer.as_array()? {
        let label = |name: &str| series.get("seriesLabels")?.get(name)?.as_str();
        let name = format!("{} {}", label("http_request_method")?, label("http_route")?);
        for exemplar in series.get("exemplars")?.as_array()? {
            let label = |name: &str| exemplar.get("labels")?.get(name)?.as_str().map(str::to_owned);
            let seconds = exemplar.get("value")?.as_str()?.parse().ok()?;
            all.push(Exemplar { name: name.clone(), trace: label("trace_id")?, span: label("span_id")?, seconds });
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn exemplar() -> Exemplar {
        Exemplar { name: "GET /".to_owned(), trace: "t".to_owned(), span: "s".to_owned(), seconds: 0.5 }
    }

    #[test]
    fn exemplars_are_read_from_an_answer() {
        let labels = json!({"__name__": BUCKETS, "http_request_method": "GET", "http_route": "/", "le": "1"});
        let one = json!({"labels": {"trace_id": "t", "span_id": "s"}, "value": "0.5", "timestamp": 1.5});
        let answer = json!([{"seriesLabels": labels, "exemplars": [one]}]);
        assert_eq!(exemplars(&answer), Some(vec![exemplar()]));
        let bare = json!([{"seriesLabels": labels, "exemplars": [{"labels": {}, "value": "0.5"}]}]);
        assert_eq!(exemplars(&bare), None);
        assert_eq!(exemplars(&json!({})), None);
    }

    #[test]
    fn an_exemplar_leads_to_the_span_that_it_names() {
        let span = Span {
            trace: "t".to_owned(),
            id: "s".to_owned(),
            name: "GET /".to_owned(),
            kind: Kind::Server,
            start: 1_000_000_000,
            end: 1_500_000_000,
            ..Span::default()
        };
        let leads = |span: Span| exemplar().leads_to_one_of(&[Span::default(), span]);
        assert!(leads(span.clone()).is_ok());
        assert!(leads(Span { trace: "other".to_owned(), ..span.clone() }).is_err());
        assert!(leads(Span { id: "other".to_owned(), ..span.clone() }).is_err());
        assert!(leads(Span { name: "GET".to_owned(), ..span.clone() }).is_err());
        assert!(leads(Span { kind: Kind::Client, ..span.clone() }).is_err());
        assert!(leads(Span { end: 1_600_000_000, ..span }).is_err());
    }
}
