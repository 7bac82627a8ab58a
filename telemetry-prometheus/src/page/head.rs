//! What stands above the series of a family.

use std::borrow::Cow;
use std::sync::Arc;

use super::Setting;
use crate::classic;
use crate::collected::Source;
use crate::escape::escape_metric_name;
use crate::exposition::Format;
use crate::kind::Kind;
use crate::name::{FamilyName, family_name, repaired};
use crate::negotiate::NameFilter;
use crate::sdk::Shape;
use crate::warning::Warning;

/// Names, type and texts of a family, in one format.
#[derive(Debug)]
pub(crate) struct Head {
    /// The name in the metadata: in OpenMetrics, that of a counter ends before `_total`.
    pub(crate) name: String,
    /// The name of the samples, or what it begins with.
    pub(crate) sample: String,
    pub(crate) kind: Kind,
    /// The unit's word, if the name ends in it.
    pub(crate) unit: String,
    pub(crate) help: String,
    /// The bounds that exponential histograms get where only classic ones can be written.
    pub(crate) exponential_bounds: Arc<[f64]>,
}

impl Head {
    /// The head of a family that `source` alone is in, or nothing if it cannot be exported.
    pub(super) fn new(source: Source<'_>, setting: Setting<'_>) -> Option<Self> {
        let Setting { options, warnings, exposition } = setting;
        let kind = source.kind().inspect_err(|warning| warnings.report(warning)).ok()?;
        let (name, unit, help): (Cow<'_, str>, _, _) = match source {
            Source::Target(_) => ("target_info".into(), "".into(), "Target metadata"),
            Source::Registry { family, .. } => (repaired(family.name()), "".into(), family.help()),
            Source::Instrument { metric, .. } => {
                let (instrument, unit) = (metric.name(), metric.unit());
                let namespace = options.namespace.as_deref();
                let name =
                    family_name(instrument, unit, kind == Kind::Counter, namespace, options.translation_strategy);
                let Some(FamilyName { name, unit }) = name else {
                    warnings.report(&Warning::NoLegalName { instrument });
                    return None;
                };
                (name.into(), unit, metric.description())
            }
        };
        let sample = escape_metric_name(&name, exposition.escaping()).into_owned();
        let (name, kind) = match exposition.format() {
            Format::OpenMetrics => open_metrics_name(&sample, kind),
            _ => (sample.as_str(), kind),
        };
        let stem = if kind == Kind::Counter { sample.strip_suffix("_total").unwrap_or(&sample) } else { &sample };
        let has_unit = !unit.is_empty() && stem.strip_suffix(&*unit).is_some_and(|rest| rest.ends_with('_'));
        Some(Self {
            name: name.to_owned(),
            kind,
            unit: if has_unit { unit.into_owned() } else { String::new() },
            help: help.to_owned(),
            exponential_bounds: exponential_bounds(source, options.exponential_bounds.as_ref()),
            sample,
        })
    }

    /// Whether a request for certain names means this family, by either of its names.
    pub(super) fn is_named_by(&self, filter: &NameFilter) -> bool {
        filter.includes(&self.name) || filter.includes(&self.sample)
    }

    /// All names that a format forbids to other families.
    pub(super) fn claims(&self, format: Format) -> Vec<String> {
        let with = |suffixes: &[&str]| suffixes.iter().map(|suffix| format!("{}{suffix}", self.name)).collect();
        // OpenMetrics reserves `_created`, written or not.
        let is_open_metrics = format == Format::OpenMetrics;
        let reserved = usize::from(is_open_metrics);
        match self.kind {
            Kind::Counter if is_open_metrics => with(&["", "_total", "_created"]),
            Kind::Info if is_open_metrics => with(&["", "_info"]),
            Kind::Histogram => with(&["", "_bucket", "_count", "_sum", "_created"][..4 + reserved]),
            Kind::Summary => with(&["", "_count", "_sum", "_created"][..3 + reserved]),
            Kind::Counter | Kind::Info | Kind::Gauge | Kind::Untyped => with(&[""]),
        }
    }
}

/// The name of the family whose samples are called `sample`. A counter without `_total`, from a registry or a strategy
/// without suffixes, is none in OpenMetrics.
fn open_metrics_name(sample: &str, kind: Kind) -> (&str, Kind) {
    let suffix = match kind {
        Kind::Counter => "_total",
        Kind::Info => "_info",
        _ => return (sample, kind),
    };
    match sample.strip_suffix(suffix) {
        Some(name) if !name.is_empty() => (name, kind),
        _ => (sample, Kind::Untyped),
    }
}

fn exponential_bounds(source: Source<'_>, chosen: Option<&Arc<[f64]>>) -> Arc<[f64]> {
    match source {
        Source::Instrument { metric, .. } if Shape::of(metric).is_exponential() => {
            chosen.cloned().unwrap_or_else(|| classic::default_bounds(metric.unit()).into())
        }
        _ => [].into(),
    }
}
