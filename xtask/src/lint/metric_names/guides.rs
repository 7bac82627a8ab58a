//! Names of metrics in what people read.

use std::path::Path;

use anyhow::{Context, Result};

use crate::metrics_page::{FILE, MetricsPage};

const FILES: [&str; 8] = [
    "README.md",
    "docs/environment.md",
    "examples/observability/README.md",
    "examples/observability/grafana/dashboards/README.md",
    "telemetry-core/src/runtime.rs",
    "telemetry-http/src/lib.rs",
    "telemetry-net/src/lib.rs",
    "telemetry-prometheus/src/lib.rs",
];

/// How names of metrics begin, and of hardly anything else. `process.` in dots is of the resource.
const BEGINNINGS: [&str; 17] = [
    "http.server.",
    "http_server_",
    "http.client.",
    "http_client_",
    "rpc.server.",
    "rpc_server_",
    "rpc.client.",
    "rpc_client_",
    "transport.server.",
    "transport_server_",
    "transport.client.",
    "transport_client_",
    "transport.udp.",
    "transport_udp_",
    "tokio_runtime_",
    "process_",
    "promhttp_",
];

pub(super) fn faults(root: &Path, page: &MetricsPage) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for file in FILES {
        let text = std::fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))?;
        for (number, line) in (1..).zip(text.lines()) {
            let unknown = words(line).filter(|word| !is_known(word, page));
            faults.extend(unknown.map(|word| format!("{file}:{number}: no metric `{word}` is in {FILE}")));
        }
    }
    Ok(faults)
}

/// The words of a line that look like names of metrics, with a `*` where the rest is left open.
fn words(line: &str) -> impl Iterator<Item = String> {
    let words = line.split(|c: char| !c.is_ascii_alphanumeric() && !['_', '.', '*'].contains(&c));
    words.filter(|word| BEGINNINGS.iter().any(|begin| word.starts_with(begin))).map(|word| {
        // A full stop at the end of a sentence, and two for the rest.
        let open = word.ends_with("..") || word.ends_with('_');
        let name = word.trim_end_matches('.');
        if open { format!("{name}*") } else { name.to_owned() }
    })
}

fn is_known(word: &str, page: &MetricsPage) -> bool {
    if page.metric_of(word).is_some() || page.labels().contains(&*word.replace('.', "_")) {
        return true;
    }
    let names = page.metrics().flat_map(|(name, metric)| metric.opentelemetry.as_deref().into_iter().chain([name]));
    // A guide may speak of all that begins like this: `transport.client.`.
    let beginning = format!("{word}.");
    names.into_iter().any(|name| matches(word, name) || name.starts_with(&beginning))
}

/// `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((begin, rest)) => name
            .strip_prefix(begin)
            .is_some_and(|name| rest.is_empty() || name.char_indices().any(|(at, _)| matches(rest, &name[at..]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_between_other_words() {
        let found = |line: &str| words(line).collect::<Vec<_>>();
        assert_eq!(
            found("`http.server.request.duration`, and http_server_x{a=\"b\"}"),
            ["http.server.request.duration", "http_server_x"]
        );
        assert_eq!(found("see http.server.active_requests."), ["http.server.active_requests"]);
        assert_eq!(found("| `process_*` | transport_server_.. |"), ["process_*", "transport_server_*"]);
        assert_eq!(found("an http server, `http.request.method`, `process.pid`"), [""; 0]);
    }

    #[test]
    fn a_star_is_any_text() {
        assert!(matches("a.*.c", "a.b.c") && matches("a*", "ab") && matches("a", "a"));
        assert!(!matches("a.*.c", "a.b.d") && !matches("a*", "b") && !matches("a", "ab"));
    }
}
