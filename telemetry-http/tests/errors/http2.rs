//! HTTP/2.

use std::net::SocketAddr;
use std::pin::pin;

use bytes::Bytes;
use h2::Reason;
use h2::server::SendResponse;
use http::Response;
use hyper_util::rt::TokioTimer;
use telemetry_core::testing::poll_once;
use tokio::io::AsyncWriteExt;

use crate::clients::{assert_seen_http2, distrustful, http2, hyper_util};
use crate::servers::{hang_up, server, wait_for_end};
use crate::{SOON, failed, failed_after, get, seen};

/// Without the feature an error of HTTP/2 does not tell who found it.
const ENDED_BY_PEER: &str = if cfg!(feature = "http2") { "connection_reset" } else { "protocol_error" };

/// Gives each request to `answer`. The connection lives until the client is gone.
async fn answering(answer: fn(SendResponse<Bytes>)) -> SocketAddr {
    server(move |stream| async move {
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((_, respond))) = connection.accept().await {
            answer(respond);
        }
    })
    .await
}

#[tokio::test]
async fn hc_16_a_stream_that_the_peer_resets_is_connection_reset() {
    let address = answering(|mut respond| respond.send_reset(Reason::INTERNAL_ERROR)).await;
    assert_seen_http2(address, &failed(ENDED_BY_PEER)).await;
}

#[tokio::test]
async fn hc_16_a_body_whose_stream_the_peer_resets_is_connection_reset() {
    let address = answering(|mut respond| {
        let mut body = respond.send_response(Response::new(()), false).unwrap();
        body.send_data("hello".into(), false).unwrap();
        // A reset overtakes what is queued: it has to wait until the connection has been at its turn.
        tokio::spawn(async move { body.send_reset(Reason::INTERNAL_ERROR) });
    })
    .await;
    assert_seen_http2(address, &failed_after("200", ENDED_BY_PEER)).await;
}

/// Empty settings, then GOAWAY for all streams with the reason `ENHANCE_YOUR_CALM`. The server of `h2` would finish
/// what it has begun.
const GOAWAY: &[u8] = b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0b";

async fn goaway() -> SocketAddr {
    server(|mut stream| async move {
        stream.write_all(GOAWAY).await.unwrap();
        wait_for_end(&mut stream).await;
    })
    .await
}

#[tokio::test]
async fn hc_16_a_peer_that_says_goaway_is_connection_reset() {
    assert_seen_http2(goaway().await, &failed(ENDED_BY_PEER)).await;
}

async fn garbage() -> SocketAddr {
    server(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        hang_up(stream).await;
    })
    .await
}

#[tokio::test]
async fn hc_16_garbage_instead_of_frames_is_a_protocol_error() {
    assert_seen_http2(garbage().await, &failed("protocol_error")).await;
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn hc_16_errors_of_h2_are_told_without_a_client() {
    use http::Request;
    use tokio::net::TcpStream;
    use tower::service_fn;

    let bare = |address: SocketAddr| {
        service_fn(move |_: Request<_>| async move {
            let stream = TcpStream::connect(address).await.unwrap();
            let (mut requests, connection) = h2::client::handshake(stream).await?;
            tokio::spawn(connection);
            let (response, _) = requests.send_request(Request::default(), true)?;
            response.await.map(|_| Response::new(String::new()))
        })
    };
    assert_eq!(seen(bare(goaway().await), get("/")).await, failed("connection_reset"));
    assert_eq!(seen(bare(garbage().await), get("/")).await, failed("protocol_error"));
}

#[tokio::test]
async fn hc_16_a_peer_that_answers_no_ping_is_a_timeout() {
    let address = server(|mut stream| async move { wait_for_end(&mut stream).await }).await;
    let mut builder = http2();
    builder.timer(TokioTimer::new()).http2_keep_alive_interval(SOON).http2_keep_alive_timeout(SOON);
    let client = hyper_util(&builder, distrustful());
    assert_eq!(seen(client, get(&format!("http://{address}/"))).await, failed("timeout"));
}

/// h2 says it in this way, wherever HTTP/1 says `unexpected_eof`.
#[tokio::test]
async fn hc_16_a_connection_that_ends_below_http2_is_broken_pipe() {
    assert_seen_http2(server(hang_up).await, &failed("broken_pipe")).await;
}

#[tokio::test]
async fn hc_16_a_body_whose_connection_ends_is_broken_pipe() {
    let address = server(|mut stream| async move {
        // With a pipe in between, the end of the connection does not take what is on its way with it.
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(async move {
            let mut connection = h2::server::handshake(near).await.unwrap();
            let (_, mut respond) = connection.accept().await.unwrap().unwrap();
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            body.send_data("hello".into(), false).unwrap();
            // Sends what there is.
            assert!(poll_once(pin!(connection.accept())).is_pending());
        });
        let (mut from_client, mut to_client) = stream.split();
        let (mut from_server, mut to_server) = tokio::io::split(far);
        let answer = async {
            tokio::io::copy(&mut from_server, &mut to_client).await.unwrap();
            to_client.shutdown().await.unwrap();
        };
        let ask = async {
            let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
            wait_for_end(&mut from_client).await;
        };
        tokio::join!(answer, ask);
    })
    .await;
    let expected = if cfg!(feature = "http2") { "broken_pipe" } else { "protocol_error" };
    assert_seen_http2(address, &failed_after("200", expected)).await;
}
