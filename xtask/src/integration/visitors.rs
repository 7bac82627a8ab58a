//! The example `http_telemetry`: its own counter and both layers' families in one scrape.

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use super::Place;
use super::example::Example;
use super::http;

/// The file of the last scrape.
pub(super) const SCRAPE: &str = "http_telemetry.txt";
/// The example's counter is called so on purpose; there is nothing else to complain about.
pub(super) const COMPLAINT: &str = "visitor_counter_total metric name should not include type 'counter'";

const VISITS: u64 = 7;
const FAMILIES: [&str; 7] = [
    "http_server_request_duration_seconds",
    "http_server_active_requests",
    "http_server_request_body_size_bytes",
    "http_server_response_body_size_bytes",
    "transport_server_active_connections",
    "transport_server_connection_duration_seconds",
    "transport_server_io_bytes_total",
];

pub(super) async fn run(place: &Place) -> Result<()> {
    let example = Example::start(place, "http_telemetry").await?;
    for _ in 0..VISITS {
        http::get(example.server, "/", "*/*").await?;
    }
    let file = place.folder.join(SCRAPE);
    example.save_scrape(&file).await?;
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    judge(&text).with_context(|| format!("see {}", file.display()))?;
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
        assert!(judge(&scrape("7")).is_ok());
        assert!(judge(&scrape("8")).is_err());
        assert!(judge(&scrape("7\nvisitor_counter_total{a=\"b\"} 7")).is_err());
        assert!(judge("").is_err());
    }

    #[test]
    fn every_family_is_there_once() {
        assert!(judge(&scrape("7").replace(FAMILIES[6], "other")).is_err());
        let twice = format!("{}# TYPE {} gauge\n", scrape("7"), FAMILIES[0]);
        assert!(judge(&twice).is_err());
    }
}
