//! The resource: as a family of its own.

use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{Escaping, Exposition, Format, PrometheusExporter, PrometheusExporterBuilder};

use crate::support::everything::kv;
use crate::support::{bare, logged, protobuf, provider_with, resource, text};
use crate::{ESCAPINGS, FORMATS};

fn fixture(builder: PrometheusExporterBuilder) -> (PrometheusExporter, SdkMeterProvider) {
    let exporter = builder.build();
    let resource = resource([kv("service.name", "s"), kv("job", "j"), kv("empty", ""), KeyValue::new("le", 5)]);
    let provider = provider_with(&exporter, |builder| builder.with_resource(resource));
    provider.meter("m").u64_gauge("a").build().record(1, &[]);
    (exporter, provider)
}

fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// PX-36: no namespace in front of it. PX-103: nothing is made up.
#[test]
fn px99_px101_px103_om13_om20_om52_the_target_in_each_format() {
    let (exporter, _provider) = fixture(PrometheusExporter::builder().with_namespace("ns"));
    let expected = labels(&[("job", "j"), ("le", "5"), ("service_name", "s")]);
    for format in &FORMATS[..3] {
        let families = text(&exporter, *format);
        let is_open_metrics = *format == Format::OpenMetrics;
        let target = if is_open_metrics { &families[0] } else { &families[1] };
        let (name, kind) = if is_open_metrics { ("target", "info") } else { ("target_info", "gauge") };
        assert_eq!((target.name.as_str(), target.kind()), (name, kind));
        assert_eq!(target.samples.len(), 1);
        let sample = &target.samples[0];
        assert_eq!((sample.name.as_str(), sample.value.as_str(), &sample.labels), ("target_info", "1", &expected));
        assert_eq!(families.iter().filter(|family| family.name.starts_with("ns_")).count(), 1);
    }
    let families = protobuf(&exporter, Escaping::Underscores);
    let target = families.iter().find(|family| family.text("name") == Some("target_info")).unwrap();
    assert_eq!(target.uint("type"), Some(1));
    let metric = target.only("metric");
    assert_eq!(metric.labels(), [("job", "j"), ("le", "5"), ("service_name", "s")]);
    assert_eq!(metric.only("gauge").double("value"), Some(1.0));
}

/// The escaping must not bring it down from its place.
#[test]
fn px101_om20_the_target_is_first_with_every_escaping() {
    let (exporter, _provider) = fixture(PrometheusExporter::builder());
    for escaping in ESCAPINGS {
        let families = text(&exporter, Exposition::new(Format::OpenMetrics).with_escaping(escaping));
        assert_eq!((families.len(), families[0].kind()), (2, "info"), "{escaping:?}");
    }
}

#[test]
fn px100_px102_without_the_target_there_is_none() {
    let (exporter, _provider) = fixture(bare().with_resource_labels(|key| key == "job"));
    for format in &FORMATS[..3] {
        let families = text(&exporter, *format);
        assert_eq!((families.len(), families[0].name.as_str()), (1, "a"));
        assert_eq!(families[0].samples[0].labels, labels(&[("job", "j")]));
    }
    assert_eq!(protobuf(&exporter, Escaping::Underscores).len(), 1);
}

/// PX-100, OM-18: in OpenMetrics the family's name is taken as well.
#[test]
fn px100_px109_nothing_else_passes_for_the_target() {
    for (name, formats) in [("target_info", &FORMATS[..]), ("target", &[Format::OpenMetrics][..])] {
        for format in FORMATS {
            let (exporter, provider) = fixture(PrometheusExporter::builder());
            provider.meter("m").u64_gauge(name).build().record(9, &[]);
            let log = logged(|| {
                let count = match format {
                    Format::Protobuf => protobuf(&exporter, Escaping::Underscores).len(),
                    _ => text(&exporter, format).len(),
                };
                assert_eq!(count, if formats.contains(&format) { 2 } else { 3 }, "{name} {format:?}");
            });
            assert_eq!(log.len(), usize::from(formats.contains(&format)), "{log:?}");
        }
    }
}
