//! There is no response, or not all of it.

use tower::timeout::Timeout;

use crate::clients::{adapted, all, hyper_util, reqwest};
use crate::servers::{answering, hang_up, refusing, resetting, server, stalling};
use crate::*;

/// When a client that is to give up does.
const SOON: Duration = Duration::from_millis(20);

#[tokio::test]
async fn hc_16_a_refused_connection_has_no_status() {
    let (_socket, address) = refusing();
    for (client, snapshot) in all(get(address)).await {
        assert_recorded(&snapshot, client, address, &[("error.type", "connection_refused")]);
    }
}

#[tokio::test]
async fn hc_16_a_reset_connection_has_no_status() {
    let address = resetting().await;
    for (client, snapshot) in all(get(address)).await {
        assert_recorded(&snapshot, client, address, &[("error.type", "connection_reset")]);
    }
}

#[tokio::test]
async fn hc_16_a_server_that_hangs_up_has_no_status() {
    let address = answering(b"").await;
    for (client, snapshot) in all(get(address)).await {
        assert_recorded(&snapshot, client, address, &[("error.type", "unexpected_eof")]);
    }
}

#[tokio::test]
async fn hc_16_a_timeout_inside_of_the_layer_is_a_timeout() {
    let address = stalling(b"").await;
    let snapshot = recorded(Timeout::new(hyper_util(), SOON), get(address)).await;
    assert_recorded(&snapshot, "hyper-util", address, &[("error.type", "timeout")]);
    let impatient = reqwest(reqwest::Client::builder().no_proxy().timeout(SOON));
    let snapshot = recorded(adapted(impatient), get(address)).await;
    assert_recorded(&snapshot, "reqwest", address, &[("error.type", "timeout")]);
}

#[tokio::test]
async fn hc_16_a_server_without_tls_is_a_tls_error() {
    use tokio::io::AsyncWriteExt;
    let address = server(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        hang_up(stream).await;
    })
    .await;
    let request = Request::get(format!("https://{address}/")).body(Full::default()).unwrap();
    for (client, snapshot) in all(request).await {
        assert_recorded(&snapshot, client, address, &[("error.type", "tls_error")]);
    }
}

#[tokio::test]
async fn hc_16_a_body_that_is_cut_off_has_its_status_and_its_bytes() {
    let address = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello").await;
    for (client, snapshot) in all(get(address)).await {
        let others = [
            ("error.type", "unexpected_eof"),
            ("http.response.status_code", "200"),
            ("network.protocol.version", "1.1"),
        ];
        assert_recorded(&snapshot, client, address, &others);
        assert_eq!(snapshot.sum(RESPONSE_SIZE, &[]), 5.0, "{client}");
    }
}

#[tokio::test]
async fn hc_19_one_redirect_too_many_is_an_error() {
    let address = answering(b"HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n").await;
    let limited = reqwest::redirect::Policy::limited(1);
    let client = reqwest(reqwest::Client::builder().no_proxy().redirect(limited));
    let snapshot = recorded(adapted(client), get(address)).await;
    assert_recorded(&snapshot, "reqwest", address, &[("error.type", "redirect_error")]);
}
