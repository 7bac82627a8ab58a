//! On which samples exemplars are.

use http::Request;
use http_body_util::{BodyExt, Empty};
use telemetry_core::exemplar::{Buckets, ExemplarStore};
use telemetry_prometheus::opentelemetry::InstrumentationScope;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;
use telemetry_prometheus::{Escaping, Format, PrometheusMetricsHandler, TranslationStrategy};
use tower::ServiceExt;

use super::fixture;
use crate::support::everything::{span, time};
use crate::support::page::number;
use crate::support::{bare, protobuf, provider_with, text};

/// OM-46, OM-61, PX-120, PX-121, PX-125, T-13.
#[test]
fn px120_px121_om61_counters_and_buckets_have_exemplars_where_the_format_carries_them() {
    let fixture = fixture(bare());
    let meter = fixture.provider.meter("m");
    meter.u64_counter("counter").build().add(1, &[]);
    meter.f64_gauge("gauge").build().record(1.0, &[]);
    meter.i64_up_down_counter("sum").build().add(1, &[]);
    meter.f64_histogram("histogram").with_boundaries(vec![1.0]).build().record(1.0, &[]);
    meter.f64_histogram("exponential").build().record(1.0, &[]);
    for metric in ["counter", "gauge", "sum", "histogram", "exponential"] {
        fixture.offer(metric, Buckets::Single, 1.0, 0, &[]);
    }
    let lines: Vec<_> = fixture.exemplars(Format::OpenMetrics).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, ["counter_total", "exponential_bucket{le=\"1.0\"}", "histogram_bucket{le=\"1.0\"}"]);
    for format in [Format::PrometheusText, Format::PrometheusTextV1] {
        assert!(fixture.exemplars(format).is_empty());
    }
    let families = protobuf(&fixture.exporter, Escaping::Underscores);
    let debug: Vec<_> = families.iter().map(|family| format!("{family:?}").matches("(\"trace_id\")").count()).collect();
    assert_eq!(debug, [1, 1, 0, 1, 0], "counter, exponential, gauge, histogram, sum");
}

/// PX-46, OM-61: a counter that OpenMetrics calls unknown has none there.
#[test]
fn px46_om61_an_unknown_metric_has_no_exemplar() {
    let strategy = TranslationStrategy::UnderscoreEscapingWithoutSuffixes;
    let fixture = fixture(bare().with_translation_strategy(strategy).with_created_lines());
    fixture.counter("c");
    fixture.offer("c", Buckets::Single, 1.0, 0, &[]);
    assert!(fixture.exemplars(Format::OpenMetrics).is_empty());
    let families = protobuf(&fixture.exporter, Escaping::Underscores);
    assert!(families[0].only("metric").only("counter").has("exemplar"));
}

#[test]
fn px120_without_exemplars_there_are_none() {
    let exporter = bare().without_exemplars().build();
    let provider = provider_with(&exporter, |builder| builder);
    provider.meter("m").u64_counter("c").build().add(1, &[]);
    let store = ExemplarStore::global();
    let scope = InstrumentationScope::builder("m").build();
    store.reservoir(&scope, "c", &[], Buckets::Single).offer(1.0, time(0), Some(&span(1, 1)), &[]);
    assert!(text(&exporter, Format::OpenMetrics)[0].samples[0].exemplar.is_none());
}

/// OM-50, PB-14: the reservoir's bounds need not be those of the histogram.
#[test]
fn px124_om50_the_latest_exemplar_of_a_bucket_is_written() {
    let fixture = fixture(bare());
    let histogram = fixture.provider.meter("m").f64_histogram("h").with_boundaries(vec![1.0, 2.0]).build();
    [0.5, 1.0, 1.5, 9.0].into_iter().for_each(|value| histogram.record(value, &[]));
    let buckets = Buckets::Explicit(&[0.5, 1.25, 1.75]);
    for (value, seconds) in [(0.5, 9), (1.0, 8), (1.5, 3), (1.8, 4)] {
        fixture.offer("h", buckets, value, seconds, &[]);
    }
    let exemplars: Vec<_> =
        fixture.exemplars(Format::OpenMetrics).into_iter().map(|(line, e)| (line, number(&e.value))).collect();
    let expected = [("h_bucket{le=\"1.0\"}".to_owned(), 0.5), ("h_bucket{le=\"2.0\"}".to_owned(), 1.8)];
    assert_eq!(exemplars, expected);
    let families = protobuf(&fixture.exporter, Escaping::Underscores);
    let histogram = families[0].only("metric").only("histogram");
    let values: Vec<_> = histogram.nested("bucket").iter().map(|b| b.nested("exemplar").len()).collect();
    assert_eq!((values, histogram.has("exemplars")), (vec![1, 1], false));
}

#[test]
fn px124_of_a_counter_the_latest_exemplar_is_written() {
    let fixture = fixture(bare());
    fixture.counter("c");
    for (value, seconds) in [(0.5, 5), (1.5, 9), (2.5, 7)] {
        fixture.offer("c", Buckets::Explicit(&[1.0, 2.0]), value, seconds, &[]);
    }
    assert_eq!(fixture.exemplars(Format::OpenMetrics)[0].1.value, "1.5");
    let families = protobuf(&fixture.exporter, Escaping::Underscores);
    let exemplar = families[0].only("metric").only("counter").only("exemplar");
    assert_eq!(exemplar.double("value"), Some(1.5));
}

#[test]
fn px81_pb14_native_exemplars_are_in_a_list_of_their_own() {
    for (builder, classic) in [(bare(), 0), (bare().with_classic_beside_native(), 2)] {
        let fixture = fixture(builder);
        let histogram = fixture.provider.meter("m").f64_histogram("exponential").build();
        for (value, seconds) in [(0.7, 0), (300.0, 1)] {
            histogram.record(value, &[]);
            fixture.offer("exponential", Buckets::Exponential, value, seconds, &[]);
        }
        let families = protobuf(&fixture.exporter, Escaping::Underscores);
        let histogram = families[0].only("metric").only("histogram");
        let values: Vec<_> = histogram.nested("exemplars").iter().map(|e| e.double("value").unwrap()).collect();
        assert_eq!(values.len(), 2, "{values:?}");
        let in_buckets = histogram.nested("bucket").iter().filter(|bucket| bucket.has("exemplar")).count();
        assert_eq!(in_buckets, classic);
    }
}

/// The page must look again when there are more reservoirs, although no series has changed.
#[test]
fn px124_exemplars_that_come_later_are_found() {
    let fixture = fixture(bare());
    fixture.counter("a");
    fixture.counter("b");
    assert!(fixture.exemplars(Format::OpenMetrics).is_empty());
    for (count, metric) in (1..).zip(["a", "b"]) {
        fixture.offer(metric, Buckets::Single, 1.0, 0, &[]);
        assert_eq!(fixture.exemplars(Format::OpenMetrics).len(), count);
    }
}

/// A scrape that asked for other names must not take note of reservoirs that it has not looked up.
#[tokio::test]
async fn px124_px155_exemplars_are_found_after_a_scrape_of_other_names() {
    let fixture = fixture(bare());
    fixture.counter("a");
    fixture.counter("b");
    assert!(fixture.exemplars(Format::OpenMetrics).is_empty());
    fixture.offer("a", Buckets::Single, 1.0, 0, &[]);
    fixture.offer("b", Buckets::Single, 1.0, 0, &[]);
    let handler = PrometheusMetricsHandler::new(fixture.exporter.clone());
    for (uri, names) in [("?name[]=a_total", &["a"][..]), ("?name[]=b_total", &["b"]), ("", &["a", "b"])] {
        let request = Request::get(format!("/metrics{uri}")).header("accept", "application/openmetrics-text");
        let response = handler.clone().oneshot(request.body(Empty::<bytes::Bytes>::new()).unwrap()).await.unwrap();
        let page = response.into_body().collect().await.unwrap().to_bytes();
        let page = str::from_utf8(&page).unwrap();
        let exemplars = page.lines().filter(|line| line.contains("trace_id"));
        assert_eq!(exemplars.map(|line| &line[..1]).collect::<Vec<_>>(), names, "{page}");
    }
}
