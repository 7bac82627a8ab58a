//! The libraries with a registry of their own.

use std::sync::atomic::AtomicU64;

use anyhow::Result;
use metrics::{Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{Matcher, NativeHistogramConfig, PrometheusBuilder};
use prometheus::{CounterVec, GaugeVec, Opts, Registry, TextEncoder};
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram as ClientHistogram, NativeHistogramConfig as ClientNative};
use prometheus_client::registry::{Metric as ClientMetric, Registry as ClientRegistry, Unit};
use telemetry_prometheus::Format;

use super::metric::{Kind, Metric, Outcome};

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

/// It tells of what it does not take by an error.
pub(super) fn prometheus(metrics: &[Metric]) -> Result<Outcome> {
    if metrics.iter().any(|metric| metric.kind == Kind::Exponential || metric.in_bytes) {
        return Ok(Outcome::NoSuch("no such feature"));
    }
    let registry = Registry::new();
    for metric in metrics {
        if register(&registry, metric).is_err() {
            return Ok(Outcome::Refused);
        }
    }
    Ok(Outcome::Written(TextEncoder::new().encode_to_string(&registry.gather())?, Format::PrometheusText, 0))
}

fn register(registry: &Registry, metric: &Metric) -> prometheus::Result<()> {
    let (names, values) = (metric.label_names(), metric.label_values());
    let options = Opts::new(metric.plain, metric.help);
    if metric.kind == Kind::Counter {
        let counters = CounterVec::new(options, &names)?;
        registry.register(Box::new(counters.clone()))?;
        let counter = counters.get_metric_with_label_values(&values)?;
        metric.values.iter().for_each(|value| counter.inc_by(*value));
    } else {
        let gauges = GaugeVec::new(options, &names)?;
        registry.register(Box::new(gauges.clone()))?;
        let gauge = gauges.get_metric_with_label_values(&values)?;
        metric.values.iter().for_each(|value| gauge.set(*value));
    }
    Ok(())
}

/// How much wider each exponential bucket is than the one before.
const BUCKET_FACTOR: f64 = 1.1;

type Labels = Vec<(&'static str, &'static str)>;

/// It writes OpenMetrics alone, and a counter's `_total` itself.
pub(super) fn prometheus_client(metrics: &[Metric]) -> Result<Outcome> {
    let mut registry = ClientRegistry::default();
    for metric in metrics {
        let labels: Labels = metric.labels.to_vec();
        match metric.kind {
            Kind::Counter => {
                let family = Family::<Labels, Counter<f64, AtomicU64>>::default();
                let counter = family.get_or_create_owned(&labels);
                metric.values.iter().for_each(|value| {
                    counter.inc_by(*value);
                });
                register_client(&mut registry, metric.name, metric, family);
            }
            Kind::Gauge => {
                let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
                let gauge = family.get_or_create_owned(&labels);
                metric.values.iter().for_each(|value| {
                    gauge.set(*value);
                });
                register_client(&mut registry, metric.plain, metric, family);
            }
            Kind::Exponential => {
                let histogram = ClientHistogram::new_native(ClientNative::with_bucket_factor(BUCKET_FACTOR));
                metric.values.iter().for_each(|value| histogram.observe(*value));
                register_client(&mut registry, metric.plain, metric, histogram);
            }
        }
    }
    let mut page = String::new();
    let is_written = text::encode(&mut page, &registry).is_ok();
    Ok(if is_written { Outcome::Written(page, Format::OpenMetrics, 0) } else { Outcome::Failed })
}

fn register_client(registry: &mut ClientRegistry, name: &str, metric: &Metric, family: impl ClientMetric) {
    if metric.in_bytes {
        registry.register_with_unit(name, metric.help, Unit::Bytes, family);
    } else {
        registry.register(name, metric.help, family);
    }
}

/// The largest that all smaller whole numbers can be told from.
const LARGEST: f64 = (1u64 << f64::MANTISSA_DIGITS) as f64;

/// With the naming that it recommends, units and `_total` included, which is off otherwise.
pub(super) fn metrics_exporter(metrics: &[Metric]) -> Result<Outcome> {
    let mut builder = PrometheusBuilder::new().with_recommended_naming(true);
    for metric in metrics.iter().filter(|metric| metric.kind == Kind::Exponential) {
        let config = NativeHistogramConfig::new(BUCKET_FACTOR, 160, 1e-9).map_err(anyhow::Error::msg)?;
        builder = builder.set_native_histogram_for_metric(Matcher::Full(metric.plain.to_owned()), config);
    }
    let recorder = builder.build_recorder();
    for metric in metrics {
        let unit = metric.in_bytes.then_some(metrics::Unit::Bytes);
        let labels: Vec<_> = metric.labels.iter().map(|(name, value)| Label::new(*name, *value)).collect();
        let key = Key::from_parts(metric.plain, labels);
        match metric.kind {
            // Its counters are of whole numbers.
            Kind::Counter if metric.values.iter().any(|value| value.fract() != 0.0 || *value > LARGEST) => {
                return Ok(Outcome::NoSuch("counters of whole numbers alone"));
            }
            Kind::Counter => {
                recorder.describe_counter(metric.plain.into(), unit, metric.help.into());
                let counter = recorder.register_counter(&key, &METADATA);
                metric.values.iter().for_each(|value| counter.increment(*value as u64));
            }
            Kind::Gauge => {
                recorder.describe_gauge(metric.plain.into(), unit, metric.help.into());
                let gauge = recorder.register_gauge(&key, &METADATA);
                metric.values.iter().for_each(|value| gauge.set(*value));
            }
            Kind::Exponential => {
                recorder.describe_histogram(metric.plain.into(), unit, metric.help.into());
                let histogram = recorder.register_histogram(&key, &METADATA);
                metric.values.iter().for_each(|value| histogram.record(*value));
            }
        }
    }
    Ok(Outcome::Written(recorder.handle().render(), Format::PrometheusText, 0))
}
