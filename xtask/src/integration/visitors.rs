//! The example `http_telemetry`: its own counter and both layers' families in one scrape, as the README shows them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::stage::Place;
use crate::stage::example::Example;
use crate::stage::http;

/// The file of the last scrape.
pub(super) const SCRAPE: &str = "http_telemetry.txt";
/// The example's counter is called so on purpose; there is nothing else to complain about.
pub(super) const COMPLAINT: &str = "visitor_counter_total metric name should not include type 'counter'";

/// How long the server may take to notice that the visitors are gone.
const SETTLED: Duration = Duration::from_secs(5);

/// As many as the README has.
const VISITS: u64 = 3;
const FAMILIES: [&str; 7] = [
    "http_server_request_duration_seconds",
    "http_server_active_requests",
    "http_server_request_body_size_bytes",
    "http_server_response_body_size_bytes",
    "transport_server_active_connections",
    "transport_server_connection_duration_seconds",
    "transport_server_io_bytes_total",
];

pub(super) async fn run(place: &Place, promised: &[String]) -> Result<()> {
    let example = Example::start(place, "http_telemetry").await?;
    for _ in 0..VISITS {
        http::get(example.server, "/", "*/*").await?;
    }
    let file = place.folder.join(SCRAPE);
    // The server sees a moment later than the client that a connection has ended.
    let deadline = Instant::now() + SETTLED;
    loop {
        example.save_scrape(&file).await?;
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        match judge(&text).and_then(|()| keeps(&text, promised)) {
            Ok(()) => break,
            Err(error) if Instant::now() > deadline => return Err(error.context(format!("see {}", file.display()))),
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
    example.stop(Signal::TERM).await
}

fn judge(scrape: &str) -> Result<()> {
    let counters: Vec<&str> = scrape.lines().filter(|line| line.starts_with("visitor_counter_total")).collect();
    let value = counters.first().and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    ensure!(counters.len() == 1 && value == Some(VISITS as f64), "{VISITS} visits became {counters:?}");
    for family in FAMILIES {
        let types = scrape.lines().filter(|line| line.strip_prefix("# TYPE ").is_some_and(|rest| names(rest, family)));
        ensure!(types.count() == 1, "the family {family} is not there once");
    }
    Ok(())
}

/// Each of the `promised` lines is in the scrape, which has the scope's labels besides.
fn keeps(scrape: &str, promised: &[String]) -> Result<()> {
    let lines: Vec<String> = scrape.lines().map(without_scope).collect();
    for promise in promised {
        ensure!(lines.contains(promise), "README.md shows `{promise}`, which is not there");
    }
    Ok(())
}

/// No value in the scrape of the example holds a quote or a brace.
fn without_scope(line: &str) -> String {
    let Some((name, rest)) = line.split_once('{') else { return line.to_owned() };
    let Some((labels, value)) = rest.split_once('}') else { return line.to_owned() };
    let own = labels.split_inclusive("\",").filter(|label| !label.starts_with("otel_scope_")).collect::<String>();
    let own = own.trim_end_matches(',');
    if own.is_empty() { format!("{name}{value}") } else { format!("{name}{{{own}}}{value}") }
}

fn names(rest: &str, family: &str) -> bool {
    rest.split(' ').next() == Some(family)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrape(visits: &str) -> String {
        let types = FAMILIES.map(|family| format!("# TYPE {family} gauge\n"));
        format!("{}visitor_counter_total{{otel_scope_name=\"x\"}} {visits}\n", types.concat())
    }

    #[test]
    fn every_visit_counts_once() {
        assert!(judge(&scrape("3")).is_ok());
        assert!(judge(&scrape("4")).is_err());
        assert!(judge(&scrape("3\nvisitor_counter_total{a=\"b\"} 3")).is_err());
        assert!(judge("").is_err());
    }

    #[test]
    fn every_family_is_there_once() {
        assert!(judge(&scrape("3").replace(FAMILIES[6], "other")).is_err());
        let twice = format!("{}# TYPE {} gauge\n", scrape("3"), FAMILIES[0]);
        assert!(judge(&twice).is_err());
    }

    #[test]
    fn a_promise_is_kept_to_the_letter() {
        let scrape = "a{b=\"c\",otel_scope_name=\"x\",z=\"y\"} 1\nd{otel_scope_name=\"x\"} 2\n";
        let promise = |line: &str| keeps(scrape, &[line.to_owned()]);
        assert!(promise("a{b=\"c\",z=\"y\"} 1").is_ok());
        assert!(promise("d 2").is_ok());
        assert!(promise("d 3").is_err());
        assert!(promise("a{b=\"c\"} 1").is_err());
    }
}
