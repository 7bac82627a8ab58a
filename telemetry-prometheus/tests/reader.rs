//! The exporter as a reader of the SDK.
#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use support::{bare, logged, provider, provider_with, render, resource};
use telemetry_prometheus::opentelemetry::KeyValue;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};
use telemetry_prometheus::opentelemetry_sdk::metrics::reader::MetricReader;
use telemetry_prometheus::opentelemetry_sdk::metrics::{
    Aggregation, InMemoryMetricExporterBuilder, Instrument, InstrumentKind, PeriodicReader, SdkMeterProvider, Stream,
    Temporality,
};
use telemetry_prometheus::{Format, PrometheusExporter};

#[test]
fn px01_a_callback_runs_once_in_each_scrape() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    provider
        .meter("m")
        .u64_observable_gauge("calls")
        .with_callback(move |observer| observer.observe(counted.fetch_add(1, Ordering::Relaxed) + 1, &[]))
        .build();

    assert_eq!(calls.load(Ordering::Relaxed), 0);
    for call in 1..=3 {
        assert_eq!(render(&exporter), format!("# TYPE calls gauge\ncalls {call}\n"));
    }
}

#[test]
fn px02_everything_is_cumulative() {
    let exporter = bare().build();
    for kind in [
        InstrumentKind::Counter,
        InstrumentKind::UpDownCounter,
        InstrumentKind::Histogram,
        InstrumentKind::Gauge,
        InstrumentKind::ObservableCounter,
        InstrumentKind::ObservableUpDownCounter,
        InstrumentKind::ObservableGauge,
    ] {
        assert_eq!(exporter.temporality(kind), Temporality::Cumulative);
    }

    let provider = provider(&exporter);
    let counter = provider.meter("m").u64_counter("c").build();
    counter.add(2, &[]);
    assert_eq!(render(&exporter), render(&exporter));
    counter.add(2, &[]);
    assert!(render(&exporter).ends_with("c_total 4\n"));
}

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
fn px04_a_scrape_before_the_provider_and_after_its_end_fails_cleanly() {
    let exporter = PrometheusExporter::new();
    let error = exporter.render(Format::PrometheusText).unwrap_err();
    assert!(error.is_unavailable());
    assert!(error.to_string().contains("with_reader"));

    let provider = provider(&exporter);
    render(&exporter);
    provider.shutdown().unwrap();
    assert!(exporter.render(Format::PrometheusText).unwrap_err().is_unavailable());
    assert!(exporter.collect(&mut ResourceMetrics::default()).is_err());
    assert!(exporter.shutdown().is_err(), "a second shutdown has nothing to end");
}

#[test]
fn px04_a_provider_that_was_dropped_cannot_be_scraped() {
    let exporter = PrometheusExporter::new();
    drop(provider(&exporter));
    assert!(exporter.render(Format::PrometheusText).unwrap_err().is_unavailable());
}

#[test]
fn px04_a_second_provider_is_refused_and_its_end_does_not_matter() {
    let exporter = bare().build();
    let first = provider(&exporter);
    first.meter("m").u64_counter("first").build().add(1, &[]);

    let log = logged(|| {
        let second = provider(&exporter);
        second.meter("m").u64_counter("second").build().add(1, &[]);
        second.shutdown().unwrap();
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("one meter provider only"));
    assert_eq!(render(&exporter), "# TYPE first_total counter\nfirst_total 1\n");
}

#[test]
fn px05_a_delta_reader_beside_it_keeps_its_deltas() {
    let exporter = bare().build();
    let memory = InMemoryMetricExporterBuilder::new().with_temporality(Temporality::Delta).build();
    let periodic = PeriodicReader::builder(memory.clone()).build();
    let provider = provider_with(&exporter, |builder| builder.with_reader(periodic));
    let counter = provider.meter("m").u64_counter("c").build();

    for round in 1..=3 {
        counter.add(5, &[]);
        assert!(render(&exporter).ends_with(&format!("c_total {}\n", 5 * round)));
        provider.force_flush().unwrap();
    }
    let deltas: Vec<u64> = memory.get_finished_metrics().unwrap().iter().map(only_sum).collect();
    assert_eq!(deltas, [5, 5, 5]);
}

fn only_sum(metrics: &ResourceMetrics) -> u64 {
    let metric = metrics.scope_metrics().next().unwrap().metrics().next().unwrap();
    match metric.data() {
        AggregatedMetrics::U64(MetricData::Sum(sum)) => sum.data_points().next().unwrap().value(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn px06_recorded_series_stay_and_observed_ones_vanish_when_unobserved() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    meter.u64_counter("recorded").build().add(1, &[]);
    let scrape = AtomicU64::new(0);
    meter
        .u64_observable_gauge("observed")
        .with_callback(move |observer| {
            if scrape.fetch_add(1, Ordering::Relaxed) == 0 {
                observer.observe(1, &[]);
            }
        })
        .build();

    let recorded = "# TYPE recorded_total counter\nrecorded_total 1\n";
    assert_eq!(render(&exporter), format!("# TYPE observed gauge\nobserved 1\n{recorded}"));
    assert_eq!(render(&exporter), recorded);
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

#[test]
fn px58_an_exponential_histogram_does_not_vanish_silently() {
    let exporter = bare().build();
    let provider = provider_with(&exporter, |builder| {
        builder.with_view(|_: &_| {
            let aggregation =
                Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: false };
            Stream::builder().with_aggregation(aggregation).build().ok()
        })
    });
    provider.meter("m").f64_histogram("h").build().record(1.0, &[]);

    let log = logged(|| {
        for _ in 0..3 {
            assert_eq!(render(&exporter), "");
        }
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("exponential"));
}

/// PX-153: the SDK alone would refuse all later collections, and forget all later instruments.
#[test]
fn px153_a_panic_in_a_callback_fails_one_scrape_only() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let scrape = AtomicU64::new(0);
    meter
        .u64_observable_gauge("g")
        .with_callback(move |observer| {
            if scrape.fetch_add(1, Ordering::Relaxed) == 0 {
                panic!("out of order");
            }
            observer.observe(1, &[]);
        })
        .build();

    let error = exporter.render(Format::PrometheusText).unwrap_err();
    assert!(!error.is_unavailable());
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "panic: out of order");

    meter.u64_counter("later").build().add(1, &[]);
    let expected = "# TYPE g gauge\ng 1\n# TYPE later_total counter\nlater_total 1\n";
    assert_eq!(render(&exporter), expected);
}

/// PX-06, PX-153: nobody observes it again, but the SDK keeps it until a collection succeeds.
#[test]
fn px153_what_was_observed_before_a_panic_appears_in_the_next_scrape() {
    let exporter = bare().build();
    let provider = provider(&exporter);
    let meter = provider.meter("m");
    let scrape = AtomicU64::new(0);
    meter
        .u64_observable_gauge("g")
        .with_callback(move |observer| {
            let scrape = scrape.fetch_add(1, Ordering::Relaxed);
            observer.observe(1, &[KeyValue::new("scrape", scrape.to_string())]);
            assert_ne!(scrape, 0, "out of order");
        })
        .build();

    assert!(exporter.render(Format::PrometheusText).is_err());
    assert_eq!(render(&exporter), "# TYPE g gauge\ng{scrape=\"0\"} 1\ng{scrape=\"1\"} 1\n");
    assert_eq!(render(&exporter), "# TYPE g gauge\ng{scrape=\"2\"} 1\n");
}

#[test]
fn px153_a_panic_while_labels_are_chosen_fails_the_scrape() {
    let is_broken = Arc::new(AtomicBool::new(true));
    let breaks = Arc::clone(&is_broken);
    let select = move |_: &str| {
        assert!(!breaks.load(Ordering::Relaxed), "out of order");
        true
    };
    let exporter = bare().with_resource_labels(select).build();
    let provider = provider_with(&exporter, |builder| builder.with_resource(resource([KeyValue::new("k", "v")])));
    provider.meter("m").u64_gauge("g").build().record(1, &[]);

    let error = exporter.render(Format::PrometheusText).unwrap_err();
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "panic: out of order");
    is_broken.store(false, Ordering::Relaxed);
    assert_eq!(render(&exporter), "# TYPE g gauge\ng{k=\"v\"} 1\n");
}

/// The SDK holds its lock meanwhile: a collection that waited for that, on the same thread, would never end. Another
/// exporter of the provider would run the same callback again, and that the next one.
#[test]
fn px04_a_collection_inside_of_a_callback_fails_cleanly() {
    let (exporter, other) = (bare().build(), bare().build());
    let provider = provider_with(&exporter, |builder| builder.with_reader(other.clone()));
    let registry = prometheus::Registry::new();
    registry.register(Box::new(exporter.clone())).unwrap();
    let inner = [exporter.clone(), other.clone()];
    provider
        .meter("m")
        .u64_observable_gauge("gathered")
        .with_callback(move |observer| {
            for exporter in &inner {
                let error = exporter.render(Format::PrometheusText).unwrap_err();
                assert!(!error.is_unavailable());
                assert!(error.to_string().contains("callback"), "{error}");
                assert!(exporter.collect(&mut ResourceMetrics::default()).is_err());
            }
            observer.observe(registry.gather().len() as u64, &[]);
        })
        .build();

    for exporter in [&exporter, &other, &exporter] {
        assert_eq!(render(exporter), "# TYPE gathered gauge\ngathered 0\n");
    }
}

#[test]
fn setup_in_one_call_makes_the_provider_a_source() {
    use telemetry_core::Telemetry;
    use telemetry_prometheus::TelemetryBuilderExt;

    let exporter = PrometheusExporter::builder().without_scope_labels().build();
    let telemetry = Telemetry::builder()
        .without_global()
        .with_service_name("shop")
        .with_prometheus(exporter.clone())
        .build()
        .unwrap();
    telemetry.meter_provider().meter("m").u64_counter("c").build().add(1, &[]);
    let text = render(&exporter);
    assert!(text.starts_with("# TYPE c_total counter\nc_total 1\n"));
    assert!(text.contains("service_name=\"shop\""));
}

#[test]
fn the_exporter_and_its_parts_can_be_shared_between_threads() {
    fn shareable<T: Send + Sync + 'static>() {}
    shareable::<PrometheusExporter>();
    shareable::<telemetry_prometheus::PrometheusExporterBuilder>();
    shareable::<telemetry_prometheus::PrometheusMetricsHandler>();
    shareable::<telemetry_prometheus::MetricsBody>();
    shareable::<telemetry_prometheus::Error>();
    shareable::<SdkMeterProvider>();
}
