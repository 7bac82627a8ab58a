//! `hyper`, and the client and the connector of `hyper-util`.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use telemetry_core::ErrorType;
use telemetry_core::error_type::begins_with;

pub(super) fn of_hyper(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    let error = error.downcast_ref::<hyper::Error>()?;
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    if error.is_timeout() {
        Some(ErrorType::Timeout)
    } else if error.is_incomplete_message() {
        Some(ErrorType::UnexpectedEof)
    } else if error.is_canceled() || error.is_closed() {
        // Not by the caller: the connection was gone before the request was on it.
        Some(ErrorType::ConnectionAborted)
    } else if error.is_user() {
        // One with a source is about the body that was to be sent.
        error.source().map(|_| ErrorType::Body)
    } else if let Some(io) = io {
        // So does hyper call chunks that make no sense.
        matches!(io.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput).then_some(ErrorType::Protocol)
    } else {
        Some(ErrorType::Protocol)
    }
}

pub(super) fn of_hyper_util(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    let error = error.downcast_ref::<legacy::Error>()?;
    let source = error.source().filter(|_| error.is_connect());
    source.map(|source| match ErrorType::from_error_with(source, invalid_data) {
        ErrorType::Tls => ErrorType::Tls,
        _ => ErrorType::Connect,
    })
}

/// While a connection is made, nobody but TLS looks at what the peer sends. rustls says it with this kind.
fn invalid_data(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    let error = error.downcast_ref::<io::Error>()?;
    (error.kind() == io::ErrorKind::InvalidData).then_some(ErrorType::Tls)
}

/// The error of the connector has no name, but the connector has one.
type ConnectError = <HttpConnector as tower_service::Service<http::Uri>>::Error;

pub(super) fn of_connector(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    let error = error.downcast_ref::<ConnectError>()?;
    // Nothing but its text tells what failed.
    let dns = begins_with(error, "dns error");
    Some(if dns { ErrorType::Dns } else { ErrorType::Connect })
}
