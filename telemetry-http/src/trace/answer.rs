use std::net::SocketAddr;

use http::{Extensions, Response};
use telemetry_core::Transport;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::semconv::attribute as name;

use super::recent;
use crate::series::ProtocolVersion;

/// What a client learns from the head of a response.
pub(super) fn show<B>(response: &Response<B>, network_details: bool, mut show: impl FnMut(KeyValue)) {
    if let Some(version) = ProtocolVersion::of(response.version()) {
        show(KeyValue::new(name::NETWORK_PROTOCOL_VERSION, version.as_str()));
    }
    let Some([peer, local]) = ends(response.extensions()) else { return };
    show(KeyValue::new(name::NETWORK_PEER_ADDRESS, recent::address(peer.ip().to_canonical())));
    show(KeyValue::new(name::NETWORK_PEER_PORT, i64::from(peer.port())));
    if network_details {
        show(KeyValue::new(name::NETWORK_TRANSPORT, Transport::Tcp.as_str()));
        show(KeyValue::new(name::NETWORK_LOCAL_ADDRESS, recent::address(local.ip().to_canonical())));
        show(KeyValue::new(name::NETWORK_LOCAL_PORT, i64::from(local.port())));
    }
}

/// Who has answered, and from where it was asked, where the client is that of hyper-util over TCP.
#[cfg(feature = "client")]
fn ends(extensions: &Extensions) -> Option<[SocketAddr; 2]> {
    use hyper_util::client::legacy::connect::HttpInfo;

    extensions.get::<HttpInfo>().map(|info| [info.remote_addr(), info.local_addr()])
}

#[cfg(not(feature = "client"))]
fn ends(_: &Extensions) -> Option<[SocketAddr; 2]> {
    None
}
