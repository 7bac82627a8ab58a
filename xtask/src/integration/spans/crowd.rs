//! Many requests at once: as many spans as there have to be, and none twice.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tokio::process::Command;
use tokio::time::timeout;

use super::Run;
use super::services::Services;
use super::span::Span;
use crate::integration::crowd::tools::Tool;

const REQUESTS: usize = 2000;
const CLIENTS: usize = 8;
/// Of each request.
const SPANS: usize = 3;
const LIMIT: Duration = Duration::from_secs(60);

pub(super) async fn run(run: &Run) -> Result<()> {
    let mut receiver = run.receiver("crowd").await?;
    let services = Services::start(&run.place, run.way, &receiver).await?;
    let tool = Tool::H2load;
    let mut command = Command::new(tool.name());
    command.args(["--h1", "-t1", &format!("-n{REQUESTS}"), &format!("-c{CLIENTS}")]);
    command.arg(format!("http://{}/orders/7", services.front)).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(LIMIT, command.output()).await.with_context(|| format!("not done after {LIMIT:?}"))??;
    let said = String::from_utf8_lossy(&output.stdout);
    let answers = tool.answers(&said).with_context(|| said.clone().into_owned())?;
    ensure!(usize::try_from(answers)? == REQUESTS, "{answers} answers to {REQUESTS} requests:\n{said}");
    services.stop(Signal::TERM).await?;

    let spans = receiver.spans(REQUESTS * SPANS).await?;
    whole(&spans, REQUESTS)?;
    println!("{run}: {REQUESTS} requests, {} spans", spans.len());
    Ok(())
}

/// So many traces of three spans, each span once.
fn whole(spans: &[Span], traces: usize) -> Result<()> {
    let ids: BTreeSet<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    ensure!(ids.len() == spans.len(), "{} ids for {} spans", ids.len(), spans.len());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for span in spans {
        *counts.entry(&span.trace).or_default() += 1;
    }
    ensure!(counts.len() == traces, "{} traces of {traces} requests", counts.len());
    let odd = counts.iter().find(|(_, count)| **count != SPANS);
    ensure!(odd.is_none(), "a trace with another number of spans than {SPANS}: {odd:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(ids: &[(&str, &str)]) -> Vec<Span> {
        let span =
            |(trace, id): &(&str, &str)| Span { trace: (*trace).to_owned(), id: (*id).to_owned(), ..Span::default() };
        ids.iter().map(span).collect()
    }

    #[test]
    fn every_trace_is_whole_and_every_id_is_there_once() {
        let is_whole = |ids: &[(&str, &str)]| whole(&spans(ids), 2).is_ok();
        assert!(is_whole(&[("a", "1"), ("b", "4"), ("a", "2"), ("b", "5"), ("a", "3"), ("b", "6")]));
        assert!(!is_whole(&[("a", "1"), ("b", "4"), ("a", "2"), ("b", "5"), ("a", "3"), ("b", "3")]));
        assert!(!is_whole(&[("a", "1"), ("b", "4"), ("a", "2"), ("b", "5"), ("a", "3"), ("a", "6")]));
        assert!(!is_whole(&[("a", "1"), ("a", "2"), ("a", "3")]));
    }
}
