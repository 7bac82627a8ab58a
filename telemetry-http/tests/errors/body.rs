//! The body of the request fails.

use std::io;

use http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use telemetry_core::testing::ScriptedBody;

use crate::servers::stalling;
use crate::{BoxError, failed, seen};

async fn assert_upload(error: impl Into<BoxError>, expected: &str) {
    let uri = format!("http://{}/", stalling(b"").await);
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let request = Request::post(uri).body(ScriptedBody::new().data("hello").error(error)).unwrap();
    assert_eq!(seen(client, request).await, failed(expected));
}

#[tokio::test]
async fn hc_16_a_body_that_fails_without_a_better_reason_is_a_body_error() {
    assert_upload("id=12345", "body_error").await;
    assert_upload(io::Error::other("id=12345"), "body_error").await;
    assert_upload(io::Error::from(io::ErrorKind::InvalidData), "body_error").await;
}

#[tokio::test]
async fn hc_16_a_body_that_fails_with_a_better_reason_is_that() {
    assert_upload(io::Error::from(io::ErrorKind::ConnectionReset), "connection_reset").await;
    assert_upload(io::Error::from(io::ErrorKind::TimedOut), "timeout").await;
}

#[tokio::test]
async fn hc_16_a_body_that_is_shorter_than_announced_is_a_body_error() {
    let uri = format!("http://{}/", stalling(b"").await);
    let client = Client::builder(TokioExecutor::new()).build(HttpConnector::new());
    let request = Request::post(uri).header("content-length", "10").body(ScriptedBody::new().data("hello")).unwrap();
    assert_eq!(seen(client, request).await, failed("body_error"));
}

#[cfg(feature = "reqwest")]
mod of_reqwest {
    use http::Response;
    use reqwest::{Body, Client};
    use tower::service_fn;

    use super::*;
    use crate::clients::distrustful;
    use crate::clients::reqwest::build;
    use crate::{failed_after, get};

    fn failing() -> ScriptedBody {
        ScriptedBody::new().data("hello").error("id=12345")
    }

    #[tokio::test]
    async fn hc_16_a_body_that_fails_under_reqwest_is_a_body_error() {
        let uri = format!("http://{}/", stalling(b"").await);
        let client = build(Client::builder(), distrustful());
        let client = service_fn(|request: Request<_>| {
            let response = client.execute(request.map(Body::wrap).try_into().unwrap());
            async { response.await.map(Response::from) }
        });
        assert_eq!(seen(client, Request::post(uri).body(failing()).unwrap()).await, failed("body_error"));
    }

    #[tokio::test]
    async fn hc_16_a_body_of_reqwest_that_fails_is_a_body_error() {
        let client = service_fn(|_| async { Ok::<_, reqwest::Error>(Response::new(Body::wrap(failing()))) });
        assert_eq!(seen(client, get("/")).await, failed_after("200", "body_error"));
        let reading = service_fn(|_| async {
            let response = reqwest::Response::from(Response::new(Body::wrap(failing())));
            response.bytes().await.map(|bytes| Response::new(Body::from(bytes)))
        });
        assert_eq!(seen(reading, get("/")).await, failed("body_error"));
    }

    #[tokio::test]
    async fn hc_16_a_body_that_cannot_be_decoded_is_a_body_error() {
        let decoding = service_fn(|_| async {
            let response = reqwest::Response::from(Response::new("id=12345"));
            response.json::<u32>().await.map(|_| Response::new(String::new()))
        });
        assert_eq!(seen(decoding, get("/")).await, failed("body_error"));
    }
}
