//! The playground under load, with its counts read back through PromQL.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::compare::Row;
use super::expect::{Transmitted, checks};
use super::formats;
use super::load;
use super::report::Report;
use crate::stage::Place;
use crate::stage::example::Example;
use crate::stage::ledger::Ledger;
use crate::stage::prometheus::{Job, Prometheus};
use crate::stage::wire::Wire;

/// The name of the example, and of the files with its last pages.
pub(super) const NAME: &str = "playground";

/// The file of the last scrape.
pub(super) const SCRAPE: &str = "playground.txt";

pub(super) async fn run(place: &Place, binary: &Path) -> Result<()> {
    let playground = Example::start(place, NAME).await?;
    let job = Job { name: NAME.to_owned(), target: playground.metrics, path: "/metrics".to_owned(), settings: &[] };
    let mut prometheus = Prometheus::start(binary, NAME, &[], &[job], &place.folder).await?;
    let wire = Wire::new(playground.server);
    let mut ledger = Ledger::default();
    let report = Report::new(place, binary);

    load::orderly(&wire, &mut ledger).await?;
    prometheus.two_scrapes().await?;
    let rows = ask(&prometheus, &ledger, &wire, Transmitted::All).await?;
    report.write("clients that stay to the end", &rows)?;

    load::disorderly(&wire, &playground, &mut ledger).await?;
    prometheus.two_scrapes().await?;
    formats::save(&playground, &place.folder, (NAME, "/metrics", "")).await?;
    let rows = ask(&prometheus, &ledger, &wire, Transmitted::AtLeastThese).await?;
    report.write("and clients that hang up, and handlers that panic", &rows)?;

    prometheus.stop().await?;
    playground.stop(Signal::INT).await
}

async fn ask(prometheus: &Prometheus, ledger: &Ledger, wire: &Wire, transmitted: Transmitted) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for check in checks(ledger, wire, transmitted) {
        let answer = prometheus.query(&check.query).await.with_context(|| check.query.clone())?;
        rows.extend(check.compare(&answer));
    }
    ensure!(!rows.is_empty(), "nothing was asked");
    Ok(rows)
}
