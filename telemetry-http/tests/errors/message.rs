//! There is a connection, but no whole response.

use http::Request;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use telemetry_http::RequestBody;
use tokio::net::TcpStream;
use tower::{Service, service_fn};

use crate::clients::{assert_seen, distrustful};
use crate::servers::{answering, hang_up, resetting, server};
use crate::{failed, failed_after, get, seen};

type Body = RequestBody<Full<bytes::Bytes>>;

/// A connection of `hyper` as a service. The task that drives it is given up when `alive` is false.
async fn connection(
    address: std::net::SocketAddr,
    alive: bool,
) -> impl Service<Request<Body>, Response = http::Response<hyper::body::Incoming>, Error = hyper::Error> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    if alive {
        tokio::spawn(connection);
    }
    service_fn(move |request| sender.send_request(request))
}

#[tokio::test]
async fn hc_16_a_reset_connection_is_connection_reset() {
    let address = resetting().await;
    assert_seen(&format!("http://{address}/"), distrustful(), &failed("connection_reset")).await;
    assert_eq!(seen(connection(address, true).await, get("/")).await, failed("connection_reset"));
}

#[tokio::test]
async fn hc_16_a_server_that_hangs_up_instead_of_answering_is_unexpected_eof() {
    let address = answering(b"").await;
    assert_seen(&format!("http://{address}/"), distrustful(), &failed("unexpected_eof")).await;
    assert_eq!(seen(connection(address, true).await, get("/")).await, failed("unexpected_eof"));
}

#[tokio::test]
async fn hc_16_a_head_that_is_cut_off_is_unexpected_eof() {
    let address = answering(b"HTTP/1.1 200 OK\r\ncontent-le").await;
    assert_seen(&format!("http://{address}/"), distrustful(), &failed("unexpected_eof")).await;
}

#[tokio::test]
async fn hc_16_a_body_that_is_cut_off_is_unexpected_eof() {
    for response in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
    ] {
        let address = answering(response).await;
        let expected = failed_after("200", "unexpected_eof");
        assert_seen(&format!("http://{address}/"), distrustful(), &expected).await;
        assert_eq!(seen(connection(address, true).await, get("/")).await, expected);
    }
}

#[tokio::test]
async fn hc_16_garbage_is_a_protocol_error() {
    for response in [&b"SSH-2.0-OpenSSH_9.2\r\n\r\n"[..], b"HTTP/1.1 20x OK\r\n\r\n"] {
        let address = answering(response).await;
        assert_seen(&format!("http://{address}/"), distrustful(), &failed("protocol_error")).await;
        assert_eq!(seen(connection(address, true).await, get("/")).await, failed("protocol_error"));
    }
}

#[tokio::test]
async fn hc_16_garbage_for_a_chunk_is_a_protocol_error() {
    // The lines that hyper finds wrong in two ways: no number, and one that is too large.
    for response in [
        &b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhello\r\n"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nf0000000000000003\r\n",
    ] {
        let address = answering(response).await;
        let expected = failed_after("200", "protocol_error");
        assert_seen(&format!("http://{address}/"), distrustful(), &expected).await;
    }
}

/// Nobody has cancelled anything, though hyper calls it that.
#[tokio::test]
async fn hc_17_a_connection_that_is_gone_is_no_cancellation() {
    let address = server(hang_up).await;
    assert_eq!(seen(connection(address, false).await, get("/")).await, failed("connection_aborted"));
    let waiting = service_fn(|_: Request<Body>| async {
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut sender, _) = http1::handshake::<_, Body>(TokioIo::new(stream)).await.unwrap();
        let gone = sender.ready().await;
        gone.map(|()| http::Response::new(String::new()))
    });
    assert_eq!(seen(waiting, get("/")).await, failed("connection_aborted"));
}

/// An error that a status was made into is that status.
#[cfg(feature = "reqwest")]
#[tokio::test]
async fn hs_06_a_status_as_an_error_is_its_decimal_string() {
    let address = answering(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    let client = crate::clients::reqwest::build(reqwest::Client::builder(), distrustful());
    let strict = service_fn(|_: Request<Body>| {
        let response = client.get(format!("http://{address}/")).send();
        async { response.await?.error_for_status().map(http::Response::from) }
    });
    assert_eq!(seen(strict, get("/")).await, failed("404"));
}
