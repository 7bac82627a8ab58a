//! collector.yaml: pipelines of parts that are all defined and all used, and the ports on both ends.

use std::collections::BTreeSet;

use serde_json::Value;

use super::compose::Compose;
use super::service::Service;
use super::yaml;

const PARTS: [&str; 3] = ["receivers", "processors", "exporters"];
const SERVICE: &str = "service";
const SIGNALS: [&str; 3] = ["traces", "metrics", "logs"];

/// Where it publishes metrics of its own, in a reader of its telemetry.
const OWN_METRICS: &str = "/pull/exporter/prometheus";
const READERS: &str = "/service/telemetry/metrics/readers";

pub(super) fn faults(file: &Value, compose: Compose<'_>, reader: &Service<'_>) -> Vec<String> {
    let known = PARTS.into_iter().chain([SERVICE]).collect::<Vec<_>>();
    let unknown = yaml::entries(Some(file)).filter(|(section, _)| !known.contains(section));
    let unknown = unknown.map(|(section, _)| format!("no check knows the section `{section}`"));
    unknown.chain(pipelines(file)).chain(endpoints(file, compose, reader)).collect()
}

fn pipelines(file: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut used = BTreeSet::new();
    for (pipeline, steps) in yaml::entries(file.pointer("/service/pipelines")) {
        // A name of its own may follow: traces/second.
        if !SIGNALS.contains(&pipeline.split('/').next().unwrap_or_default()) {
            faults.push(format!("the pipeline `{pipeline}` is for none of {}", SIGNALS.join(", ")));
        }
        for kind in PARTS {
            let names = yaml::items(steps.get(kind));
            if names.is_empty() && kind != "processors" {
                faults.push(format!("the pipeline `{pipeline}` has no {kind}"));
            }
            for name in names {
                if file.get(kind).and_then(|parts| parts.get(&name)).is_none() {
                    faults.push(format!("the pipeline `{pipeline}` has `{name}`, which is none of the {kind}"));
                }
                used.insert((kind, name));
            }
        }
    }
    let defined = PARTS.into_iter().flat_map(|kind| yaml::entries(file.get(kind)).map(move |(name, _)| (kind, name)));
    let unused = defined.filter(|(kind, name)| !used.contains(&(*kind, (*name).to_owned())));
    faults.extend(unused.map(|(kind, name)| format!("`{name}` of the {kind} is in no pipeline")));
    faults
}

/// What listens has to be what compose.yaml offers, and what sends has to find somebody.
fn endpoints(file: &Value, compose: Compose<'_>, reader: &Service<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut listens = BTreeSet::new();
    let ends = |kind: &str| file.get(kind).map(|parts| yaml::all(parts, "endpoint")).unwrap_or_default();
    let own = file.pointer(READERS).and_then(Value::as_array).into_iter().flatten();
    let own = own.filter_map(|reader| reader.pointer(OWN_METRICS)).map(|address| {
        let part = |name: &str| yaml::all(address, name).concat();
        format!("{}:{}", part("host"), part("port"))
    });
    for endpoint in ends("receivers").into_iter().chain(own) {
        match port_of_listener(&endpoint) {
            Some(port) => _ = listens.insert(port),
            None => faults.push(format!("`{endpoint}` is not 0.0.0.0 and a port, which others could reach")),
        }
    }
    for endpoint in ends("exporters") {
        match port_of_listener(&endpoint) {
            Some(port) => _ = listens.insert(port),
            None => faults.extend(compose.refusal(reader, &endpoint)),
        }
    }
    let (name, offers) = (reader.name, reader.offers());
    let hidden = listens.difference(&offers);
    faults.extend(hidden.map(|port| format!("`{name}` of compose.yaml does not offer port {port}")));
    let silent = offers.difference(&listens);
    faults.extend(silent.map(|port| format!("nothing listens on port {port}, which `{name}` of compose.yaml offers")));
    faults
}

fn port_of_listener(endpoint: &str) -> Option<u16> {
    endpoint.strip_prefix("0.0.0.0:")?.parse().ok()
}
