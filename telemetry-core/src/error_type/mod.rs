//! The values that `error.type` may take.

mod chain;
mod status;
mod text;

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;

use crate::semconv::attribute::OTHER;

pub use chain::as_error;
pub use text::begins_with;

/// Why something failed, from a closed set. An error's text never becomes a value, so the number of series stays
/// bounded.
///
/// | value | meaning |
/// |---|---|
/// | a status code, `"500"` | the response said so |
/// | `cancelled` | the future or the body was dropped before its end: the client hung up, or a timeout above struck |
/// | `panic` | the code inside panicked |
/// | `timeout` | an operation took too long, connecting included |
/// | `dns_error` | the name of the peer could not be resolved, for whatever reason |
/// | `connection_refused` | [`io::ErrorKind::ConnectionRefused`] |
/// | `connection_reset` | [`io::ErrorKind::ConnectionReset`]; in HTTP/2 also `RST_STREAM` and `GOAWAY` of the peer |
/// | `connection_aborted` | [`io::ErrorKind::ConnectionAborted`]; a connection that was gone before it was used |
/// | `broken_pipe` | [`io::ErrorKind::BrokenPipe`]; in HTTP/2 also a peer that hung up |
/// | `unexpected_eof` | [`io::ErrorKind::UnexpectedEof`]; in HTTP/1 also a peer that hung up too early |
/// | `host_unreachable`, `network_unreachable` | [`io::ErrorKind::HostUnreachable`], [`io::ErrorKind::NetworkUnreachable`] |
/// | `address_unavailable` | [`io::ErrorKind::AddrNotAvailable`]: the address is not this machine's, or all ports are taken |
/// | `too_many_open_files` | the process or the machine has no file descriptor left |
/// | `out_of_memory` | [`io::ErrorKind::OutOfMemory`], or the system has no room for a socket |
/// | `tls_error` | the handshake failed, a certificate was not accepted, or an alert came |
/// | `protocol_error` | the peer's bytes are no HTTP, or break its rules |
/// | `redirect_error` | the client would not follow a redirect: too many, or against its policy |
/// | `connect_error` | there is no connection, and none of the above says why |
/// | `body_error` | the body of a message failed or could not be decoded, and none of the above says why |
/// | `io_error` | any other [`io::Error`] |
/// | any other word | the caller's own: [`Named`](Self::Named) |
/// | `_OTHER` | an error that is none of these |
///
/// Errors have causes, and the most specific one counts: a connection that failed with `connection_refused` is that,
/// and no `connect_error`. What says more than what is the order of the table, from the bottom to `protocol_error`;
/// those above it are equals, of which the innermost is taken. `connection_aborted` stands below `protocol_error`, and
/// `dns_error` above all: what befell the question to a name server did not befall the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorType {
    /// A response with this status code, which counts as an error.
    Status(http::StatusCode),
    /// Dropped before its end.
    Cancelled,
    /// Panicked.
    Panic,
    /// Took too long.
    Timeout,
    /// The name of the peer could not be resolved.
    Dns,
    /// The peer refused the connection.
    ConnectionRefused,
    /// The peer reset the connection, or the stream of a request.
    ConnectionReset,
    /// The connection was ended from this side, or by the network, or before it was used.
    ConnectionAborted,
    /// Written to, or waited for, after the peer had gone.
    BrokenPipe,
    /// Ended in the middle of something.
    UnexpectedEof,
    /// No way leads to the peer's machine.
    HostUnreachable,
    /// No way leads to the peer's network.
    NetworkUnreachable,
    /// The address is not this machine's, or it has no port left.
    AddressUnavailable,
    /// No file descriptor is left.
    TooManyOpenFiles,
    /// No memory is left.
    OutOfMemory,
    /// TLS failed.
    Tls,
    /// A word of the caller's: lowercase, with underscores, and one of few that stand in the program.
    Named(&'static str),
    /// The peer does not keep to the protocol.
    Protocol,
    /// A redirect was not followed.
    Redirect,
    /// No connection, for another reason.
    Connect,
    /// The body of a message failed, for another reason.
    Body,
    /// Any other input or output error.
    Io,
    /// Anything else.
    Other,
}

impl ErrorType {
    /// The value of `error.type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status(status) => status::as_str(status),
            Self::Cancelled => "cancelled",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
            Self::Dns => "dns_error",
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectionReset => "connection_reset",
            Self::ConnectionAborted => "connection_aborted",
            Self::BrokenPipe => "broken_pipe",
            Self::UnexpectedEof => "unexpected_eof",
            Self::HostUnreachable => "host_unreachable",
            Self::NetworkUnreachable => "network_unreachable",
            Self::AddressUnavailable => "address_unavailable",
            Self::TooManyOpenFiles => "too_many_open_files",
            Self::OutOfMemory => "out_of_memory",
            Self::Tls => "tls_error",
            Self::Named(name) => name,
            Self::Protocol => "protocol_error",
            Self::Redirect => "redirect_error",
            Self::Connect => "connect_error",
            Self::Body => "body_error",
            Self::Io => "io_error",
            Self::Other => OTHER,
        }
    }

    /// Looks for an [`io::Error`] in the error and its sources.
    ///
    /// ```
    /// use std::io;
    /// use telemetry_core::ErrorType;
    ///
    /// let error = io::Error::from(io::ErrorKind::ConnectionReset);
    /// assert_eq!(ErrorType::from_error(&error).as_str(), "connection_reset");
    /// ```
    #[must_use]
    pub fn from_error(error: &(dyn Error + 'static)) -> Self {
        Self::from_error_with(error, |_| None)
    }

    /// Asks `recognise` for the error and each of its sources, from the outermost on. An [`io::Error`] for which it has
    /// no answer is recognised by its kind. Of all answers the most specific one counts.
    ///
    /// ```
    /// use std::error::Error;
    /// use std::io;
    /// use telemetry_core::ErrorType;
    ///
    /// // No allocation, however deep the chain is.
    /// fn classify(error: &(dyn Error + 'static)) -> ErrorType {
    ///     ErrorType::from_error_with(error, |error| error.is::<std::fmt::Error>().then_some(ErrorType::Body))
    /// }
    ///
    /// assert_eq!(classify(&std::fmt::Error), ErrorType::Body);
    /// assert_eq!(classify(&io::Error::other(std::fmt::Error)), ErrorType::Body);
    /// assert_eq!(classify(&io::Error::from(io::ErrorKind::TimedOut)), ErrorType::Timeout);
    /// ```
    #[must_use]
    pub fn from_error_with(
        error: &(dyn Error + 'static),
        mut recognise: impl FnMut(&(dyn Error + 'static)) -> Option<Self>,
    ) -> Self {
        let io = |error: &(dyn Error + 'static)| error.downcast_ref().map(Self::from_io);
        let answers = chain::chain(error).filter_map(|error| recognise(error).or_else(|| io(error)));
        // Of equals the last one is taken, which is the innermost.
        answers.max_by_key(|answer: &Self| answer.rank()).unwrap_or(Self::Other)
    }

    /// Like [`from_error`](Self::from_error) for an error whose type is only known to the caller: a middleware does
    /// not ask its service's error to be an [`Error`], since the boxed ones are none. What [`as_error`] does not see is
    /// [`ErrorType::Other`].
    #[must_use]
    pub fn from_any<E: 'static>(error: &E) -> Self {
        let error: &dyn Any = error;
        as_error(error).map_or(Self::Other, Self::from_error)
    }

    /// The kinds of [`io::Error`] do not have everything that the system's numbers tell.
    fn from_io(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(number) if TOO_MANY_OPEN_FILES.contains(&number) => Self::TooManyOpenFiles,
            Some(NO_BUFFERS) => Self::OutOfMemory,
            _ => error.kind().into(),
        }
    }

    /// How much it says, in the order that the documentation of the type gives.
    fn rank(self) -> u8 {
        match self {
            Self::Other => 0,
            Self::Io => 1,
            Self::Body => 2,
            Self::Connect => 3,
            Self::Redirect => 4,
            Self::ConnectionAborted => 5,
            Self::Protocol => 6,
            Self::Status(_)
            | Self::Cancelled
            | Self::Panic
            | Self::Timeout
            | Self::ConnectionRefused
            | Self::ConnectionReset
            | Self::BrokenPipe
            | Self::UnexpectedEof
            | Self::HostUnreachable
            | Self::NetworkUnreachable
            | Self::AddressUnavailable
            | Self::TooManyOpenFiles
            | Self::OutOfMemory
            | Self::Named(_)
            | Self::Tls => 7,
            Self::Dns => 8,
        }
    }
}

impl From<io::ErrorKind> for ErrorType {
    fn from(kind: io::ErrorKind) -> Self {
        match kind {
            io::ErrorKind::TimedOut => Self::Timeout,
            io::ErrorKind::ConnectionRefused => Self::ConnectionRefused,
            io::ErrorKind::ConnectionReset => Self::ConnectionReset,
            io::ErrorKind::ConnectionAborted => Self::ConnectionAborted,
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            io::ErrorKind::UnexpectedEof => Self::UnexpectedEof,
            io::ErrorKind::HostUnreachable => Self::HostUnreachable,
            io::ErrorKind::NetworkUnreachable => Self::NetworkUnreachable,
            io::ErrorKind::AddrNotAvailable => Self::AddressUnavailable,
            io::ErrorKind::OutOfMemory => Self::OutOfMemory,
            _ => Self::Io,
        }
    }
}

/// The system's numbers for a process and for a machine that have no file descriptor left.
const TOO_MANY_OPEN_FILES: &[i32] = if cfg!(windows) { &[10024] } else { &[23, 24] };

/// The system's number for sockets that have no room.
const NO_BUFFERS: i32 = match () {
    () if cfg!(windows) => 10055,
    () if cfg!(any(target_os = "linux", target_os = "android")) => 105,
    () => 55,
};

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
