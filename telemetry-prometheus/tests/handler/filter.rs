//! `?name[]=`

use http::StatusCode;
use telemetry_prometheus::PrometheusMetricsHandler;
use telemetry_prometheus::opentelemetry::metrics::MeterProvider;

use crate::kit::{ask, bytes_of, get, served, text_of};

const OPEN_METRICS: &str = "application/openmetrics-text";
const PROTOBUF: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

async fn filtered(handler: &PrometheusMetricsHandler, accept: &str, query: &str) -> Vec<u8> {
    let mut request = get(&[("accept", accept)]);
    *request.uri_mut() = format!("/metrics?{query}").parse().unwrap();
    let response = ask(handler, request).await;
    assert_eq!(response.status(), StatusCode::OK);
    let length = response.headers()["content-length"].to_str().unwrap().to_owned();
    let body = bytes_of(response).await;
    assert_eq!(length, body.len().to_string());
    body.into()
}

async fn text(handler: &PrometheusMetricsHandler, accept: &str, query: &str) -> String {
    String::from_utf8(filtered(handler, accept, query).await).unwrap()
}

#[tokio::test]
async fn px155_families_are_chosen_by_the_name_that_they_have_in_the_page() {
    let (handler, provider) = served();
    provider.meter("m").u64_gauge("queue.length").build().record(3, &[]);
    let (counter, gauge) = ("# TYPE c_total counter\nc_total 1\n", "# TYPE queue_length gauge\nqueue_length 3\n");
    let both = format!("{counter}{gauge}");
    for (query, expected) in [
        ("name[]=c_total", counter),
        ("name[]=queue_length", gauge),
        ("name[]=c_total&name[]=queue_length", &both),
        ("name[]=queue_length&name[]=c_total&name[]=c_total", &both),
        ("name%5B%5D=queue_length", gauge),
        ("name%5b%5d=queue%5Flength&x=1", gauge),
        ("name[]=c", ""),
        ("name[]=queue.length", ""),
        ("name[]=C_TOTAL", ""),
        ("name[]=", ""),
        ("name=c_total", &both),
    ] {
        assert_eq!(text(&handler, "text/plain", query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn px155_openmetrics_knows_a_counter_by_two_names() {
    let (handler, provider) = served();
    provider.meter("m").u64_gauge("g").build().record(3, &[]);
    for query in ["name[]=c", "name[]=c_total", "name[]=c&name[]=c_total"] {
        let page = text(&handler, OPEN_METRICS, query).await;
        assert_eq!(page, "# TYPE c counter\nc_total 1\n# EOF\n", "{query}");
    }
}

#[tokio::test]
async fn px155_unknown_names_give_an_empty_page_that_is_valid() {
    let (handler, _provider) = served();
    for (accept, expected) in [("text/plain", ""), (OPEN_METRICS, "# EOF\n"), (PROTOBUF, "")] {
        assert_eq!(text(&handler, accept, "name[]=unknown").await, expected);
    }
    let family = filtered(&handler, PROTOBUF, "name[]=c_total&name[]=unknown").await;
    assert!(family[1..].starts_with(b"\x0a\x07c_total"));
}

/// What one scrape leaves out must not be missing in the next, which uses the same memory.
#[tokio::test]
async fn px155_a_filter_is_that_of_one_scrape() {
    let (handler, provider) = served();
    let whole = text(&handler, "text/plain", "").await;
    provider.meter("m").u64_gauge("d").build().record(2, &[]);
    assert_eq!(text(&handler, "text/plain", "name[]=d").await, "# TYPE d gauge\nd 2\n");
    assert_eq!(text(&handler, "text/plain", "").await, format!("{whole}# TYPE d gauge\nd 2\n"));
}

#[tokio::test]
async fn px155_families_of_registries_and_quoted_names_are_chosen_too() {
    let registry = prometheus::Registry::new();
    registry.register(Box::new(prometheus::IntGauge::new("legacy", "Help.").unwrap())).unwrap();
    let exporter = crate::support::bare()
        .with_translation_strategy(telemetry_prometheus::TranslationStrategy::NoTranslation)
        .build();
    let provider = crate::support::provider(&exporter);
    provider.meter("m").u64_gauge("shop.queue").build().record(1, &[]);
    let handler = PrometheusMetricsHandler::new(exporter).with_registry(registry);

    let legacy = "# HELP legacy Help.\n# TYPE legacy gauge\nlegacy 0\n";
    assert_eq!(text(&handler, "text/plain", "name[]=legacy").await, legacy);
    let accept = "application/openmetrics-text;escaping=allow-utf-8";
    let page = "# TYPE \"shop.queue\" gauge\n{\"shop.queue\"} 1\n# EOF\n";
    assert_eq!(text(&handler, accept, "name[]=shop%2Equeue").await, page);
}

#[tokio::test]
async fn px155_any_query_gets_an_answer() {
    let (handler, _provider) = served();
    for query in ["name[]=%FF", "&&&=&%", "name[]&name[]=%00", &"name[]=x&".repeat(3000)] {
        assert_eq!(text(&handler, "text/plain", query).await.is_empty(), query.contains("name"), "{query:.20}");
    }
    let whole = text_of(ask(&handler, get(&[])).await).await;
    assert!(!whole.is_empty());
}
