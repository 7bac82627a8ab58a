//! Three signals of a few requests, piece by piece.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::client::{Answer, Client};
use super::received::{Received, Record};
use super::{Run, metrics, resource, until};
use crate::integration::compare::{Row, table};
use crate::integration::crowd::counts::Counts;
use crate::integration::crowd::page::Page;
use crate::integration::playground::NAME;
use crate::integration::report::Report;
use crate::integration::spans::span::{Kind, Span, Value};
use crate::stage::example::Example;

const LOG: &str = "/log?text=";
const PATHS: [&str; 6] = ["/", "/users/7", "/log?text=one", "/slow?ms=30", "/log?text=two", "/log?text=three"];
const OPEN: &str = "transport_server_active_connections";

pub(super) async fn run(run: &Run) -> Result<()> {
    let mut receiver = run.receiver("story").await?;
    let mut environment = run.environment(&receiver);
    environment.extend(resource::environment());
    // The exporter's own clients say most at this level.
    environment.push(("RUST_LOG", "trace".to_owned()));
    let playground = Example::start_with_log(&run.place, NAME, &environment, &run.file("story-log")).await?;
    let (server, process) = (playground.server, playground.id()?);
    let mut client = Client::connect(server).await?;
    let mut answers = Vec::new();
    for path in PATHS {
        answers.push(client.ask(path).await?);
    }
    client.close().await?;
    let counts = until(async || settled(&playground).await).await?;
    let page = Page::parse(&playground.scrape().await?)?;
    playground.stop(Signal::TERM).await?;

    let spans = receiver.spans(PATHS.len()).await?;
    judge_spans(&spans, &answers, server)?;
    // Metrics come last.
    let received = until(async || {
        let received = Received::read(&run.program, &receiver.said()?)?;
        ensure!(!received.points.is_empty(), "no metrics");
        Ok(received)
    });
    let received = received.await?;
    judge_records(&received.records, &answers, &spans)?;
    if run.shows_resources() {
        resource::judge(&received.resources, process, &resource::host()?)?;
    }
    let rows = until(async || {
        let points = Received::read(&run.program, &receiver.said()?)?.points;
        let mut rows = metrics::against_page(&points, &page);
        rows.extend(metrics::against_tally(&points, &counts));
        ensure!(rows.iter().all(|row| row.passed), "of {} numbers these differ:\n{}", rows.len(), wrong(&rows));
        Ok(rows)
    });
    Report::new(&run.place, Path::new("three signals")).summarize(&run.to_string(), &rows.await?)
}

/// All that was asked for has ended, and the connection has gone.
async fn settled(playground: &Example) -> Result<Counts> {
    let counts = Counts::of(playground).await?;
    let page = Page::parse(&playground.scrape().await?)?;
    let open: f64 = page.samples(OPEN).map(|(_, value)| value).sum();
    ensure!(counts.ended() == PATHS.len() as u64 && open == 0.0, "{open} connections are open; {counts}");
    Ok(counts)
}

/// One span of the playground's server for each request, and no other: what the exporter does is traced by nobody.
fn judge_spans(spans: &[Span], answers: &[Answer], server: SocketAddr) -> Result<()> {
    ensure!(spans.len() == answers.len(), "{} spans of {} requests", spans.len(), answers.len());
    for answer in answers {
        let span = span_of(spans, answer)?;
        ensure!(span.kind == Kind::Server && span.parent.is_empty(), "no root of a server: {span}");
        let port = span.attributes.get("server.port");
        ensure!(port == Some(&Value::Int(server.port().into())), "of another server, {port:?}: {span}");
    }
    Ok(())
}

fn span_of<'a>(spans: &'a [Span], answer: &Answer) -> Result<&'a Span> {
    let span = spans.iter().find(|span| span.trace == answer.trace);
    span.with_context(|| format!("no span of the trace {} of {}", answer.trace, answer.path))
}

/// One line for each that was asked for, which leads to the request's span, and no line of anything else.
fn judge_records(records: &[Record], answers: &[Answer], spans: &[Span]) -> Result<()> {
    let mut expected = 0;
    for answer in answers {
        let Some(text) = answer.path.strip_prefix(LOG) else { continue };
        expected += 1;
        let text = Value::Text(text.to_owned());
        let found: Vec<&Record> =
            records.iter().filter(|record| record.attributes.get("text") == Some(&text)).collect();
        let [record] = found[..] else { anyhow::bail!("{} lines for {}: {records:?}", found.len(), answer.path) };
        ensure!(record.body == "asked to log" && record.severity == "INFO", "another line: {record:?}");
        ensure!(record.trace == answer.trace, "the line is of another trace than {}: {record:?}", answer.trace);
        let span = span_of(spans, answer)?;
        ensure!(record.span == span.id, "the line is not of the request's span {span}: {record:?}");
    }
    let stray = records.iter().find(|record| !record.attributes.contains_key("text"));
    ensure!(records.len() == expected, "{} lines, but {expected} were asked for: {stray:?}", records.len());
    Ok(())
}

fn wrong(rows: &[Row]) -> String {
    table(rows.iter().filter(|row| !row.passed))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn answers() -> Vec<Answer> {
        let answer = |path: &str, trace: &str| Answer {
            path: path.to_owned(),
            trace: trace.to_owned(),
            asked: Instant::now(),
            took: Duration::ZERO,
        };
        vec![answer("/", "a"), answer("/log?text=one", "b")]
    }

    fn spans(port: i64) -> Vec<Span> {
        let span = |trace: &str, id: &str| Span {
            trace: trace.to_owned(),
            id: id.to_owned(),
            kind: Kind::Server,
            attributes: [("server.port".to_owned(), Value::Int(port))].into(),
            ..Span::default()
        };
        vec![span("a", "1"), span("b", "2")]
    }

    fn record() -> Record {
        let [body, severity, trace, span] = ["asked to log", "INFO", "b", "2"].map(str::to_owned);
        let attributes = [("text".to_owned(), Value::Text("one".to_owned()))].into();
        Record { body, severity, trace, span, attributes }
    }

    #[test]
    fn spans_are_those_of_the_requests() {
        let server = SocketAddr::from(([127, 0, 0, 1], 7));
        let judged = |spans: &[Span]| judge_spans(spans, &answers(), server);
        judged(&spans(7)).unwrap();
        assert!(judged(&spans(8)).is_err());
        assert!(judged(&spans(7)[..1]).is_err());
        assert!(judged(&[spans(7), spans(8)].concat()).is_err());
        let mut child = spans(7);
        child[0].parent = "2".to_owned();
        assert!(judged(&child).is_err());
    }

    #[test]
    fn a_line_leads_to_the_span_of_its_request() {
        let judged = |records: &[Record]| judge_records(records, &answers(), &spans(7));
        judged(&[record()]).unwrap();
        assert!(judged(&[]).is_err());
        assert!(judged(&[record(), record()]).is_err());
        assert!(judged(&[record(), Record::default()]).is_err());
        assert!(judged(&[Record { trace: "a".to_owned(), ..record() }]).is_err());
        assert!(judged(&[Record { span: "1".to_owned(), ..record() }]).is_err());
        assert!(judged(&[Record { severity: "TRACE".to_owned(), ..record() }]).is_err());
    }
}
