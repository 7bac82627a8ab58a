//! How each kind of point is written.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use support::{bare, logged, provider, provider_with, render};
use telemetry_prometheus::Format;
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::{Instrument, Stream};

#[test]
fn px03_px55_histograms_have_the_buckets_of_the_sdk_or_of_the_instrument() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    meter.f64_histogram("a").build().record(0.0, &[]);
    meter.f64_histogram("b").with_boundaries(vec![0.5, 1.0]).build().record(0.5, &[]);

    let text = render(&exporter);
    let buckets = |prefix: &str| text.lines().filter(|line| line.starts_with(prefix)).count();
    assert_eq!(buckets("a_bucket"), 16);
    assert!(text.contains("a_bucket{le=\"10000\"} 1\n"));
    assert_eq!(buckets("b_bucket"), 3);
    // Each has its own bounds, although they are written one after the other.
    assert!(text.ends_with("le=\"0.5\"} 1\nb_bucket{le=\"1\"} 1\nb_bucket{le=\"+Inf\"} 1\nb_sum 0.5\nb_count 1\n"));
}

/// PX-61: upper bounds are inclusive, counts cumulative, and the infinite bucket has them all.
#[test]
fn px61_px62_t11_a_histogram_is_written_in_full() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let histogram = provider.meter("m").u64_histogram("h").with_boundaries(vec![1.0, 5.0]).build();
    for value in [1, 2, 5, 6, 1_000_000] {
        histogram.record(value, &[KeyValue::new("k", "v")]);
    }
    assert_eq!(
        render(&exporter),
        "# TYPE h histogram\n\
         h_bucket{k=\"v\",le=\"1\"} 1\n\
         h_bucket{k=\"v\",le=\"5\"} 3\n\
         h_bucket{k=\"v\",le=\"+Inf\"} 5\n\
         h_sum{k=\"v\"} 1000014\n\
         h_count{k=\"v\"} 5\n"
    );
}

#[test]
fn px52_px54_t04_t05_sums_that_fall_and_gauges_are_gauges() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    meter.i64_up_down_counter("queued").build().add(-2, &[]);
    meter.f64_up_down_counter("load").build().add(0.5, &[]);
    meter.u64_gauge("level").build().record(3, &[]);
    // PX-07, T-15: this format has no start times, and names only with underscores.
    let expected = "# TYPE level gauge\nlevel 3\n# TYPE load gauge\nload 0.5\n# TYPE queued gauge\nqueued -2\n";
    assert_eq!(render(&exporter), expected);
}

/// OpenMetrics forbids the sum, and the parser that `render` asks forbids it here too. Prometheus reads it.
#[test]
fn px63_a_histogram_of_negative_values_keeps_its_sum() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let histogram = provider.meter("m").f64_histogram("h").with_boundaries(vec![-1.0, 0.0]).build();
    [-3.5, -0.5].into_iter().for_each(|value| histogram.record(value, &[]));
    let expected = "# TYPE h histogram\n\
                    h_bucket{le=\"-1\"} 1\n\
                    h_bucket{le=\"0\"} 2\n\
                    h_bucket{le=\"+Inf\"} 2\n\
                    h_sum -4\n\
                    h_count 2\n";
    assert_eq!(exporter.render(Format::PrometheusText).unwrap(), expected);
}

#[test]
fn px10_the_overflow_series_is_exported() {
    let exporter = bare().build();
    let provider = provider_with(&exporter, |builder| {
        builder.with_view(|_: &_| Stream::builder().with_cardinality_limit(2).build().ok())
    });
    let counter = provider.meter("m").u64_counter("c").build();
    for user in 0..10 {
        counter.add(1, &[KeyValue::new("user", user)]);
    }
    let text = render(&exporter);
    assert!(text.contains("c_total{otel_metric_overflow=\"true\"} 8\n"), "{text}");
}

#[test]
fn px11_px12_t16_without_measurements_there_is_no_output() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    provider.meter("m").u64_counter("c").build();
    assert_eq!(render(&exporter), "");
}

#[test]
fn px20_px23_names_from_views_are_translated_or_dropped() {
    let exporter = bare().build();
    let provider = provider_with(&exporter, |builder| {
        builder.with_view(|instrument: &Instrument| {
            let name = match instrument.name() {
                "square" => "m\u{b2}\u{e9}x",
                _ => "\u{e9}",
            };
            Stream::builder().with_name(name).build().ok()
        })
    });
    let meter = provider.meter("m");
    meter.u64_gauge("square").build().record(1, &[]);
    meter.u64_gauge("nothing").build().record(1, &[]);

    let log = logged(|| {
        assert_eq!(render(&exporter), "# TYPE m_x gauge\nm_x 1\n");
        render(&exporter);
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("no character that Prometheus allows"));
}
