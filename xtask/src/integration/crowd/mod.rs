//! The playground at full speed, with clients that are killed, and exact totals in the end.
//!
//! Nobody knows beforehand how many requests come. The playground counts by itself, outside of all layers, and the
//! metrics have to agree with that.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use rustix::process::Signal;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::compare::{Check, Expected, Row};
use super::playground;
use super::report::Report;
use crate::stage::Place;
use crate::stage::example::Example;
use crate::stage::prometheus::{Job, Prometheus};
use counts::Counts;
use page::Page;
use question::{OPEN, Question, REQUESTS};

mod clients;
pub(super) mod counts;
pub(super) mod page;
mod question;
pub(super) mod tools;
mod watch;

/// How long the server may take to notice that all clients are gone.
const SETTLED: Duration = Duration::from_secs(10);

const RISING: [&str; 5] = [
    REQUESTS,
    "http_server_request_duration_seconds_bucket",
    "http_server_response_body_size_bytes_sum",
    "transport_server_connection_duration_seconds_count",
    "transport_server_io_bytes_total",
];

/// One load for all Prometheus binaries.
pub(super) async fn run(place: &Place, binaries: &[PathBuf]) -> Result<()> {
    let playground = Example::start(place, playground::NAME).await?;
    let starts = binaries.iter().enumerate().map(|(index, binary)| start(place, &playground, index, binary));
    let prometheuses = try_join_all(starts).await?;

    let (stop, stopped) = oneshot::channel();
    let load = async {
        let served = clients::drive(playground.server, &place.folder).await?;
        drop(stop);
        Ok(served)
    };
    let (served, scrapes) = tokio::try_join!(load, watch::watch(&playground, stopped))?;
    let counts = settled(&playground).await?;
    println!("{counts}; {scrapes} scrapes meanwhile");
    ensure!(counts.answered >= served, "clients got {served} answers, but {} were given", counts.answered);
    ensure!(counts.unanswered > 0 && counts.cut_off > 0, "no client went away in the middle: {counts}");

    let questions = question::questions(&counts);
    let page = Page::parse(&playground.scrape().await?)?;
    let rows: Vec<Row> = questions.iter().flat_map(|question| question.ask_page(&page)).collect();
    Report::new(place, Path::new("the page")).write("clients at full speed", &rows)?;
    try_join_all(binaries.iter().zip(prometheuses).map(|(binary, prometheus)| {
        let report = Report::new(place, binary);
        ask(prometheus, &questions, report)
    }))
    .await?;
    playground.stop(Signal::TERM).await
}

async fn start(place: &Place, playground: &Example, index: usize, binary: &Path) -> Result<Prometheus> {
    let name = format!("crowd-{index}");
    let job = Job { name: name.clone(), target: playground.metrics, path: "/metrics".to_owned(), settings: &[] };
    Prometheus::start(binary, &name, &[], &[job], &place.folder).await
}

/// Waits until nothing is under way any more.
async fn settled(playground: &Example) -> Result<Counts> {
    let deadline = Instant::now() + SETTLED;
    loop {
        let counts = Counts::of(playground).await?;
        let page = Page::parse(&playground.scrape().await?)?;
        let open: f64 = page.samples(OPEN).map(|(_, value)| value).sum();
        if counts.ended() == counts.begun && open == 0.0 {
            return Ok(counts);
        }
        ensure!(Instant::now() < deadline, "{SETTLED:?} after the last client {open} connections are open; {counts}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn ask(mut prometheus: Prometheus, questions: &[Question], report: Report) -> Result<()> {
    prometheus.two_scrapes().await?;
    let mut rows = Vec::new();
    for question in questions {
        let query = question.query();
        let answer = prometheus.query(&query).await.with_context(|| query.clone())?;
        rows.extend(Check::one(query, question.expected()).compare(&answer));
    }
    // Nothing went down from one of its scrapes to the next.
    for metric in RISING {
        let query = format!("sum(resets({metric}[10m]))");
        let answer = prometheus.query(&query).await.with_context(|| query.clone())?;
        rows.extend(Check::one(query, Expected::count(0)).compare(&answer));
    }
    report.summarize("clients at full speed", &rows)?;
    prometheus.stop().await
}
