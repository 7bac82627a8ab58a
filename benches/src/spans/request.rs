//! What a browser sends, behind a router and a listener that leave what they know in the request.

use std::net::SocketAddr;

use anyhow::Result;
use axum::extract::MatchedPath;
use bytes::Bytes;
use http::Request;
use http::header::{self, HeaderName, HeaderValue};
use http_body_util::Full;
use telemetry_core::{Address, ConnectionInfo, Transport};

use super::state::State;
use crate::request::matched_path;

/// The client's trace and span, as bytes and in `traceparent`.
pub(super) const TRACE: [u8; 16] = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes();
pub(super) const PARENT: [u8; 8] = 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes();
const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const UNSAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const HEADERS: [(HeaderName, &str); 7] = [
    (header::HOST, "example.com"),
    (header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"),
    (header::ACCEPT, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    (header::ACCEPT_LANGUAGE, "en-US,en;q=0.5"),
    (header::ACCEPT_ENCODING, "gzip, deflate, br, zstd"),
    (header::REFERER, "https://example.com/users"),
    (header::COOKIE, "session=2f1b6c0e9a7d4f53; theme=dark"),
];
const PEER: ([u8; 4], u16) = ([203, 0, 113, 7], 50_712);
const LOCAL: ([u8; 4], u16) = ([192, 0, 2, 1], 8080);

pub(super) fn request(state: State) -> Result<Request<Full<Bytes>>> {
    let mut request = Request::get("/users/42").body(Full::default())?;
    for (name, value) in HEADERS {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let parent = if state.parent_is_sampled() { SAMPLED } else { UNSAMPLED };
    request.headers_mut().insert(TRACEPARENT, HeaderValue::from_static(parent));
    let connection = ConnectionInfo::new(Transport::Tcp);
    let connection = connection.with_peer(SocketAddr::from(PEER)).with_local(SocketAddr::from(LOCAL));
    request.extensions_mut().insert(connection);
    request.extensions_mut().insert(matched_path()?);
    Ok(request)
}

/// A header of a request as text, for systems that read it by hand.
#[must_use]
pub fn header<B>(request: &Request<B>, name: HeaderName) -> &str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The route of a request, for the same.
#[must_use]
pub fn route<B>(request: &Request<B>) -> &str {
    request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str)
}

/// The address that a request comes from, for the same.
#[must_use]
pub fn peer<B>(request: &Request<B>) -> SocketAddr {
    match request.extensions().get::<ConnectionInfo>().and_then(ConnectionInfo::peer) {
        Some(Address::Socket(address)) => *address,
        _ => SocketAddr::from(([0; 4], 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_what_it_claims() {
        for (state, end) in [(State::Sampled, "01"), (State::Unsampled, "00")] {
            let request = request(state).unwrap();
            let [trace, parent] = [u128::from_be_bytes(TRACE), u64::from_be_bytes(PARENT).into()];
            assert_eq!(header(&request, TRACEPARENT), format!("00-{trace:032x}-{parent:016x}-{end}"));
            assert_eq!((request.headers().len(), route(&request)), (8, "/users/{id}"));
            assert_eq!(peer(&request), SocketAddr::from(PEER));
            assert!(request.extensions().get::<ConnectionInfo>().unwrap().local().is_some());
        }
    }
}
