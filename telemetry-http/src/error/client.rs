//! `hyper`, and the client and the connector of `hyper-util`.

use std::error::Error;
use std::fmt::{self, Write};
use std::io;

use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use telemetry_core::ErrorType;

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

/// Whether that is how the value is written, found out without writing it anywhere.
fn begins_with(value: &impl fmt::Display, text: &str) -> bool {
    let mut expected = Expected(text);
    // An error is a difference, or means that there is no more to come.
    let _ = write!(expected, "{value}");
    expected.0.is_empty()
}

/// What is still to come.
struct Expected<'a>(&'a str);

impl Write for Expected<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0 = match self.0.strip_prefix(part) {
            Some(rest) => rest,
            None if part.starts_with(self.0) => "",
            None => return Err(fmt::Error),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Parts(&'static [&'static str]);

    impl fmt::Display for Parts {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.iter().try_for_each(|part| f.write_str(part))
        }
    }

    #[test]
    fn hc_16_a_text_is_compared_as_it_is_written() {
        for same in [&["dns error"][..], &["dns", " ", "error"], &["dns error", ": x"], &["", "dns error: x"]] {
            assert!(begins_with(&Parts(same), "dns error"), "{same:?}");
        }
        for other in
            [&[][..], &["dns"], &["dns", "error"], &["tcp connect error"], &["a dns error"], &["d", "ms error"]]
        {
            assert!(!begins_with(&Parts(other), "dns error"), "{other:?}");
        }
    }
}
