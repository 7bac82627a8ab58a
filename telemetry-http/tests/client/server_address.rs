//! The logical server: HC-14.

use std::convert::Infallible;

use http::header::HOST;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tower::service_fn;

use crate::clients::{adapted, reqwest};
use crate::servers::{hang_up, server};
use crate::*;

const ENDED: [(&str, &str); 3] =
    [("http.request.method", "GET"), ("http.response.status_code", "200"), ("network.protocol.version", "1.1")];

#[tokio::test]
async fn hc_14_the_target_names_the_server_and_its_scheme_the_port() {
    for (uri, address, port) in [
        ("http://shop.example/users/42", "shop.example", "80"),
        ("https://shop.example/users/42", "shop.example", "443"),
        ("https://shop.example:80/", "shop.example", "80"),
        ("http://[::1]/", "::1", "80"),
    ] {
        let service = service_fn(|_| async { Ok::<_, Infallible>(Response::new(Upload::default())) });
        // What a client behind a proxy would send on.
        let request = Request::get(uri).header(HOST, "proxy.example:3128").body(Full::default()).unwrap();
        let snapshot = recorded(service, request).await;
        let server = [("server.address", address), ("server.port", port)];
        assert_ended(&snapshot, uri, &[&ENDED[..], &server].concat());
        assert_settled(&snapshot, uri, &[&ENDED[..1], &server].concat());
    }
}

/// The name does not exist: only the proxy can have answered.
#[tokio::test]
async fn hc_14_a_proxy_does_not_replace_the_server() {
    let proxy = server(|stream| async move {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        let known = line == "GET http://shop.invalid/ HTTP/1.1\r\n";
        let status = if known { "200 OK" } else { "400 Bad Request" };
        let response = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(response.as_bytes()).await.unwrap();
        hang_up(stream).await;
    })
    .await;
    let proxied = reqwest::Proxy::http(format!("http://{proxy}")).unwrap();
    let client = reqwest(reqwest::Client::builder().proxy(proxied));
    let request = Request::get("http://shop.invalid/").body(Full::default()).unwrap();
    let snapshot = recorded(adapted(client), request).await;
    let server = [("server.address", "shop.invalid"), ("server.port", "80")];
    assert_ended(&snapshot, "reqwest", &[&ENDED[..], &server].concat());
}
