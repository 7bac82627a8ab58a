//! What is at which path.

use telemetry_prometheus::PrometheusMetricsHandler;

use crate::client::{Client, get};
use crate::{METRICS, exporter, served};

#[tokio::test]
async fn px158_metrics_are_at_their_path() {
    let (server, _provider) = served().await;
    for path in ["/metrics", "/metrics?name[]=c_total", "http://localhost/metrics"] {
        let reply = get(server.local_addr(), path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"), "{reply:?}");
        assert_eq!(reply.body, METRICS, "{path}");
    }
}

#[tokio::test]
async fn the_landing_page_leads_to_the_metrics() {
    let (server, _provider) = served().await;
    let reply = get(server.local_addr(), "/?whatever=%3Cb").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(reply.body.starts_with("<!DOCTYPE html>\n"), "{reply:?}");
    assert!(reply.body.contains("<a href=\"/metrics\">"), "{reply:?}");
    let version = concat!("telemetry-prometheus ", env!("CARGO_PKG_VERSION"));
    assert!(reply.body.contains(version), "{reply:?}");
    assert!(!reply.body.contains("whatever"), "{reply:?}");
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let (server, _provider) = served().await;
    for path in ["/metrics/", "/metricsx", "//", "/index.html", "*", "/Metrics", "/%6detrics"] {
        let reply = get(server.local_addr(), path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"), "{path}");
        assert_eq!(reply.body, "not found: the metrics are at /metrics\n", "{path}");
    }
}

#[tokio::test]
async fn other_methods_are_refused_on_both_pages() {
    let (server, _provider) = served().await;
    for path in ["/", "/metrics"] {
        for method in ["POST", "DELETE", "OPTIONS", "BREW"] {
            let mut client = Client::connect(server.local_addr()).await.unwrap();
            client.request(method, path).await;
            let reply = client.reply().await;
            assert_eq!(reply.status, 405, "{method} {path}");
            assert_eq!(reply.header("allow"), Some("GET, HEAD"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let (server, _provider) = served().await;
    for path in ["/", "/metrics", "/nothing"] {
        let mut client = Client::connect(server.local_addr()).await.unwrap();
        let head = client.head_of(path).await;
        // If there were a body, it would stand in front of this response.
        let get = client.get(path).await;
        assert_eq!(head.status, get.status, "{path}");
        assert_ne!(get.body, "", "{path}");
        for name in ["content-type", "content-length"] {
            assert!(head.header(name).is_some(), "{path}: {name}");
            assert_eq!(head.header(name), get.header(name), "{path}");
        }
    }
}

#[tokio::test]
async fn a_connection_is_good_for_many_requests() {
    let (server, _provider) = served().await;
    let mut client = Client::connect(server.local_addr()).await.unwrap();
    for path in ["/metrics", "/", "/nothing", "/metrics"] {
        let reply = client.get(path).await;
        assert_eq!(reply.header("connection"), None, "{path}");
    }

    // Two at once are answered in their order.
    client.request("GET", "/nothing").await;
    client.request("GET", "/metrics").await;
    assert_eq!(client.reply().await.status, 404);
    assert_eq!(client.reply().await.body, METRICS);

    client.send("GET /metrics HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").await;
    assert_eq!(client.reply().await.body, METRICS);
    client.closed().await;
}

/// The body that comes with a request is not waited for.
#[tokio::test]
async fn a_body_that_never_comes_holds_nothing_up() {
    let (server, _provider) = served().await;
    let mut client = Client::connect(server.local_addr()).await.unwrap();
    client.send("GET /metrics HTTP/1.1\r\nhost: test\r\ncontent-length: 1000000\r\n\r\n").await;
    assert_eq!(client.reply().await.body, METRICS);
    client.closed().await;
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let (server, _provider) = served().await;
    let mut client = Client::connect(server.local_addr()).await.unwrap();
    client.send("\x16\x03\x01 is how TLS begins\r\n\r\n").await;
    assert_eq!(client.reply().await.status, 400);
    client.closed().await;
}

#[tokio::test]
async fn registries_of_the_handler_are_served() {
    let registry = prometheus::Registry::new();
    registry.register(Box::new(prometheus::IntGauge::new("legacy", "Help.").unwrap())).unwrap();
    let (exporter, _provider) = exporter();
    let handler = PrometheusMetricsHandler::new(exporter).with_registry(registry);
    let server = handler.serve("127.0.0.1:0").await.unwrap();
    let reply = get(server.local_addr(), "/metrics").await;
    assert!(reply.body.ends_with("legacy 0\n"), "{reply:?}");
}
