//! Connectors and clients of `hyper-util`.

use std::error::Error;

use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use telemetry_core::ErrorType;
use telemetry_core::error_type::begins_with;

use super::ConnectedStream;
use crate::MeteredStream;

impl<T: 'static> ConnectedStream for TokioIo<T> {
    type Stream = T;
    type Metered = TokioIo<MeteredStream<T>>;

    fn map_stream(self, meter: impl FnOnce(T) -> MeteredStream<T>) -> Self::Metered {
        TokioIo::new(meter(self.into_inner()))
    }
}

/// As the wrapped stream tells, with the [`ConnectionInfo`](telemetry_core::ConnectionInfo) and the
/// [`ConnectionHandle`](crate::ConnectionHandle) for the extensions of the connection's responses.
impl<IO: Connection> Connection for MeteredStream<IO> {
    fn connected(&self) -> Connected {
        self.get_ref().connected().extra(self.connection_info()).extra(self.connection().clone())
    }
}

/// As the metered stream below TLS tells, and that the connection speaks HTTP/2 if TLS has agreed on it.
#[cfg(feature = "rustls")]
impl<IO: Connection> Connection for crate::ClientTlsStream<IO> {
    fn connected(&self) -> Connected {
        let (below, session) = self.get_ref().get_ref();
        let connected = below.connected();
        if session.alpn_protocol() == Some(b"h2") { connected.negotiated_h2() } else { connected }
    }
}

/// The error of the connector has no name, but the connector has one.
type ConnectError = <HttpConnector as tower_service::Service<http::Uri>>::Error;

pub(super) fn of_connector(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    let error = error.downcast_ref::<ConnectError>()?;
    let dns = begins_with(error, "dns error");
    Some(if dns { ErrorType::Dns } else { ErrorType::Connect })
}
