use std::net::SocketAddr;

use http::{Extensions, response};
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::semconv::attribute as name;

use super::recent;
use crate::series::ProtocolVersion;

/// What a client learns from the head of a response.
pub(super) fn show(head: &response::Parts, mut show: impl FnMut(KeyValue)) {
    if let Some(version) = ProtocolVersion::of(head.version) {
        show(KeyValue::new(name::NETWORK_PROTOCOL_VERSION, version.as_str()));
    }
    if let Some(peer) = peer(&head.extensions) {
        show(KeyValue::new(name::NETWORK_PEER_ADDRESS, recent::address(peer.ip().to_canonical())));
        show(KeyValue::new(name::NETWORK_PEER_PORT, i64::from(peer.port())));
    }
}

/// Who has answered, where the client is that of hyper-util.
#[cfg(feature = "client")]
fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    use hyper_util::client::legacy::connect::HttpInfo;

    extensions.get::<HttpInfo>().map(HttpInfo::remote_addr)
}

#[cfg(not(feature = "client"))]
fn peer(_: &Extensions) -> Option<SocketAddr> {
    None
}
