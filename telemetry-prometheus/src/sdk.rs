//! From the SDK's data to entries of families.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::mem::discriminant;
use std::rc::Rc;

use telemetry_core::opentelemetry::{InstrumentationScope, KeyValue, Value};
use telemetry_core::opentelemetry_sdk::Resource;
use telemetry_core::opentelemetry_sdk::metrics::Temporality;
use telemetry_core::opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, HistogramDataPoint, Metric, MetricData, ResourceMetrics,
};

use crate::builder::Options;
use crate::family::{Entry, Kind, Part};
use crate::label::{Attribute, FixedLabel, Origin, label_name};
use crate::memory::source_id;
use crate::name::{FamilyName, family_name};
use crate::number::Number;
use crate::series::{HistogramPoint, Point, Points, Visit};
use crate::warning::{Warning, Warnings};

/// The labels of every scope, by the keys that they would have as attributes.
const SCOPE_NAME: &str = "otel_scope_name";
const SCOPE_VERSION: &str = "otel_scope_version";
const SCOPE_SCHEMA_URL: &str = "otel_scope_schema_url";

/// Adds an entry for each exportable metric, and one for the resource, to `entries`.
pub(crate) fn add_entries<'a>(
    collected: &'a ResourceMetrics,
    options: &Options,
    entries: &mut Vec<Entry<'a>>,
    warnings: &Warnings,
) {
    let resource = collected.resource();
    if options.target_info && !resource.is_empty() {
        entries.push(target_info(resource));
    }
    let constant = || {
        let selected = resource.iter().filter(|(key, _)| options.is_resource_label(key.as_str()));
        selected.map(|(key, value)| FixedLabel::new(key.as_str(), value))
    };

    // The SDK keeps scopes in a hash map: without an order of our own, conflicts would end differently each time.
    let mut scopes: Vec<_> = collected.scope_metrics().map(|scope| (scope_labels(scope.scope()), scope)).collect();
    scopes.sort_by(|a, b| a.0.cmp(&b.0));

    for (scope_labels, scope) in scopes {
        let scope_id = source_id(&scope_labels);
        let scope_labels = scope_labels.into_iter().filter(|_| options.scope_labels);
        let fixed_labels: Rc<[FixedLabel]> = scope_labels.chain(constant()).collect();
        for metric in scope.metrics() {
            entries.extend(entry(metric, scope_id, &fixed_labels, options, warnings));
        }
    }
}

fn entry<'a>(
    metric: &'a Metric,
    scope_id: u64,
    fixed_labels: &Rc<[FixedLabel]>,
    options: &Options,
    warnings: &Warnings,
) -> Option<Entry<'a>> {
    let instrument = metric.name();
    let (kind, points) = match metric.data() {
        AggregatedMetrics::F64(data) => export(data, instrument),
        AggregatedMetrics::U64(data) => export(data, instrument),
        AggregatedMetrics::I64(data) => export(data, instrument),
    }
    .inspect_err(|warning| warnings.report(warning))
    .ok()?;

    let is_counter = kind == Kind::Counter;
    let namespace = options.namespace.as_deref();
    let Some(FamilyName { name, unit }) = family_name(instrument, metric.unit(), is_counter, namespace) else {
        warnings.report(&Warning::NoLegalName { instrument });
        return None;
    };
    Some(Entry {
        source: source_id((scope_id, instrument, metric.unit(), kind, discriminant(metric.data()))),
        name: name.into(),
        unit,
        help: metric.description(),
        kind,
        part: Part { points, fixed_labels: Rc::clone(fixed_labels), origin: Origin::OpenTelemetry },
    })
}

/// The type that a metric has for Prometheus, or why it has none.
fn export<'a, T>(data: &'a MetricData<T>, instrument: &'a str) -> Result<(Kind, &'a dyn Points), Warning<'a>>
where
    T: Copy + Into<Number> + 'static,
{
    let (kind, temporality) = match data {
        MetricData::Gauge(_) => (Kind::Gauge, Temporality::Cumulative),
        MetricData::Sum(sum) if sum.is_monotonic() => (Kind::Counter, sum.temporality()),
        MetricData::Sum(sum) => (Kind::Gauge, sum.temporality()),
        MetricData::Histogram(histogram) => (Kind::Histogram, histogram.temporality()),
        MetricData::ExponentialHistogram(_) => {
            return Err(Warning::ExponentialHistogram { instrument });
        }
    };
    match temporality {
        Temporality::Cumulative => Ok((kind, data)),
        _ => Err(Warning::NotCumulative { instrument }),
    }
}

impl<T: Copy + Into<Number>> Points for MetricData<T> {
    fn each_point<'a>(&'a self, attributes: &mut Vec<Attribute<'a>>, visit: &mut Visit<'a, '_>) {
        match self {
            Self::Gauge(gauge) => {
                for point in gauge.data_points() {
                    let value = Point::Number(point.value().into());
                    visit(replace(attributes, point.attributes()), value, 0);
                }
            }
            Self::Sum(sum) => {
                for point in sum.data_points() {
                    let value = Point::Number(point.value().into());
                    visit(replace(attributes, point.attributes()), value, 0);
                }
            }
            Self::Histogram(histogram) => {
                for point in histogram.data_points() {
                    visit(replace(attributes, point.attributes()), Point::Histogram(point), 0);
                }
            }
            Self::ExponentialHistogram(_) => {}
        }
    }
}

fn replace<'r, 'a>(
    attributes: &'r mut Vec<Attribute<'a>>,
    by: impl Iterator<Item = &'a KeyValue>,
) -> &'r [Attribute<'a>] {
    attributes.clear();
    attributes.extend(by.map(|attribute| Attribute { key: attribute.key.as_str(), value: (&attribute.value).into() }));
    attributes
}

impl<T: Copy + Into<Number>> HistogramPoint for HistogramDataPoint<T> {
    fn count(&self) -> u64 {
        self.count()
    }

    fn sum(&self) -> Number {
        self.sum().into()
    }

    fn each_bucket(&self, visit: &mut dyn FnMut(f64, u64)) {
        let mut cumulative = 0;
        // The last count has no bound: it is the infinite bucket.
        for (bound, count) in self.bounds().zip(self.bucket_counts()) {
            cumulative += count;
            visit(bound, cumulative);
        }
    }
}

/// The resource as the one series of an info metric.
fn target_info(resource: &Resource) -> Entry<'static> {
    let labels = resource.iter();
    Entry {
        source: source_id(Kind::Info),
        name: Cow::Borrowed("target_info"),
        unit: Cow::Borrowed(""),
        help: "Target metadata",
        kind: Kind::Info,
        part: Part {
            points: &One,
            fixed_labels: labels.map(|(key, value)| FixedLabel::new(key.as_str(), value)).collect(),
            origin: Origin::OpenTelemetry,
        },
    }
}

struct One;

impl Points for One {
    fn each_point<'a>(&'a self, _: &mut Vec<Attribute<'a>>, visit: &mut Visit<'a, '_>) {
        visit(&[], Point::Number(Number::U64(1)), 0);
    }
}

/// What the specification puts on every point of a scope; parts that are not set are left out.
fn scope_labels(scope: &InstrumentationScope) -> Vec<FixedLabel> {
    let own =
        [(SCOPE_NAME, Some(scope.name())), (SCOPE_VERSION, scope.version()), (SCOPE_SCHEMA_URL, scope.schema_url())];
    let own = own.into_iter().filter_map(|(key, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(FixedLabel::new(key, &Value::from(value.to_owned())))
    });
    // A key that was given several times has the value that was given last.
    let attributes: BTreeMap<&str, &Value> =
        scope.attributes().map(|attribute| (attribute.key.as_str(), &attribute.value)).collect();
    let attributes = attributes.into_iter().filter_map(|(key, value)| {
        let key = format!("otel_scope_{key}");
        let (name, _) = label_name(&key, Origin::OpenTelemetry, None);
        // An attribute must not pass for the scope's name, version or schema.
        let is_reserved = [SCOPE_NAME, SCOPE_VERSION, SCOPE_SCHEMA_URL].contains(&name.as_str());
        (!is_reserved).then(|| FixedLabel::new(key, value))
    });
    own.chain(attributes).collect()
}
