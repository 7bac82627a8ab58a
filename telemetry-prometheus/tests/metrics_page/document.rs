//! The text of the page.

use std::collections::BTreeMap;
use std::fmt::Write;

use telemetry_core::semconv::{Instrument, METRICS, Metric, Presence, Stability, Switch};

use crate::exposed::{self, Family};

const HEAD: &str = "\
# Metrics

Every metric of these crates: its name in OpenTelemetry and in Prometheus, its unit, labels and buckets, and what switches
it. The page is written from the table in `telemetry_core::semconv` and from what the exporter makes of it, by
`UPDATE_GOLDEN=1 cargo test -p telemetry-prometheus --test metrics_page`, and a test holds it to them. Dashboards, rules
and guides are held to this page by `cargo xtask lint`.

- Names in Prometheus are those of the default translation. A namespace, a prefix or another strategy changes them.
- A histogram `x` has the series `x_bucket`, `x_sum` and `x_count`; a native one is `x` itself.
- Labels that are not listed here: those of the scope (`otel_scope_name`, `otel_scope_version`, `otel_scope_schema_url`),
  those of the service's own attributes, and `job` and `instance`, which Prometheus adds.
- A series with `otel_metric_overflow=\"true\"` counts together what came past the limit of series.
- What never happens has no series: where nothing has failed, `error_type` is nowhere.
";

/// The metrics of one subject: a title, who records them, and their prefixes.
const SECTIONS: [(&str, &str, &[&str]); 8] = [
    ("HTTP servers", "`RequestMetricsLayer` of `telemetry-http`.", &["http.server."]),
    ("HTTP clients", "`ClientMetricsLayer` and `ClientConnectionLayer` of `telemetry-http`.", &["http.client."]),
    ("gRPC", "The same layers of `telemetry-http`, for servers and for clients.", &["rpc."]),
    (
        "Connections of servers",
        "`NetworkMetricsLayer`, `MeteredListener` and `MeteredTlsAcceptor` of `telemetry-net`.",
        &["transport.server."],
    ),
    (
        "Connections of clients",
        "`ClientNetworkMetricsLayer` and `MeteredTlsConnector` of `telemetry-net`.",
        &["transport.client."],
    ),
    ("Datagrams", "`UdpMetrics` of `telemetry-net`.", &["transport.udp."]),
    ("The runtime", "`telemetry_core::runtime`, which `with_prometheus()` and `init()` switch on.", &["tokio."]),
    ("Exports", "`Telemetry` of `telemetry-core`, for each signal that is exported by OTLP.", &["otel.sdk."]),
];

/// What Prometheus alone sees: a title, who shows it, the prefix, and what switches it.
const PAGE_SECTIONS: [(&str, &str, &str, &str); 3] = [
    (
        "The process",
        "`telemetry-prometheus` on Linux, by the `prometheus` crate.",
        "process_",
        "on; `without_process_metrics` leaves it out",
    ),
    ("The target", "`telemetry-prometheus`.", "target_info", "on; `without_target_info` leaves it out"),
    (
        "The handler",
        "`PrometheusMetricsHandler` of `telemetry-prometheus`.",
        "promhttp_",
        "`with_self_metrics` adds it",
    ),
];

pub(crate) async fn text() -> String {
    let mut text = HEAD.to_owned();
    let mut left: Vec<_> = METRICS.iter().collect();
    for (title, recorder, prefixes) in SECTIONS {
        let (here, elsewhere) =
            left.into_iter().partition(|metric| prefixes.iter().any(|prefix| metric.name.starts_with(prefix)));
        left = elsewhere;
        section(&mut text, title, recorder);
        here.into_iter().for_each(|metric| push_metric(&mut text, metric));
    }
    assert!(left.is_empty(), "no section has {left:?}");

    let mut left = exposed::unasked().await;
    for (title, shower, prefix, switch) in PAGE_SECTIONS {
        let (here, elsewhere): (BTreeMap<_, _>, _) = left.into_iter().partition(|(name, _)| name.starts_with(prefix));
        left = elsewhere;
        assert!(!here.is_empty(), "nothing begins with {prefix}");
        section(&mut text, title, shower);
        here.into_iter().for_each(|(name, family)| push_family(&mut text, &name, &family, switch));
    }
    assert!(left.is_empty(), "no section has {left:?}");
    text
}

fn section(text: &mut String, title: &str, from: &str) {
    write!(text, "\n## {title}\n\n{from}\n").unwrap();
}

fn push_metric(text: &mut String, metric: &Metric) {
    let (name, family) = exposed::metric(metric);
    let kind = match metric.instrument {
        Instrument::Counter => "counter",
        Instrument::UpDownCounter => "up-down counter",
        Instrument::Histogram => "histogram",
        _ => "gauge",
    };
    let stability = match metric.stability {
        Stability::Stable => "stable",
        Stability::ReleaseCandidate => "release candidate",
        Stability::Development => "in development",
        _ => "our own name",
    };
    let Metric { description, unit, .. } = metric;
    write!(text, "\n### `{name}`\n\n{description}\n\n").unwrap();
    writeln!(text, "- `{}`: {kind}, `{unit}`, {stability}; a {} in Prometheus", metric.name, family.kind).unwrap();
    writeln!(text, "- switch: {}", switch(metric.switch)).unwrap();
    let labels = family.labels.iter().zip(metric.attributes);
    let labels = labels.map(|(label, attribute)| format!("`{label}`{}", presence(attribute.presence)));
    push_labels(text, &labels.collect::<Vec<_>>());
    if !metric.boundaries.is_empty() {
        let bounds: Vec<_> = metric.boundaries.iter().map(f64::to_string).collect();
        writeln!(text, "- buckets: {}", bounds.join(", ")).unwrap();
    }
}

fn push_family(text: &mut String, name: &str, family: &Family, switch: &str) {
    write!(text, "\n### `{name}`\n\n{}\n\n", family.help).unwrap();
    writeln!(text, "- a {} in Prometheus", family.kind).unwrap();
    writeln!(text, "- switch: {switch}").unwrap();
    match name {
        "target_info" => text.push_str("- labels: the attributes of the resource, such as `service_name`\n"),
        _ => push_labels(text, &family.labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>()),
    }
}

fn push_labels(text: &mut String, labels: &[String]) {
    if !labels.is_empty() {
        writeln!(text, "- labels: {}", labels.join(", ")).unwrap();
    }
}

fn switch(switch: Switch) -> String {
    match switch {
        Switch::OnUnless(method) => format!("on; `{method}` leaves it out"),
        Switch::OnDemand(method) => format!("`{method}` adds it"),
        Switch::Feature(feature) => format!("on with feature `{feature}`"),
        Switch::Exporting => "on where something is exported".to_owned(),
        _ => "on".to_owned(),
    }
}

fn presence(presence: Presence) -> String {
    match presence {
        Presence::When(condition) => format!(" (if {condition})"),
        Presence::OnDemand(method) => format!(" (by `{method}`)"),
        _ => String::new(),
    }
}
