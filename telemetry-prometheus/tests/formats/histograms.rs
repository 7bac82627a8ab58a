//! Classic histograms in each format.

use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{Escaping, Format, PrometheusExporter, TranslationStrategy};

use crate::support::everything::exponential;
use crate::support::{bare, protobuf, provider, provider_with, text};
use crate::utf8;

fn page(exporter: &PrometheusExporter, format: Format) -> String {
    String::from_utf8(exporter.render(format).unwrap().into()).unwrap()
}

fn recorded(bounds: &[f64], values: &[f64]) -> (PrometheusExporter, SdkMeterProvider) {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let histogram = provider.meter("m").f64_histogram("h").with_boundaries(bounds.to_vec()).build();
    values.iter().for_each(|value| histogram.record(*value, &[]));
    (exporter, provider)
}

/// PB-07: the count stands in for the infinite bucket.
#[test]
fn px61_px62_om37_om47_pb07_one_histogram_in_every_format() {
    let (exporter, _provider) = recorded(&[0.0, 0.5, 1.0, 1e6], &[0.0, 0.5, 0.75, 2e6]);
    let lines = |bounds: [&str; 5]| {
        let counts = bounds.into_iter().zip([1, 2, 3, 3, 4]);
        let buckets = counts.map(|(bound, count)| format!("h_bucket{{le=\"{bound}\"}} {count}\n"));
        format!("# TYPE h histogram\n{}h_sum 2.00000125e+06\nh_count 4\n", buckets.collect::<String>())
    };
    assert_eq!(page(&exporter, Format::PrometheusText), lines(["0", "0.5", "1", "1e+06", "+Inf"]));
    let expected = format!("{}# EOF\n", lines(["0.0", "0.5", "1.0", "1e+06", "+Inf"]));
    assert_eq!(page(&exporter, Format::OpenMetrics), expected);

    let families = protobuf(&exporter, Escaping::Underscores);
    let histogram = families[0].only("metric").only("histogram");
    let expected = [(0.0, 1), (0.5, 2), (1.0, 3), (1e6, 3)].map(|(bound, count)| (Some(bound), Some(count)));
    let buckets = histogram.nested("bucket");
    let buckets: Vec<_> = buckets.iter().map(|b| (b.double("upper_bound"), b.uint("cumulative_count"))).collect();
    assert_eq!(buckets, expected);
    assert_eq!((histogram.uint("sample_count"), histogram.double("sample_sum")), (Some(4), Some(2_000_001.25)));
}

/// A sum of values that may be negative could fall, which no sum may in OpenMetrics. Prometheus' formats have it.
#[test]
fn px63_om48_om49_negative_bounds_and_sums_have_no_sum_in_openmetrics() {
    for (bounds, values) in [(&[-1.0, 1.0][..], &[5.0][..]), (&[1.0], &[-5.0, 1.0]), (&[], &[-1.0])] {
        let (exporter, _provider) = recorded(bounds, values);
        let names = |format: Format| -> Vec<String> {
            let page = page(&exporter, format);
            let lines = page.lines().filter(|line| !line.starts_with('#') && !line.starts_with("h_bucket"));
            lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
        };
        assert!(names(Format::OpenMetrics).is_empty(), "{bounds:?} {values:?}");
        assert_eq!(names(Format::PrometheusText), ["h_sum", "h_count"]);
        text(&exporter, Format::OpenMetrics);
        let families = protobuf(&exporter, Escaping::Underscores);
        let sum = families[0].only("metric").only("histogram").double("sample_sum");
        assert_eq!(sum, Some(values.iter().sum()));
    }
}

/// An exponential histogram knows that there are negative values, whatever its classic bounds.
#[test]
fn px63_om48_negative_values_of_exponential_histograms_have_no_sum_in_openmetrics() {
    let exporter = bare().build();
    let provider = provider_with(&exporter, |builder| builder.with_view(exponential("h")));
    let histogram = provider.meter("m").f64_histogram("h").build();
    histogram.record(5.0, &[]);
    assert!(page(&exporter, Format::OpenMetrics).contains("h_sum 5\nh_count 1\n"));
    histogram.record(-1.0, &[]);
    assert!(!page(&exporter, Format::OpenMetrics).contains("h_sum"));
    assert!(page(&exporter, Format::PrometheusText).contains("h_sum 4\nh_count 2\n"));
}

/// T-12: another spelling of a bound would be another series.
#[test]
fn om37_t12_each_bound_is_spelled_for_itself() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    for (name, bound) in [("a", 0.0), ("b", -0.0), ("c", 0.0)] {
        meter.f64_histogram(name).with_boundaries(vec![bound]).build().record(1.0, &[]);
    }
    for (format, zero) in [(Format::PrometheusText, "0"), (Format::OpenMetrics, "0.0")] {
        let page = page(&exporter, format);
        for (name, sign) in [("a", ""), ("b", "-"), ("c", "")] {
            assert!(page.contains(&format!("{name}_bucket{{le=\"{sign}{zero}\"}} 0\n")), "{page}");
        }
    }
}

/// PX-97, OM-25: with any escaping, whatever the attributes are called.
#[test]
fn px97_om25_the_label_of_a_bucket_is_there_once() {
    let strategy = TranslationStrategy::NoTranslation;
    for builder in [bare(), bare().with_translation_strategy(strategy)] {
        let exporter = builder.build();
        let provider = provider(&exporter);
        let histogram = provider.meter("m").f64_histogram("h").with_boundaries(vec![1.0]).build();
        let attributes = [("le", "1"), ("exported_le", "2"), ("__name__", "3"), ("quantile", "4"), ("Le", "5")];
        histogram.record(1.0, &attributes.map(|(key, value)| KeyValue::new(key, value)));
        for format in [Format::PrometheusTextV1, Format::OpenMetrics] {
            let families = text(&exporter, utf8(format));
            for sample in &families[0].samples {
                let les = sample.labels.iter().filter(|(name, _)| name == "le").count();
                assert_eq!(les, usize::from(sample.name == "h_bucket"), "{}", sample.line);
                assert_eq!(sample.label("exported_le"), Some("2;1"), "in the order of the keys");
            }
        }
        let families = protobuf(&exporter, Escaping::AllowUtf8);
        let labels = families[0].only("metric").labels();
        assert!(labels.contains(&("quantile", "4")) && labels.contains(&("exported_name", "3")), "{labels:?}");
    }
}

/// OM-16, OM-17, PX-108: that no series or family is interleaved is among what is checked always.
#[test]
fn px108_om16_om17_series_of_several_scopes_stand_together() {
    let exporter = PrometheusExporter::builder().without_target_info().build();
    let provider = provider(&exporter);
    for scope in ["z", "a", "m"] {
        for key in ["2", "1"] {
            let meter = provider.meter(scope);
            let attributes = [KeyValue::new("k", key)];
            meter.f64_histogram("h").with_boundaries(vec![1.0]).build().record(1.0, &attributes);
            meter.u64_counter("c").build().add(1, &attributes);
        }
    }
    let families = text(&exporter, Format::OpenMetrics);
    assert_eq!(families.iter().map(|family| family.samples.len()).collect::<Vec<_>>(), [6, 24]);
    let families = protobuf(&exporter, Escaping::Underscores);
    assert_eq!(families.iter().map(|family| family.nested("metric").len()).collect::<Vec<_>>(), [6, 6]);
}
