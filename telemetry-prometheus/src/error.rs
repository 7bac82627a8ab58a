//! The one error type of the crate.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::io;

use telemetry_core::opentelemetry_sdk::error::OTelSdkError;

/// Why metrics could not be collected.
///
/// [`source`](StdError::source) has what the SDK or a panicking callback said.
#[derive(Debug)]
pub struct Error(ErrorKind);

#[derive(Debug)]
enum ErrorKind {
    NotRegistered,
    ShutDown,
    Nested,
    Collection(OTelSdkError),
    Panicked(Panic),
    Compression(io::Error),
}

impl Error {
    pub(crate) fn not_registered() -> Self {
        Self(ErrorKind::NotRegistered)
    }

    pub(crate) fn shut_down() -> Self {
        Self(ErrorKind::ShutDown)
    }

    pub(crate) fn nested() -> Self {
        Self(ErrorKind::Nested)
    }

    pub(crate) fn collection(source: OTelSdkError) -> Self {
        Self(ErrorKind::Collection(source))
    }

    pub(crate) fn compression(source: io::Error) -> Self {
        Self(ErrorKind::Compression(source))
    }

    pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Self {
        let message =
            payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
        Self(ErrorKind::Panicked(Panic { message: message.unwrap_or("no message").into() }))
    }

    /// There is no meter provider to collect from: not yet, or no longer, and its last collection failed or took too long.
    ///
    /// Asking again may help, unless the process is about to end.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self.0, ErrorKind::NotRegistered | ErrorKind::ShutDown)
    }

    /// The kind of error for the SDK, which has one of its own for a shutdown.
    pub(crate) fn into_sdk(self) -> OTelSdkError {
        match self.0 {
            ErrorKind::ShutDown => OTelSdkError::AlreadyShutdown,
            ErrorKind::Collection(source) => source,
            ErrorKind::NotRegistered | ErrorKind::Nested | ErrorKind::Panicked(_) | ErrorKind::Compression(_) => {
                OTelSdkError::InternalFailure(self.to_string())
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            ErrorKind::NotRegistered => {
                "the Prometheus exporter belongs to no meter provider: give a clone of it to `with_reader` \
                 (or `with_prometheus`) when the provider is built"
            }
            ErrorKind::ShutDown => {
                "the meter provider of the Prometheus exporter is gone, and the collection at its end failed or took too \
                 long: keep the provider alive until the last scrape"
            }
            ErrorKind::Nested => {
                "metrics are being collected on this thread already: render or gather them outside of the callbacks of \
                 observable instruments"
            }
            ErrorKind::Collection(_) => "the SDK could not collect the metrics",
            ErrorKind::Compression(_) => "the page could not be compressed",
            ErrorKind::Panicked(_) => {
                "collecting the metrics panicked: mend the callback of the observable instrument, the registered \
                 collector or the choice of resource labels"
            }
        })
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0 {
            ErrorKind::NotRegistered | ErrorKind::ShutDown | ErrorKind::Nested => None,
            ErrorKind::Collection(source) => Some(source),
            ErrorKind::Compression(source) => Some(source),
            ErrorKind::Panicked(panic) => Some(panic),
        }
    }
}

#[derive(Debug)]
struct Panic {
    message: Box<str>,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panic: {}", self.message)
    }
}

impl StdError for Panic {}
