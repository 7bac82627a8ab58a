//! When counting began.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::SdkMeterProvider;
use telemetry_prometheus::{Escaping, Exposition, Format, PrometheusExporter, PrometheusExporterBuilder};

use crate::support::everything::exponential;
use crate::support::{bare, protobuf, provider_with, text};
use crate::utf8;

fn fixture(builder: PrometheusExporterBuilder) -> (PrometheusExporter, SdkMeterProvider) {
    let exporter = builder.build();
    let provider = provider_with(&exporter, |builder| builder.with_view(exponential("exponential")));
    let meter = provider.meter("m");
    for key in ["x", "y"] {
        let attributes = [KeyValue::new("k", key)];
        meter.u64_counter("counter").build().add(1, &attributes);
        meter.f64_histogram("histogram").build().record(1.0, &attributes);
        meter.f64_histogram("exponential").build().record(1.0, &attributes);
        meter.f64_histogram("signed").with_boundaries(vec![-1.0]).build().record(1.0, &attributes);
        meter.f64_gauge("gauge").build().record(1.0, &attributes);
        meter.i64_up_down_counter("sum").build().add(1, &attributes);
    }
    meter.u64_observable_counter("observed").with_callback(|observer| observer.observe(5, &[])).build();
    (exporter, provider)
}

/// The samples called `_created`, with their values.
fn created(exporter: &PrometheusExporter, exposition: impl Into<Exposition>) -> Vec<(String, String)> {
    let samples = text(exporter, exposition).into_iter().flat_map(|family| family.samples);
    samples.filter(|s| s.name.ends_with("_created")).map(|s| (s.name, s.value)).collect()
}

/// That each stands after the other samples of its series is among what is checked always.
#[test]
fn px126_om45_om55_counters_and_histograms_have_start_times_in_openmetrics_if_asked_for() {
    let before = SystemTime::now();
    let (exporter, _provider) = fixture(bare().with_created_lines());
    let lines = created(&exporter, Format::OpenMetrics);
    let names: Vec<_> = lines.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["counter", "counter", "exponential", "exponential", "histogram", "histogram", "observed"];
    assert_eq!(names[..7], expected.map(|name| format!("{name}_created")));
    assert_eq!(names[7..], ["signed_created", "signed_created"]);
    for (name, value) in &lines {
        let since_1970 = Duration::from_secs_f64(value.parse().unwrap());
        let distance = (UNIX_EPOCH + since_1970).duration_since(before).unwrap_or_else(|e| e.duration());
        assert!(!value.contains('e') && distance < Duration::from_secs(60), "{name} {value}");
    }
    for format in [Format::PrometheusText, Format::PrometheusTextV1] {
        assert!(created(&exporter, format).is_empty());
    }
    let (exporter, _provider) = fixture(bare());
    assert!(created(&exporter, Format::OpenMetrics).is_empty());
}

/// PX-07: they do not change, and are the same in both formats.
#[test]
fn px07_px126_start_times_are_the_same_in_every_scrape_and_format() {
    let (exporter, provider) = fixture(bare().with_created_lines());
    let first = created(&exporter, Format::OpenMetrics);
    std::thread::sleep(Duration::from_millis(2));
    provider.meter("m").u64_counter("counter").build().add(1, &[KeyValue::new("k", "x")]);
    assert_eq!(created(&exporter, Format::OpenMetrics), first);

    let mut times = Vec::new();
    for family in protobuf(&exporter, Escaping::Underscores) {
        for metric in family.nested("metric") {
            for kind in ["counter", "histogram", "gauge"] {
                for time in metric.nested(kind).iter().flat_map(|value| value.nested("start_timestamp")) {
                    let nanos = time.ints("nanos").first().copied().unwrap_or_default();
                    let text = format!("{}.{nanos:09}", time.ints("seconds")[0]);
                    times.push((family.text("name").unwrap().replace("_total", "_created"), text));
                }
            }
        }
    }
    let padded = |(name, value): (String, String)| {
        let (seconds, nanos) = value.split_once('.').unwrap_or((&value, ""));
        (name, format!("{seconds}.{nanos:0<9}"))
    };
    let first: BTreeSet<_> = first.into_iter().map(padded).map(|(name, v)| (name.replace("_created", ""), v)).collect();
    let times: BTreeSet<_> = times.into_iter().map(|(name, v)| (name.replace("_created", ""), v)).collect();
    assert_eq!(times, first);
}

#[test]
fn px47_om55_start_times_of_names_in_quotes() {
    use telemetry_prometheus::TranslationStrategy::NoUTF8EscapingWithSuffixes;
    let exporter = bare().with_translation_strategy(NoUTF8EscapingWithSuffixes).with_created_lines().build();
    let provider = provider_with(&exporter, |builder| builder);
    provider.meter("m").u64_counter("a.b").build().add(1, &[]);
    let page = exporter.render(utf8(Format::OpenMetrics)).unwrap();
    let text = str::from_utf8(&page).unwrap();
    assert!(text.starts_with("# TYPE \"a.b\" counter\n{\"a.b_total\"} 1\n{\"a.b_created\"} 1"), "{text}");
}
