use super::recent;
use crate::series::ProtocolVersion;
use http::{Extensions, StatusCode, response};
use std::net::SocketAddr;
use telemetry_core::ErrorType;
use telemetry_core::opentelemetry::{KeyValue, StringValue};
use telemetry_core::semconv::attribute as name;

/// The attributes that become known after a span has started. Those that stay unknown are absent.
#[derive(Debug, Default)]
pub(super) struct Late {
    pub(super) status: Option<StatusCode>,
    pub(super) error: Option<ErrorType>,
    /// On a server: a client knows its template beforehand.
    pub(super) route: Option<StringValue>,
    pub(super) version: Option<&'static str>,
    pub(super) peer_address: Option<StringValue>,
    pub(super) peer_port: Option<i64>,
}

impl Late {
    /// What a client learns from the head of a response.
    pub(super) fn of_answer(&mut self, head: &response::Parts) {
        self.version = ProtocolVersion::of(head.version).map(ProtocolVersion::as_str);
        if let Some(peer) = peer(&head.extensions) {
            self.peer_address = Some(recent::address(peer.ip().to_canonical()));
            self.peer_port = Some(peer.port().into());
        }
    }

    pub(super) fn attributes(&self) -> impl Iterator<Item = KeyValue> {
        let text = |name, text: &Option<StringValue>| text.clone().map(|text| KeyValue::new(name, text));
        [
            self.status.map(|status| KeyValue::new(name::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()))),
            self.error.map(|error| KeyValue::new(name::ERROR_TYPE, error.as_str())),
            text(name::HTTP_ROUTE, &self.route),
            self.version.map(|version| KeyValue::new(name::NETWORK_PROTOCOL_VERSION, version)),
            text(name::NETWORK_PEER_ADDRESS, &self.peer_address),
            self.peer_port.map(|port| KeyValue::new(name::NETWORK_PEER_PORT, port)),
        ]
        .into_iter()
        .flatten()
    }

    /// The same for a span of `tracing`, which has to have declared them.
    pub(super) fn record(&self, span: &tracing::Span) {
        if let Some(status) = self.status {
            span.record(name::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16()));
        }
        if let Some(error) = self.error {
            span.record(name::ERROR_TYPE, error.as_str());
        }
        if let Some(version) = self.version {
            span.record(name::NETWORK_PROTOCOL_VERSION, version);
        }
        for (name, text) in [(name::HTTP_ROUTE, &self.route), (name::NETWORK_PEER_ADDRESS, &self.peer_address)] {
            if let Some(text) = text {
                span.record(name, text.as_str());
            }
        }
        if let Some(port) = self.peer_port {
            span.record(name::NETWORK_PEER_PORT, port);
        }
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
