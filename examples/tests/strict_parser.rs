//! A strict parser of the text format accepts what the playground exposes.

mod common;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use common::{Example, HANDSHAKE, get, request};
use http_body_util::Full;
use openmetrics_parser::prometheus::parse_prometheus;
use openmetrics_parser::{MetricsExposition, PrometheusType, PrometheusValue};

const HISTOGRAMS: [&str; 5] = [
    "http_server_request_body_size_bytes",
    "http_server_request_duration_seconds",
    "http_server_response_body_size_bytes",
    "transport_server_connection_duration_seconds",
    "transport_server_connection_requests",
];
const GAUGES: [&str; 14] = [
    "http_server_active_requests",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_virtual_memory_bytes",
    "promhttp_metric_handler_requests_in_flight",
    "target_info",
    "tokio_runtime_active_tasks",
    "tokio_runtime_global_queue_depth",
    "tokio_runtime_workers",
    "transport_server_active_connections",
    "transport_server_upgraded_connections",
];
const COUNTERS: [&str; 5] = [
    "process_cpu_seconds_total",
    "promhttp_metric_handler_requests_total",
    "tokio_runtime_worker_busy_time_seconds_total",
    "tokio_runtime_worker_parks_total",
    "transport_server_io_bytes_total",
];

#[tokio::test]
async fn a_strict_parser_accepts_the_scrape() {
    // A scrape after more load than this test makes.
    let text = match std::env::var_os("TELEMETRY_SCRAPE_FILE") {
        Some(file) => std::fs::read_to_string(file).unwrap(),
        None => scrape_after_some_of_everything().await,
    };
    let mut series = HashSet::new();
    let twice = text.lines().filter_map(|line| line.rsplit_once(' ')).find(|(name, _)| !series.insert(*name));
    assert_eq!(twice, None, "the parser does not see a bucket that is there twice");

    let text = with_equal_labels(&text);
    let scrape = parse_prometheus(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));

    let names = |wanted: PrometheusType| names_of(&scrape, &wanted);
    let families = scrape.families.keys().filter(|name| !is_of_the_kernel(name)).count();
    assert_eq!(names(PrometheusType::Histogram), HISTOGRAMS);
    assert_eq!(names(PrometheusType::Gauge), GAUGES);
    assert_eq!(names(PrometheusType::Counter), COUNTERS);
    assert_eq!(families, HISTOGRAMS.len() + GAUGES.len() + COUNTERS.len());
}

fn names_of<'a>(
    scrape: &'a MetricsExposition<PrometheusType, PrometheusValue>,
    wanted: &PrometheusType,
) -> Vec<&'a str> {
    let families = scrape.families.values().filter(|family| family.family_type == *wanted);
    let mut names: Vec<&str> = families.map(|family| family.family_name.as_str()).collect();
    names.retain(|name| !is_of_the_kernel(name));
    names.sort_unstable();
    names
}

/// A build of the whole workspace may have feature `tcp-info` of `telemetry-net`, which the examples do not ask for.
fn is_of_the_kernel(name: &str) -> bool {
    name.starts_with("transport_server_tcp_")
}

async fn scrape_after_some_of_everything() -> String {
    let example = Example::start(env!("CARGO_BIN_EXE_playground")).await;
    for path in ["/", "/users/7", "/stream?chunks=3&delay_ms=1", "/status/204", "/status/503", "/slow?ms=1", "/nowhere"]
    {
        example.http1(get(path)).await;
        example.http2(get(path)).await;
    }
    example.http1(request("POST", "/echo").map(|_| Full::from("hello"))).await;
    example.http1(request("BREW", "/")).await;
    drop(example.talk(HANDSHAKE, "\r\n\r\n").await);
    example.scrape_until(|scrape| scrape.open() == 0.0).await.text
}

/// Gives all samples of a family the same label names, which this parser wants and Prometheus does not. The ones that
/// are added are empty, which is the same as absent.
fn with_equal_labels(text: &str) -> String {
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (family, line) in with_family(text) {
        if let Some((_, labels, _)) = sample(line) {
            names.entry(family).or_default().extend(labels.into_keys().filter(|name| *name != "le"));
        }
    }
    let mut equal = String::new();
    for (family, line) in with_family(text) {
        let Some((name, labels, value)) = sample(line) else {
            equal.extend([line, "\n"]);
            continue;
        };
        let of_family = names[family].iter().copied().chain(labels.contains_key("le").then_some("le"));
        let labels = of_family.map(|name| format!("{name}=\"{}\"", labels.get(name).copied().unwrap_or_default()));
        equal.extend([name, "{", &labels.collect::<Vec<_>>().join(","), "} ", value, "\n"]);
    }
    equal
}

/// Each line with the family of the last `# TYPE` before it.
fn with_family(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().scan("", |family, line| {
        if let Some(declared) = line.strip_prefix("# TYPE ") {
            *family = declared;
        }
        Some((*family, line))
    })
}

/// Name, labels and value of a sample. The playground has no quotes in its values.
fn sample(line: &str) -> Option<(&str, BTreeMap<&str, &str>, &str)> {
    let (name, rest) = line.split_once('{').filter(|_| !line.starts_with('#'))?;
    let (labels, value) = rest.rsplit_once("} ")?;
    let labels: Vec<_> =
        labels.strip_suffix('"')?.split("\",").map(|label| label.split_once("=\"")).collect::<Option<_>>()?;
    let by_name: BTreeMap<_, _> = labels.iter().copied().collect();
    assert_eq!(by_name.len(), labels.len(), "a label twice: {line}");
    Some((name, by_name, value))
}
