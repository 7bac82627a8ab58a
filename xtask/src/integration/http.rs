//! One GET over one connection, for Prometheus' API and for scrapes.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(10);

pub(super) async fn get(server: SocketAddr, path: &str, accept: &str) -> Result<String> {
    let address = || format!("GET http://{server}{path}");
    timeout(LIMIT, unlimited(server, path, accept)).await.with_context(address)?.with_context(address)
}

async fn unlimited(server: SocketAddr, path: &str, accept: &str) -> Result<String> {
    let stream = TcpStream::connect(server).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let request = Request::get(path).header(HOST, server.to_string()).header(ACCEPT, accept);
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    let status = response.status();
    let text = response.into_body().collect().await?.to_bytes();
    drop(sender);
    connection.await??;
    let text = String::from_utf8(text.into())?;
    if !status.is_success() {
        bail!("status {status}: {text}");
    }
    Ok(text)
}

/// Percent-encodes a value of a query string.
pub(super) fn encoded(value: &str) -> String {
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
