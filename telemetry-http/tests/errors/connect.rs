//! There is no connection.

use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::clients::{assert_seen, distrustful, http1, hyper_util};
use crate::servers::refusing;
use crate::{failed, get, seen};

/// Longer than a label of a name may be: no resolver asks the network for it.
pub(crate) fn unresolvable() -> String {
    format!("http://{}.invalid/", "x".repeat(64))
}

#[tokio::test]
async fn hc_16_a_name_that_does_not_resolve_is_a_dns_error() {
    assert_seen(&unresolvable(), distrustful(), &failed("dns_error")).await;
}

#[tokio::test]
async fn hc_16_a_name_that_does_not_resolve_is_a_dns_error_for_the_bare_connector() {
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    assert_eq!(seen(client, get(&unresolvable())).await, failed("dns_error"));
}

#[tokio::test]
async fn hc_16_a_refused_connection_is_connection_refused() {
    let (_socket, address) = refusing();
    assert_seen(&format!("http://{address}/"), distrustful(), &failed("connection_refused")).await;
    assert_seen(&format!("https://{address}/"), distrustful(), &failed("connection_refused")).await;
}

#[tokio::test]
async fn hc_16_a_connection_from_an_address_of_another_machine_is_address_unavailable() {
    let (_socket, address) = refusing();
    let mut connector = HttpConnector::new();
    // For documentation, and so no address of this machine: it is not asked for in the network.
    connector.set_local_address(Some([192, 0, 2, 1].into()));
    let client = Client::builder(TokioExecutor::new()).build(connector);
    assert_eq!(seen(client, get(&format!("http://{address}/"))).await, failed("address_unavailable"));
}

#[tokio::test]
async fn hc_16_a_scheme_that_the_connector_does_not_know_is_a_connect_error() {
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    assert_eq!(seen(client, get("ftp://127.0.0.1/")).await, failed("connect_error"));
    let client = hyper_util(&http1(), distrustful());
    assert_eq!(seen(client, get("ftp://127.0.0.1/")).await, failed("connect_error"));
}
