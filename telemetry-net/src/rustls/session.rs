//! What a session of rustls tells.

use std::any::Any;
use std::borrow::Cow;

use telemetry_core::{ConnectionInfo, TlsInfo};
use tokio_rustls::rustls::{CommonState, HandshakeKind, ProtocolVersion};
use tokio_rustls::{TlsStream, client, server};

use crate::detect;

/// A TLS stream after its handshake.
pub(crate) trait Session {
    fn state(&self) -> &CommonState;

    fn tls_info(&self) -> TlsInfo {
        let state = self.state();
        let mut info = TlsInfo::new();
        if let Some(version) = state.protocol_version().and_then(version) {
            info = info.with_version(version);
        }
        if let Some(alpn) = state.alpn_protocol().and_then(alpn) {
            info = info.with_alpn(alpn);
        }
        if let Some(kind) = state.handshake_kind() {
            info = info.with_resumed(kind == HandshakeKind::Resumed);
        }
        info
    }
}

impl<IO> Session for server::TlsStream<IO> {
    fn state(&self) -> &CommonState {
        self.get_ref().1
    }
}

impl<IO> Session for client::TlsStream<IO> {
    fn state(&self) -> &CommonState {
        self.get_ref().1
    }
}

impl<IO> Session for TlsStream<IO> {
    fn state(&self) -> &CommonState {
        self.get_ref().1
    }
}

/// What a TLS stream tells that somebody has metered, instead of the stream below.
pub(crate) fn connection_info(stream: &dyn Any) -> Option<ConnectionInfo> {
    if let Some(info) = above(stream, detect::tcp) {
        return Some(info);
    }
    #[cfg(unix)]
    if let Some(info) = above(stream, detect::unix) {
        return Some(info);
    }
    None
}

fn above<IO: 'static>(stream: &dyn Any, info: impl Fn(&IO) -> ConnectionInfo) -> Option<ConnectionInfo> {
    if let Some(stream) = stream.downcast_ref::<server::TlsStream<IO>>() {
        return Some(info(stream.get_ref().0).with_tls(stream.tls_info()));
    }
    if let Some(stream) = stream.downcast_ref::<client::TlsStream<IO>>() {
        return Some(info(stream.get_ref().0).with_tls(stream.tls_info()));
    }
    let stream: &TlsStream<IO> = stream.downcast_ref()?;
    Some(info(stream.get_ref().0).with_tls(stream.tls_info()))
}

/// The two that rustls speaks.
fn version(version: ProtocolVersion) -> Option<&'static str> {
    match version {
        ProtocolVersion::TLSv1_2 => Some("1.2"),
        ProtocolVersion::TLSv1_3 => Some("1.3"),
        _ => None,
    }
}

/// Most are one of these, and then there is nothing to copy.
fn alpn(protocol: &[u8]) -> Option<Cow<'static, str>> {
    match protocol {
        b"h2" => Some("h2".into()),
        b"http/1.1" => Some("http/1.1".into()),
        _ => str::from_utf8(protocol).ok().map(|name| name.to_owned().into()),
    }
}
