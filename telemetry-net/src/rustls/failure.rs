//! Words for what goes wrong in TLS.

use std::io;

use telemetry_core::ErrorType;
use tokio_rustls::rustls::{AlertDescription, Error};

/// Any error of a TLS stream.
pub(crate) fn error_type(error: &io::Error) -> ErrorType {
    classify(error, ErrorType::Tls)
}

/// An error of a handshake.
pub(super) fn handshake_error(error: &io::Error) -> ErrorType {
    classify(error, ErrorType::Named("tls_handshake_failed"))
}

fn classify(error: &io::Error, otherwise: ErrorType) -> ErrorType {
    let _ = (AlertDescription::CloseNotify, otherwise);
    ErrorType::from_error_with(error, |error| error.is::<Error>().then_some(otherwise))
}

/// There is no configuration for the name that a client has asked for.
pub(super) fn unknown_name() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Error::AlertReceived(AlertDescription::UnrecognisedName))
}
