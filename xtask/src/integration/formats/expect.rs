//! From what is recorded to all that Prometheus has to have of it after a scrape.

use std::collections::BTreeMap;

use super::judge::Piece;
use super::native;
use super::recorded::{Data, Exemplar, Kind, LEGACY, Metric, OWN, RESOURCE, SCOPE, Series};
use super::scrape::{Exponential, Format, Names, Scrape, Version};

type Labels = Vec<(String, String)>;

/// A series by its name and labels, in the same way on both sides.
pub(super) fn series_name<'a>(name: &str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut labels: Vec<String> = labels.into_iter().map(|(name, value)| label(name, value)).collect();
    labels.sort();
    format!("{name}{{{}}}", labels.join(","))
}

/// Bounds are numbers: versions of Prometheus differ in how they write them.
fn label(name: &str, value: &str) -> String {
    let number = value.parse::<f64>().ok().filter(|_| matches!(name, "le" | "quantile"));
    number.map_or_else(|| format!("{name}={value:?}"), |number| format!("{name}=\"{number}\""))
}

/// Who expects, and what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expectation<'a> {
    pub(super) scrape: &'a Scrape,
    pub(super) version: Version,
    /// Seconds since 1970 that everything has happened after and before.
    pub(super) time: (f64, f64),
}

impl Expectation<'_> {
    fn metrics(self) -> impl Iterator<Item = (&'static Metric, bool)> {
        OWN.iter().map(|metric| (metric, true)).chain(LEGACY.iter().map(|metric| (metric, false)))
    }

    /// Each series with its value.
    pub(super) fn series(self) -> BTreeMap<String, Piece> {
        let mut all = BTreeMap::new();
        for (metric, is_own) in self.metrics() {
            for series in metric.series {
                let of_series = self.samples(metric, series, is_own).into_iter();
                all.extend(of_series.map(|((name, labels), value)| (shown(&name, &labels), value)));
            }
        }
        all.insert(shown("target_info", &self.labels(&RESOURCE)), Piece::Number(1.0));
        all
    }

    fn samples(self, metric: &Metric, series: &Series, is_own: bool) -> Vec<((String, Labels), Piece)> {
        let name = self.family(metric, is_own);
        let labels = self.series_labels(series, is_own);
        let plain = |suffix: &str| (format!("{name}{suffix}"), labels.clone());
        let mut samples = match series.data {
            Data::Number(value) => vec![((self.sample(metric, is_own), labels.clone()), Piece::Number(value))],
            Data::Explicit(bounds, values) => self.classic(&name, &labels, bounds, values),
            Data::Exponential(bounds, schema, values) => {
                let native = || vec![(plain(""), Piece::Native(native::histogram(schema, values)))];
                match self.scrape.exponential {
                    Exponential::Classic => self.classic(&name, &labels, bounds, values),
                    Exponential::Native(_) => native(),
                    Exponential::Both => [native(), self.classic(&name, &labels, bounds, values)].concat(),
                }
            }
            Data::Summary(quantiles, sum, count) => {
                let quantile = |(quantile, value): &(f64, f64)| {
                    ((name.clone(), with(&labels, "quantile", *quantile)), Piece::Number(*value))
                };
                let mut samples: Vec<_> = quantiles.iter().map(quantile).collect();
                samples.push((plain("_sum"), Piece::Number(sum)));
                samples.push((plain("_count"), Piece::Number(count as f64)));
                samples
            }
        };
        if self.scrape.has_created && is_own && matches!(metric.kind, Kind::Counter | Kind::Histogram) {
            samples.push((plain("_created"), Piece::Within(self.time.0, self.time.1)));
        }
        samples
    }

    fn classic(
        self,
        name: &str,
        labels: &[(String, String)],
        bounds: &[f64],
        values: &[f64],
    ) -> Vec<((String, Labels), Piece)> {
        let up_to = |bound: f64| values.iter().filter(|value| **value <= bound).count() as f64;
        let bounds = bounds.iter().copied().chain([f64::INFINITY]);
        let mut samples: Vec<_> = bounds
            .map(|bound| ((format!("{name}_bucket"), with(labels, "le", bound)), Piece::Number(up_to(bound))))
            .collect();
        // OpenMetrics forbids a sum that may fall, and the count goes with it.
        if self.scrape.format != Format::OpenMetrics || values.iter().all(|value| *value >= 0.0) {
            samples.push(((format!("{name}_sum"), labels.to_vec()), Piece::Number(values.iter().sum())));
            samples.push(((format!("{name}_count"), labels.to_vec()), Piece::Number(values.len() as f64)));
        }
        samples
    }

    /// Each counter of the SDK, with the time when it began.
    pub(super) fn beginnings(self) -> BTreeMap<String, Piece> {
        let counters = OWN.iter().filter(|metric| metric.kind == Kind::Counter);
        let series = counters.flat_map(|metric| metric.series.iter().map(move |series| (metric, series)));
        let beginning = |(metric, series): (&Metric, &Series)| {
            (
                shown(&self.sample(metric, true), &self.series_labels(series, true)),
                Piece::Within(self.time.0, self.time.1),
            )
        };
        series.map(beginning).collect()
    }

    /// Each exemplar by its series, labels and value, with its time.
    pub(super) fn exemplars(self) -> BTreeMap<String, Piece> {
        let mut all = BTreeMap::new();
        if self.scrape.format == Format::Text {
            return all;
        }
        let named = |((name, labels), exemplar): ((String, Labels), &Exemplar)| {
            let series = shown(&name, &labels);
            let id = format!("{:032x}", exemplar.trace);
            let mut labels = vec![("span_id".to_owned(), id[16..].to_owned()), ("trace_id".to_owned(), id)];
            labels.extend(self.labels(exemplar.labels).into_iter().map(|(name, value)| (name, self.read_back(value))));
            (exemplar_name(&series, &labels, exemplar.value), Piece::Within(self.time.0, self.time.1))
        };
        for (metric, is_own) in self.metrics() {
            for series in metric.series {
                all.extend(self.exemplars_of(metric, series, is_own).into_iter().map(named));
            }
        }
        all
    }

    /// In OpenMetrics, Prometheus leaves the escapes in the labels of exemplars as they are.
    fn read_back(self, value: String) -> String {
        if self.scrape.format == Format::OpenMetrics { value.replace('"', "\\\"") } else { value }
    }

    fn exemplars_of<'e>(
        self,
        metric: &Metric,
        series: &'e Series,
        is_own: bool,
    ) -> Vec<((String, Labels), &'e Exemplar)> {
        let (name, labels) = (self.family(metric, is_own), self.series_labels(series, is_own));
        let latest_of_buckets = |bounds: &[f64]| {
            // Those of one bucket are recorded in the order of time: a later one takes the place.
            let latest: BTreeMap<usize, &Exemplar> =
                series.exemplars.iter().map(|exemplar| (bucket(bounds, exemplar.value), exemplar)).collect();
            let bucket = |index| with(&labels, "le", bounds.get(index).copied().unwrap_or(f64::INFINITY));
            let in_bucket =
                latest.into_iter().map(|(index, exemplar)| ((format!("{name}_bucket"), bucket(index)), exemplar));
            in_bucket.collect::<Vec<_>>()
        };
        let native = |exemplar| ((name.clone(), labels.clone()), exemplar);
        match series.data {
            // A counter that has no `_total` is none in OpenMetrics, and has no exemplars.
            Data::Number(_) if self.is_unknown(metric, is_own) => Vec::new(),
            Data::Number(_) => series
                .exemplars
                .iter()
                .map(|exemplar| ((self.sample(metric, is_own), labels.clone()), exemplar))
                .collect(),
            Data::Explicit(bounds, _) => latest_of_buckets(bounds),
            Data::Exponential(bounds, ..) => match (self.scrape.exponential, self.version) {
                (Exponential::Classic, _) => latest_of_buckets(bounds),
                (Exponential::Native(_), Version::Three) => series.exemplars.iter().map(native).collect(),
                (Exponential::Both, _) => {
                    let mut all: Vec<_> = series.exemplars.iter().map(native).collect();
                    all.extend(latest_of_buckets(bounds));
                    all
                }
                // Version 2 does not look at the list of native exemplars, but takes one of a classic bucket.
                (Exponential::Native(true), Version::Two) => {
                    latest_of_buckets(bounds).into_iter().take(1).map(|(_, exemplar)| native(exemplar)).collect()
                }
                (Exponential::Native(false), Version::Two) => Vec::new(),
            },
            Data::Summary(..) => Vec::new(),
        }
    }

    /// Type, unit and description of each family.
    pub(super) fn metadata(self) -> BTreeMap<String, Piece> {
        let is_open_metrics = self.scrape.format == Format::OpenMetrics;
        let text = |kind: &str, unit: &str, help: &str| Piece::Text(format!("{kind} [{unit}] {help}"));
        let mut all: BTreeMap<String, Piece> = self
            .metrics()
            .map(|(metric, is_own)| {
                let name = if is_open_metrics { self.family(metric, is_own) } else { self.sample(metric, is_own) };
                let kind = match metric.kind {
                    _ if self.is_unknown(metric, is_own) => "unknown",
                    Kind::Counter => "counter",
                    Kind::Gauge => "gauge",
                    Kind::Histogram => "histogram",
                    Kind::Summary => "summary",
                };
                (name, text(kind, self.unit(metric), metric.help))
            })
            .collect();
        let (name, kind) = if is_open_metrics { ("target", "info") } else { ("target_info", "gauge") };
        all.insert(name.to_owned(), text(kind, "", "Target metadata"));
        all
    }

    /// Only where the name ends in it. Text has no units, and version 2 reads none from protocol buffers.
    fn unit(self, metric: &Metric) -> &'static str {
        match (self.scrape.format, self.version) {
            (Format::OpenMetrics, _) | (Format::Protobuf, Version::Three) if self.scrape.names == Names::Usual => {
                metric.unit
            }
            _ => "",
        }
    }

    fn is_unknown(self, metric: &Metric, is_own: bool) -> bool {
        let has_total = !is_own || self.scrape.names == Names::Usual;
        metric.kind == Kind::Counter && !has_total && self.scrape.format == Format::OpenMetrics
    }

    fn family(self, metric: &Metric, is_own: bool) -> String {
        match self.scrape.names {
            Names::Own if is_own => metric.name.to_owned(),
            Names::Underscored if is_own => metric.name.replace('.', "_"),
            Names::Usual | Names::Own | Names::Underscored => metric.family.to_owned(),
        }
    }

    fn sample(self, metric: &Metric, is_own: bool) -> String {
        let family = self.family(metric, is_own);
        let has_total = metric.kind == Kind::Counter && (!is_own || self.scrape.names == Names::Usual);
        if has_total { format!("{family}_total") } else { family }
    }

    fn series_labels(self, series: &Series, is_own: bool) -> Labels {
        let mut labels = self.labels(series.labels);
        if is_own {
            labels.extend(self.labels(&SCOPE));
        }
        labels
    }

    fn labels(self, labels: &[(&str, &str)]) -> Labels {
        let name = |name: &str| if self.scrape.names == Names::Own { name.to_owned() } else { name.replace('.', "_") };
        labels.iter().map(|(label, value)| (name(label), (*value).to_owned())).collect()
    }
}

/// An exemplar by its series, labels and value.
pub(super) fn exemplar_name(series: &str, labels: &[(String, String)], value: f64) -> String {
    format!("{series} # {} {value}", shown("", labels))
}

fn shown(name: &str, labels: &[(String, String)]) -> String {
    series_name(name, labels.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

fn with(labels: &[(String, String)], name: &str, value: f64) -> Labels {
    let mut labels = labels.to_vec();
    labels.push((name.to_owned(), value.to_string()));
    labels
}

/// The first bucket whose bound is not below the value, or the infinite one.
fn bucket(bounds: &[f64], value: f64) -> usize {
    bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(version: Version, job: &str) -> BTreeMap<String, Piece> {
        let scrapes = version.with_native_histograms();
        let scrape = scrapes.iter().find(|scrape| scrape.job == job).unwrap();
        Expectation { scrape, version, time: (1.0, 2.0) }.series()
    }

    #[test]
    fn bounds_are_compared_as_numbers() {
        assert_eq!(series_name("a", [("le", "1.0"), ("b", "1.0")]), series_name("a", [("b", "1.0"), ("le", "1e0")]));
        assert_ne!(series_name("a", [("b", "1.0")]), series_name("a", [("b", "1")]));
    }

    #[test]
    fn names_and_buckets_are_those_of_the_job() {
        let count = |job| {
            let series = series(Version::Three, job);
            let count = |start: &str| series.keys().filter(|name| name.starts_with(start)).count();
            [count("shop_balance"), count("shop.balance"), count("shop_orders_total{"), count("shop.orders{")]
        };
        assert_eq!(count("text"), [24, 0, 2, 0]);
        // Without sum and count, because there are negative values.
        assert_eq!(count("openmetrics"), [22, 0, 2, 0]);
        assert_eq!(count("protobuf"), [1, 0, 2, 0]);
        assert_eq!(count("both"), [25, 0, 2, 0]);
        assert_eq!(count("utf8_protobuf"), [0, 1, 0, 2]);
    }
}
