//! Where a server listens.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr};

use telemetry_prometheus::{MetricsAddress, PrometheusExporter};
use tokio::net::TcpListener;

use crate::client::get;
use crate::{METRICS, exporter, served};

#[tokio::test]
async fn px158_localhost_is_served_on_both_families() {
    let (exporter, _provider) = exporter();
    let server = exporter.serve("localhost:0").await.unwrap();
    let address = server.local_addr();
    assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
    assert_ne!(address.port(), 0);
    assert_eq!(get(address, "/metrics").await.body, METRICS);
    assert_eq!(get(("localhost", address.port()), "/metrics").await.body, METRICS);

    // A machine without IPv6 is no failure, neither of the server nor of the test.
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.is_ok() {
        assert_eq!(get((Ipv6Addr::LOCALHOST, address.port()), "/metrics").await.body, METRICS);
    }
}

#[tokio::test]
async fn addresses_have_many_forms() {
    let (exporter, _provider) = exporter();
    let all = [
        MetricsAddress::from("127.0.0.1:0"),
        String::from("127.0.0.1:0").into(),
        (Ipv4Addr::LOCALHOST, 0).into(),
        ([127, 0, 0, 1], 0).into(),
        ("127.0.0.1", 0).into(),
        "127.0.0.1:0".parse().unwrap(),
        std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into(),
        MetricsAddress::default().with_port(0),
        MetricsAddress::default().with_host("127.0.0.1").with_port(0),
    ];
    for address in all {
        let text = format!("{address:?}");
        let server = exporter.clone().serve(address).await.unwrap();
        assert_eq!(get(server.local_addr(), "/metrics").await.body, METRICS, "{text}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_an_error() {
    let (server, _provider) = served().await;
    let address = server.local_addr();
    let error = PrometheusExporter::new().serve(address).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    assert!(error.to_string().starts_with(&format!("cannot listen on {address}: ")), "{error}");

    // One family of two is not enough: the clients of the other would find somebody else.
    let error = PrometheusExporter::new().serve(format!("localhost:{}", address.port())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[tokio::test]
async fn servers_know_nothing_of_each_other() {
    let (one, _provider) = served().await;
    let (other, _provider) = served().await;
    assert_ne!(one.local_addr(), other.local_addr());
    one.shutdown().await;
    assert_eq!(get(other.local_addr(), "/metrics").await.body, METRICS);
}
