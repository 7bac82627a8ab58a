//! What is scraped: every format, from exporters with different settings, by what a version of Prometheus can do.

use super::proxy::Route;

/// A job of Prometheus.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scrape {
    pub(super) job: &'static str,
    pub(super) route: Route,
    pub(super) content_type: &'static str,
    pub(super) format: Format,
    pub(super) names: Names,
    pub(super) exponential: Exponential,
    pub(super) has_created: bool,
    pub(super) settings: &'static [&'static str],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    OpenMetrics,
    Protobuf,
}

/// How names look in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Translated, with unit and type.
    Usual,
    /// As OpenTelemetry has them.
    Own,
    /// The same with underscores.
    Underscored,
}

/// How exponential histograms arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exponential {
    Classic,
    /// As native ones; on the page they have classic buckets too, if `true`.
    Native(bool),
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Two,
    Three,
}

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
const TEXT_1_UTF8: &str = "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";
const OPEN_METRICS_UTF8: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8";
const PROTOBUF: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=underscores";
const PROTOBUF_UTF8: &str = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=allow-utf-8";

const WANT_TEXT: &str = "text/plain;version=0.0.4";
const WANT_TEXT_1_UTF8: &str = "text/plain;version=1.0.0;escaping=allow-utf-8";
const WANT_OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";
const WANT_OPEN_METRICS_UTF8: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8";
const WANT_PROTOBUF: &str =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
const WANT_PROTOBUF_UTF8: &str =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;escaping=allow-utf-8";

const CLASSIC_TOO: &[&str] = &["always_scrape_classic_histograms: true"];

impl Scrape {
    const fn new(job: &'static str, page: &'static str, accept: &'static str, content_type: &'static str) -> Self {
        Self {
            job,
            route: Route { page, accept: Some(accept) },
            content_type,
            format: Format::Text,
            names: Names::Usual,
            exponential: Exponential::Classic,
            has_created: false,
            settings: &[],
        }
    }

    const fn open_metrics(mut self) -> Self {
        self.format = Format::OpenMetrics;
        self
    }

    const fn protobuf(mut self) -> Self {
        self.format = Format::Protobuf;
        self.exponential = Exponential::Native(false);
        self
    }

    const fn named(mut self, names: Names) -> Self {
        self.names = names;
        self
    }

    /// With the `Accept` that Prometheus sends.
    const fn negotiated(mut self) -> Self {
        self.route.accept = None;
        self
    }
}

impl Version {
    /// What a Prometheus gets that stores native histograms.
    pub(super) fn with_native_histograms(self) -> Vec<Scrape> {
        let (underscored, own) = (Names::Underscored, Names::Own);
        let mut both = Scrape::new("both", "/both", WANT_PROTOBUF, PROTOBUF).protobuf();
        both.exponential = Exponential::Native(true);
        let mut created = Scrape::new("created", "/created", WANT_OPEN_METRICS, OPEN_METRICS).open_metrics();
        created.has_created = true;
        let mut scrapes = vec![
            Scrape::new("text", "/metrics", WANT_TEXT, TEXT),
            Scrape::new("text_1", "/metrics", WANT_TEXT_1_UTF8, TEXT_1_UTF8),
            Scrape::new("openmetrics", "/metrics", WANT_OPEN_METRICS, OPEN_METRICS).open_metrics(),
            Scrape::new("protobuf", "/metrics", WANT_PROTOBUF, PROTOBUF).protobuf(),
            created,
            Scrape::new("underscored_text", "/utf8", WANT_TEXT, TEXT).named(underscored),
            Scrape::new("underscored_openmetrics", "/utf8", WANT_OPEN_METRICS, OPEN_METRICS)
                .open_metrics()
                .named(underscored),
            Scrape::new("underscored_protobuf", "/utf8", WANT_PROTOBUF, PROTOBUF).protobuf().named(underscored),
            Scrape::new("negotiated", "/metrics", "", PROTOBUF).protobuf().negotiated(),
        ];
        if self == Self::Three {
            both.settings = CLASSIC_TOO;
            both.exponential = Exponential::Both;
            scrapes.extend([
                Scrape::new("utf8_text", "/utf8", WANT_TEXT_1_UTF8, TEXT_1_UTF8).named(own),
                Scrape::new("utf8_openmetrics", "/utf8", WANT_OPEN_METRICS_UTF8, OPEN_METRICS_UTF8)
                    .open_metrics()
                    .named(own),
                Scrape::new("utf8_protobuf", "/utf8", WANT_PROTOBUF_UTF8, PROTOBUF_UTF8).protobuf().named(own),
            ]);
        }
        scrapes.push(both);
        scrapes
    }

    /// What a Prometheus gets that begins each series with a zero, at the time that the page tells. It asks for protocol
    /// buffers by itself, and version 2 has no such thing.
    pub(super) fn with_zeros(self) -> Vec<Scrape> {
        let scrape = Scrape::new("zeros", "/metrics", "", PROTOBUF).protobuf().negotiated();
        if self == Self::Three { vec![scrape] } else { Vec::new() }
    }

    /// What a Prometheus gets with its own settings.
    pub(super) fn by_default(self) -> Vec<Scrape> {
        let (content_type, names) = match self {
            Self::Two => (OPEN_METRICS, Names::Underscored),
            Self::Three => (OPEN_METRICS_UTF8, Names::Own),
        };
        vec![
            Scrape::new("negotiated", "/metrics", "", content_type).open_metrics().negotiated(),
            Scrape::new("negotiated_utf8", "/utf8", "", content_type).open_metrics().named(names).negotiated(),
        ]
    }
}
