//! How telemetry itself fares: scrapes, and exports by OTLP.

use super::http::PERCENTILES;
use crate::dashboards::layout::{Dashboard, Row};
use crate::dashboards::panel::{Panel, Unit, number, series};
use crate::dashboards::query::{ALL, Histogram, count, or_named, rate, select, share, sum};
use crate::dashboards::variable;

const NO_OTLP: &str = "Nothing is exported by OTLP: no endpoint is set";
const NOT_SCRAPED: &str = "Prometheus scrapes nothing of that job and instance";
const COMPONENT: &str = "otel_component_name";
const LEGEND: &str = "{{otel_component_name}}";
const OPERATIONS: Histogram = Histogram { name: "otel_sdk_exporter_operation_duration_seconds", of: "" };
const FAILED: &str = "error_type!=\"\"";

/// A signal that waits in a queue until it is exported.
struct Queue {
    size: &'static str,
    capacity: &'static str,
    processed: &'static str,
}

const QUEUES: [Queue; 2] = [
    Queue {
        size: "otel_sdk_processor_span_queue_size",
        capacity: "otel_sdk_processor_span_queue_capacity",
        processed: "otel_sdk_processor_span_processed_total",
    },
    Queue {
        size: "otel_sdk_processor_log_queue_size",
        capacity: "otel_sdk_processor_log_queue_capacity",
        processed: "otel_sdk_processor_log_processed_total",
    },
];

/// A signal on its way.
struct Export {
    exported: &'static str,
    inflight: &'static str,
}

const EXPORTS: [Export; 3] = [
    Export { exported: "otel_sdk_exporter_span_exported_total", inflight: "otel_sdk_exporter_span_inflight" },
    Export { exported: "otel_sdk_exporter_log_exported_total", inflight: "otel_sdk_exporter_log_inflight" },
    Export {
        exported: "otel_sdk_exporter_metric_data_point_exported_total",
        inflight: "otel_sdk_exporter_metric_data_point_inflight",
    },
];

pub(super) fn dashboard() -> Dashboard {
    Dashboard {
        name: "exports",
        title: "Scrapes and exports",
        description: "Whether telemetry arrives: what Prometheus scrapes, and what services export by OTLP.",
        variables: variable::services("up").to_vec(),
        rows: vec![
            Row::open("Overview", overview()),
            Row::open("Scrapes", scrapes()),
            Row::open("Queues of OTLP", queues()),
            Row::open("Exports by OTLP", exports()),
        ],
    }
}

fn overview() -> Vec<Panel> {
    let up = select("up", ALL);
    let dropped = QUEUES.iter().map(|queue| queue.processed);
    let failed = EXPORTS.iter().map(|export| export.exported);
    vec![
        number(
            "Scraped",
            Unit::Share,
            "Targets that answered the last scrape, of all that were chosen. Below 100 % look at the targets page of \
             Prometheus.",
        )
        .query("", format!("avg({up})"))
        .colours("red", &[(1.0, "green")])
        .empty(NOT_SCRAPED),
        number(
            "Metrics over their limit",
            Unit::Count,
            "Metrics whose new series are counted together, since there are too many. Look at the panel of them \
             below.",
        )
        .query("", count("", &count("__name__", &overflown())))
        .colours("orange", &[])
        .empty("No metric has reached its limit of series"),
        lost(
            "Dropped before their export",
            "Spans and log records that did not fit into their queue, per second. Look at the queues, and whether \
             the collector is away.",
            dropped,
        )
        .empty("Nothing was dropped in this time"),
        lost(
            "Failed to be exported",
            "Spans, log records and data points that were lost on their way, per second. Look at the errors below, \
             and at the log of the service.",
            failed,
        )
        .empty("No export has failed in this time"),
    ]
}

/// What counters have with an error, all together.
fn lost(title: &'static str, description: &str, counters: impl Iterator<Item = &'static str>) -> Panel {
    let names = counters.collect::<Vec<_>>().join("|");
    let query = rate("", &format!("__name__=~\"{names}\", {FAILED}"));
    number(title, Unit::CountPerSecond, description).query("", sum("", &query)).colours("orange", &[])
}

fn overflown() -> String {
    select("", "otel_metric_overflow=\"true\"")
}

fn scrapes() -> Vec<Panel> {
    const HANDLER: &str = "Only with `with_self_metrics` on the handler";
    vec![
        series(
            "Targets",
            Unit::Count,
            "1 for a target that answers, 0 for one that does not. The targets page of Prometheus says why.",
        )
        .query("{{job}} {{instance}}", select("up", ALL))
        .empty(NOT_SCRAPED),
        series(
            "Duration of scrapes",
            Unit::Seconds,
            "As Prometheus sees it. It grows with the samples; if it comes near the timeout of the scrape, pages get \
             lost.",
        )
        .query("{{job}} {{instance}}", select("scrape_duration_seconds", ALL))
        .empty(NOT_SCRAPED),
        series(
            "Samples of a scrape",
            Unit::Count,
            "Lines of the page. A steady rise is a label with too many values: look which metric grows.",
        )
        .query("{{job}} {{instance}}", select("scrape_samples_scraped", ALL))
        .empty(NOT_SCRAPED),
        series(
            "Series over the limit",
            Unit::Count,
            "Series that stand for all that came after the limit of their metric, by metric. Take away the label \
             that has too many values, or raise the limit.",
        )
        .query("{{__name__}}", count("__name__", &overflown()))
        .empty("No metric has reached its limit of series"),
        series(
            "Answers of the handler",
            Unit::RequestsPerSecond,
            "Scrapes that the handler of /metrics has answered, per second, by status. 503 is too many at once or \
             too slow, 500 a failed collection.",
        )
        .query("{{code}}", sum("code", &rate("promhttp_metric_handler_requests_total", ALL)))
        .empty(HANDLER),
        series(
            "Scrapes in flight",
            Unit::Count,
            "Scrapes that are being answered. More than there are scrapers: a callback takes too long.",
        )
        .query("{{instance}}", sum("instance", &select("promhttp_metric_handler_requests_in_flight", ALL)))
        .empty(HANDLER),
    ]
}

fn queues() -> Vec<Panel> {
    let by = format!("instance, {COMPONENT}");
    let fill = series(
        "Fill of queues",
        Unit::Share,
        "What waits, of what may wait. At 100 % more is dropped: the collector is too slow or away, or the batches \
         are too small.",
    );
    let fill = QUEUES.iter().fold(fill, |panel, queue| {
        panel.query(LEGEND, share(&sum(&by, &select(queue.size, ALL)), &sum(&by, &select(queue.capacity, ALL))))
    });
    let waiting = series(
        "Waiting for export",
        Unit::Count,
        "Spans and log records in the queues, and how many may be. It rises and falls with each batch; it should not \
         stay high.",
    );
    let waiting = QUEUES.iter().fold(waiting, |panel, queue| {
        let panel = panel.query(LEGEND, sum(COMPONENT, &select(queue.size, ALL)));
        panel.query(&format!("{LEGEND} allowed"), sum(COMPONENT, &select(queue.capacity, ALL)))
    });
    let done = series(
        "Through the queues",
        Unit::CountPerSecond,
        "Spans and log records that a processor is done with, per second: given to an exporter, or dropped with an \
         error. A full queue drops.",
    );
    let done = QUEUES
        .iter()
        .fold(done, |panel, queue| panel.query(&format!("{LEGEND} {{{{error_type}}}}"), outcomes(queue.processed)));
    [fill, waiting, done].map(|panel| panel.width(8).empty(NO_OTLP)).into()
}

fn exports() -> Vec<Panel> {
    let exported = series(
        "Exported",
        Unit::CountPerSecond,
        "Spans, log records and data points whose export has ended, per second, with the error if they were lost. \
         Look at the log of the service for the reason.",
    );
    let exported = EXPORTS.iter().fold(exported, |panel, export| {
        panel.query(&format!("{LEGEND} {{{{error_type}}}}"), outcomes(export.exported))
    });
    let inflight = series(
        "In flight",
        Unit::Count,
        "What was sent and is not acknowledged. If it stays up, the receiver does not answer.",
    );
    let inflight = EXPORTS
        .iter()
        .fold(inflight, |panel, export| panel.query(LEGEND, sum(COMPONENT, &select(export.inflight, ALL))));
    let durations = series(
        "Duration of exports",
        Unit::Seconds,
        "With all attempts of an export. Near its timeout (10 s unless set), the receiver is too slow or away.",
    );
    let durations =
        PERCENTILES.iter().fold(durations, |panel, (name, quantile)| panel.query(name, OPERATIONS.quantile(*quantile)));
    let failed = series(
        "Failed exports",
        Unit::CountPerSecond,
        "Exports that failed after all attempts, per second, by receiver and error. Refused: nothing listens at the \
         endpoint.",
    )
    .query(
        "{{server_address}}:{{server_port}} {{error_type}}",
        OPERATIONS.count("server_address, server_port, error_type", FAILED),
    );
    vec![
        exported.empty(NO_OTLP),
        failed.empty("No export has failed in this time"),
        durations.empty(NO_OTLP),
        inflight.empty(NO_OTLP),
    ]
}

/// By component, with what went well under a name of its own.
fn outcomes(counter: &str) -> String {
    or_named("error_type", "ok", &sum(&format!("{COMPONENT}, error_type"), &rate(counter, ALL)))
}
