//! What servers and clients have in common: panels of requests, by a label that tells whom to ask.

use crate::dashboards::layout::Row;
use crate::dashboards::panel::{Panel, Unit, heatmap, number, series};
use crate::dashboards::query::{ALL, FAILED, Histogram, or_named, shares};

const NO_REQUESTS: &str = "No requests in this time";
const NO_FAILURES: &str = "No request has failed in this time";
const NO_NATIVE: &str = "Only with native histograms: an exponential aggregation in the service, native-histograms \
                         in Prometheus";
const NO_CLASSIC: &str = "No requests in this time, or native histograms alone: see their row";

const P95_BY_NAME: &str =
    "95 of 100 requests take no longer. A single slow line points at its own code, all of them at what they share.";

/// Requests of one side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Requests {
    pub(super) durations: Histogram,
    pub(super) request_bodies: Histogram,
    pub(super) response_bodies: Histogram,
    /// What panels are split by, and its name where a request has none.
    pub(super) label: &'static str,
    pub(super) without: &'static str,
    /// What to look at when requests fail.
    pub(super) on_errors: &'static str,
    /// What to look at when requests are slow.
    pub(super) on_slowness: &'static str,
    /// How a request is known that was dropped before its end.
    pub(super) cancelled: &'static str,
    /// Who gives up when a request is cancelled.
    pub(super) on_cancels: &'static str,
}

impl Requests {
    pub(super) fn numbers(&self) -> Vec<Panel> {
        let durations = self.durations;
        vec![
            number(
                "Requests",
                Unit::RequestsPerSecond,
                "Requests that have ended, per second. If it drops, look whether they are refused, wait, or do not \
                 come.",
            )
            .query("", durations.count("", ""))
            .empty(NO_REQUESTS),
            number(
                "Failed",
                Unit::Share,
                format!("Requests that failed, of all. {} Cancelled requests are not among them.", self.on_errors),
            )
            .query("", durations.share("", FAILED))
            .colours("green", &[(0.01, "orange"), (0.05, "red")])
            .empty(NO_FAILURES),
            number(
                "p95",
                Unit::Seconds,
                format!("95 of 100 requests took no longer, the whole response included. {}", self.on_slowness),
            )
            .query("", durations.quantile(0.95))
            .empty(NO_REQUESTS),
        ]
    }

    pub(super) fn by_label(&self) -> Panel {
        series(
            "Requests",
            Unit::RequestsPerSecond,
            "Requests that have ended, per second. One line that falls alone points at what it names, all together \
             at what is in front.",
        )
        .query(&self.legend(), self.named(&self.durations.count(self.label, "")))
        .stacked()
        .empty(NO_REQUESTS)
    }

    pub(super) fn by_status(&self) -> Panel {
        const STATUS: &str = "http_response_status_code";
        let query = or_named(STATUS, "no response", &self.durations.count(STATUS, ""));
        series(
            "Requests by status",
            Unit::RequestsPerSecond,
            "Requests that have ended, per second, by the status of their response. Those without one failed or were \
             cancelled before it.",
        )
        .query("{{http_response_status_code}}", query)
        .stacked()
        .empty(NO_REQUESTS)
    }

    pub(super) fn by_method(&self) -> Panel {
        const BY: &str = "http_request_method, network_protocol_version";
        series(
            "Requests by method and protocol",
            Unit::RequestsPerSecond,
            "Requests that have ended, per second. Many of _OTHER are methods that nobody knows: somebody is \
             scanning, or a method has to be made known.",
        )
        .query("{{http_request_method}} HTTP/{{network_protocol_version}}", self.durations.count(BY, ""))
        .stacked()
        .empty(NO_REQUESTS)
    }

    pub(super) fn errors(&self) -> Row {
        let durations = self.durations;
        Row::open(
            "Errors",
            vec![
                series(
                    "Share of failed requests",
                    Unit::Share,
                    format!("Failed requests, of all with the same name. {}", self.on_errors),
                )
                .query(&self.legend(), self.named(&durations.share(self.label, FAILED)))
                .empty(NO_FAILURES),
                series(
                    "Share of failed requests by error",
                    Unit::Share,
                    "Failed requests, of all requests, by what went wrong. The error that grows is the one to look \
                     up in the log and in spans.",
                )
                .query("{{error_type}}", shares(&durations.count("error_type", FAILED), &durations.count("", ALL)))
                .stacked()
                .empty(NO_FAILURES),
                series(
                    "Failed requests by error",
                    Unit::RequestsPerSecond,
                    format!(
                        "Failed requests per second, by what went wrong: a status, or a word for what came in \
                         between. {}",
                        self.on_errors
                    ),
                )
                .query("{{error_type}}", durations.count("error_type", FAILED))
                .stacked()
                .empty(NO_FAILURES),
                series(
                    "Cancelled requests",
                    Unit::RequestsPerSecond,
                    format!(
                        "Requests that were dropped before their end, per second. {} They are no failures, and in no \
                         ratio of errors.",
                        self.on_cancels
                    ),
                )
                .query(&self.legend(), self.named(&durations.count(self.label, self.cancelled)))
                .empty("No request was cancelled in this time"),
            ],
        )
    }

    /// Percentiles from buckets; their exemplars lead to traces.
    pub(super) fn durations(&self) -> Vec<Panel> {
        let durations = self.durations;
        let mut percentiles = series(
            "Duration",
            Unit::Seconds,
            format!(
                "How long requests take until the last byte of their response. {} The points are exemplars, which \
                 lead to traces.",
                self.on_slowness
            ),
        );
        for (name, quantile) in PERCENTILES {
            percentiles = percentiles.query_with_exemplars(name, durations.classic(quantile, ""));
        }
        let p95 = series("Duration p95 by name", Unit::Seconds, P95_BY_NAME)
            .query_with_exemplars(&self.legend(), self.named(&durations.classic(0.95, self.label)));
        let mean = series(
            "Mean duration",
            Unit::Seconds,
            "The mean is moved by few very slow requests, percentiles are not. A mean above the p95 has such a tail.",
        )
        .query(&self.legend(), self.named(&durations.mean(self.label)))
        .empty(NO_REQUESTS);
        let buckets = heatmap(
            "Distribution of durations",
            Unit::Seconds,
            "How many requests took how long. Two bands are two kinds of requests: look for what tells them apart.",
        )
        .query("{{le}}", durations.buckets("le", ""))
        .empty(NO_CLASSIC);
        vec![percentiles.empty(NO_CLASSIC), p95.empty(NO_CLASSIC), mean, buckets]
    }

    /// The same from native histograms.
    pub(super) fn native(&self) -> Vec<Panel> {
        let durations = self.durations;
        let mut percentiles = series(
            "Duration, native",
            Unit::Seconds,
            format!("How long requests take, as exactly as the histogram's buckets are. {}", self.on_slowness),
        );
        for (name, quantile) in PERCENTILES {
            percentiles = percentiles.query(name, durations.native(quantile, ""));
        }
        let p95 = series("Duration p95 by name, native", Unit::Seconds, P95_BY_NAME)
            .query(&self.legend(), self.named(&durations.native(0.95, self.label)));
        let buckets = heatmap(
            "Distribution of durations, native",
            Unit::Seconds,
            "How many requests took how long. Two bands are two kinds of requests: look for what tells them apart.",
        )
        .query("", durations.whole("", ""));
        vec![percentiles.empty(NO_NATIVE), p95.empty(NO_NATIVE), buckets.empty(NO_NATIVE)]
    }

    pub(super) fn bodies(&self) -> Row {
        let sizes = |title, bodies: Histogram, look: &str| {
            series(title, Unit::Bytes, format!("The mean size of bodies, as they pass the layer. {look}"))
                .query(&self.legend(), self.named(&bodies.mean(self.label)))
                .width(8)
                .empty(NO_REQUESTS)
        };
        let (requests, responses) = (self.request_bodies, self.response_bodies);
        let traffic = series(
            "Bytes of bodies",
            Unit::BytesPerSecond,
            "Bytes of bodies of all requests, per second. The connections dashboard has what is on the wire, with \
             heads and TLS.",
        )
        .query("requests", requests.total("", ""))
        .query("responses", responses.total("", ""))
        .width(8)
        .empty(NO_REQUESTS);
        Row::open(
            "Bodies",
            vec![
                sizes("Mean size of request bodies", requests, "A jump is a client that has changed."),
                sizes(
                    "Mean size of response bodies",
                    responses,
                    "If responses get slower as it grows, the size is the reason.",
                ),
                traffic,
            ],
        )
    }

    fn named(&self, query: &str) -> String {
        or_named(self.label, self.without, query)
    }

    fn legend(&self) -> String {
        format!("{{{{{}}}}}", self.label)
    }
}

pub(super) const PERCENTILES: [(&str, f64); 3] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];
