//! One exchange over one connection, for Prometheus' API and for scrapes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Body;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, HOST};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(10);

pub(crate) async fn get(server: SocketAddr, path: &str, accept: &str) -> Result<String> {
    let page = get_bytes(server, path, accept).await?;
    String::from_utf8(page.into()).with_context(|| format!("GET http://{server}{path} gave no UTF-8"))
}

/// The body of an answer that succeeded.
pub(crate) async fn get_bytes(server: SocketAddr, path: &str, accept: &str) -> Result<Bytes> {
    let address = || format!("GET http://{server}{path}");
    let request = Request::get(path).header(HOST, server.to_string()).header(ACCEPT, accept);
    let response = send(server, request.body(Empty::<Bytes>::new())?).await.with_context(address)?;
    let (head, body) = response.into_parts();
    if !head.status.is_success() {
        bail!("{}: status {}: {}", address(), head.status, String::from_utf8_lossy(&body));
    }
    Ok(body)
}

/// Sends a request over a connection of its own.
pub(crate) async fn send<B>(server: SocketAddr, request: Request<B>) -> Result<Response<Bytes>>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let exchange = async {
        let stream = TcpStream::connect(server).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        drop(sender);
        connection.await??;
        Ok(Response::from_parts(head, body))
    };
    timeout(LIMIT, exchange).await?
}

/// Percent-encodes a value of a query string.
pub(crate) fn encoded(value: &str) -> String {
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_encoded() {
        assert_eq!(encoded("a_b{le=\"+Inf\"}"), "a_b%7Ble%3D%22%2BInf%22%7D");
    }
}
