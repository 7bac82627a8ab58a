//! What the exporter makes of a metric, as it stands on a page.

use std::collections::BTreeMap;

use http::Request;
use http_body_util::BodyExt;
use telemetry_core::Telemetry;
use telemetry_core::semconv::{Instrument, Metric};
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{Format, PrometheusExporter, PrometheusMetricsHandler, TelemetryBuilderExt};
use tower::ServiceExt;

/// A family of metrics on a page.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) help: String,
    /// The labels of its first series, without those that a kind of its own has, such as `le`.
    pub(crate) labels: Vec<String>,
}

/// Name and family of a metric that has recorded once, with all its attributes. The labels are in the attributes' order.
pub(crate) fn metric(metric: &Metric) -> (String, Family) {
    let exporter = PrometheusExporter::builder().without_scope_labels().without_target_info().build();
    let provider = SdkMeterProvider::builder().with_reader(exporter.clone()).build();
    let meter = provider.meter("table");
    let attributes: Vec<_> = metric.attributes.iter().map(|attribute| KeyValue::new(attribute.name, "x")).collect();
    match metric.instrument {
        Instrument::Counter => meter.u64_counter(metric.name).with_unit(metric.unit).build().add(1, &attributes),
        Instrument::UpDownCounter => {
            meter.i64_up_down_counter(metric.name).with_unit(metric.unit).build().add(1, &attributes);
        }
        Instrument::Histogram => {
            let histogram = meter.f64_histogram(metric.name).with_unit(metric.unit);
            histogram.with_boundaries(metric.boundaries.to_vec()).build().record(1.0, &attributes);
        }
        _ => meter.f64_gauge(metric.name).with_unit(metric.unit).build().record(1.0, &attributes),
    }
    let page = exporter.render(Format::PrometheusText).unwrap();
    let mut families = families(str::from_utf8(&page).unwrap());
    assert_eq!(families.len(), 1, "{families:?}");
    let (name, family) = families.pop_first().unwrap();
    assert_eq!(family.labels.len(), attributes.len(), "two attributes of {name} are one label");
    (name, family)
}

/// What is on the page of a service that has recorded nothing.
pub(crate) async fn unasked() -> BTreeMap<String, Family> {
    let exporter = PrometheusExporter::new();
    let telemetry = Telemetry::builder().without_global().without_runtime_metrics();
    let telemetry = telemetry.with_prometheus(exporter.clone()).build().unwrap();
    let handler = PrometheusMetricsHandler::new(exporter).with_self_metrics();
    let response = handler.oneshot(Request::new(())).await.unwrap();
    let page = response.into_body().collect().await.unwrap().to_bytes();
    telemetry.shutdown().unwrap();
    families(str::from_utf8(&page).unwrap())
}

fn families(page: &str) -> BTreeMap<String, Family> {
    let mut families = BTreeMap::<String, Family>::new();
    let mut current = String::new();
    for line in page.lines() {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] => families.entry(name.to_owned()).or_default().help = help.to_owned(),
            ["#", "TYPE", name, kind] => {
                families.entry(name.to_owned()).or_default().kind = kind.to_owned();
                name.clone_into(&mut current);
            }
            _ => {
                let family = families.get_mut(&current).unwrap();
                if family.labels.is_empty() {
                    family.labels = labels(line);
                }
            }
        }
    }
    families
}

/// The names of the labels of a sample, whose values have neither quotes nor equals signs in these tests.
fn labels(line: &str) -> Vec<String> {
    let Some((_, rest)) = line.split_once('{') else { return Vec::new() };
    let names = rest.split("=\"").map(|part| part.rsplit([',', '{', '"']).next().unwrap());
    let mut names: Vec<_> = names.filter(|name| *name != "le").map(str::to_owned).collect();
    // Behind the last value comes no name.
    names.pop();
    names
}
