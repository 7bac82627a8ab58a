//! Programs under one Prometheus.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::{Instant, sleep};

use super::question::Of;
use crate::integration::compare::{Check, Row};
use crate::integration::report::Report;
use crate::stage::Place;
use crate::stage::example::Example;
use crate::stage::prometheus::{Job, Prometheus};

/// How long Prometheus may take to see what is already there.
const SEEN: Duration = Duration::from_secs(20);

pub(super) struct Watched {
    pub(super) prometheus: Prometheus,
    report: Report,
}

impl Watched {
    /// Starts a Prometheus for all of the programs.
    pub(super) async fn start(place: &Place, binary: &Path, name: &str, programs: &[(Of, &Example)]) -> Result<Self> {
        let job = |(of, example): &(Of, &Example)| Job {
            name: of.0.to_owned(),
            target: example.metrics,
            path: "/metrics".to_owned(),
            settings: &[],
        };
        let jobs: Vec<Job> = programs.iter().map(job).collect();
        let prometheus = Prometheus::start(binary, name, &[], &jobs, &place.folder).await?;
        Ok(Self { prometheus, report: Report::new(place, binary) })
    }

    /// Has everything scraped, and asks.
    pub(super) async fn check(&mut self, part: &str, checks: &[Check]) -> Result<()> {
        self.prometheus.two_scrapes().await?;
        self.ask(part, checks).await
    }

    /// Asks about what has been scraped.
    pub(super) async fn ask(&self, part: &str, checks: &[Check]) -> Result<()> {
        self.report.summarize(part, &self.rows(checks).await?)
    }

    /// Waits until the answers are right, for what comes by itself.
    pub(super) async fn wait(&self, part: &str, checks: &[Check]) -> Result<()> {
        let deadline = Instant::now() + SEEN;
        loop {
            let rows = self.rows(checks).await?;
            if rows.iter().all(|row| row.passed) || Instant::now() > deadline {
                return self.report.summarize(part, &rows);
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn rows(&self, checks: &[Check]) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for check in checks {
            let answer = self.prometheus.query(&check.query).await.with_context(|| check.query.clone())?;
            rows.extend(check.compare(&answer));
        }
        Ok(rows)
    }

    /// One number.
    pub(super) async fn number(&self, query: &str) -> Result<f64> {
        let answer = self.prometheus.query(query).await?;
        ensure!(answer.len() == 1, "{query} has {} answers", answer.len());
        Ok(answer[0].value)
    }
}
