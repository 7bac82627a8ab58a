//! The values that `error.type` may take.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;

use crate::semconv::attribute::OTHER;

/// Why something failed, from a closed set. An error's text never becomes a value, so the number of series stays
/// bounded.
///
/// | value | meaning |
/// |---|---|
/// | a status code, `"500"` | the response said so |
/// | `cancelled` | the future or the body was dropped before its end: the client hung up, or a timeout above struck |
/// | `panic` | the code inside panicked |
/// | `timeout` | an operation took too long ([`io::ErrorKind::TimedOut`]) |
/// | `connection_refused`, `connection_reset`, `connection_aborted` | the kinds of [`io::Error`] of that name |
/// | `broken_pipe`, `unexpected_eof` | likewise |
/// | `io_error` | any other [`io::Error`] |
/// | `_OTHER` | an error that is none of these |
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
    /// The peer refused the connection.
    ConnectionRefused,
    /// The peer reset the connection.
    ConnectionReset,
    /// The connection was ended from this side, or by the network.
    ConnectionAborted,
    /// Written to after the peer had gone.
    BrokenPipe,
    /// Ended in the middle of something.
    UnexpectedEof,
    /// Any other input or output error.
    Io,
    /// Anything else.
    Other,
}

/// The boxed error of tower and of most services.
type BoxError = Box<dyn Error + Send + Sync>;

/// Far more sources than errors have.
const LONGEST_CHAIN: usize = 64;

impl ErrorType {
    /// The value of `error.type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status(status) => status_str(status),
            Self::Cancelled => "cancelled",
            Self::Panic => "panic",
            Self::Timeout => "timeout",
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectionReset => "connection_reset",
            Self::ConnectionAborted => "connection_aborted",
            Self::BrokenPipe => "broken_pipe",
            Self::UnexpectedEof => "unexpected_eof",
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
        // A chain that leads back to itself has to end too.
        std::iter::successors(Some(error), |&error| error.source())
            .take(LONGEST_CHAIN)
            .find_map(|error| error.downcast_ref::<io::Error>())
            .map_or(Self::Other, Self::from_io)
    }

    fn from_io(error: &io::Error) -> Self {
        // It may itself wrap the cause, and its kind then says less than that does.
        let wrapped = error.get_ref().map(|inner| Self::from_error(inner)).filter(|kind| *kind != Self::Other);
        wrapped.unwrap_or_else(|| error.kind().into())
    }

    /// Like [`from_error`](Self::from_error) for an error whose type is only known to the caller: a middleware does
    /// not ask its service's error to be an [`Error`], since the boxed ones are none. What is neither a boxed error
    /// nor an [`io::Error`] is [`ErrorType::Other`].
    #[must_use]
    pub fn from_any<E: 'static>(error: &E) -> Self {
        let error = error as &dyn Any;
        if let Some(error) = error.downcast_ref::<BoxError>() {
            Self::from_error(&**error)
        } else if let Some(error) = error.downcast_ref::<Box<dyn Error + Send>>() {
            Self::from_error(&**error)
        } else if let Some(error) = error.downcast_ref::<Box<dyn Error>>() {
            Self::from_error(&**error)
        } else if let Some(error) = error.downcast_ref::<io::Error>() {
            Self::from_error(error)
        } else {
            Self::Other
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
            _ => Self::Io,
        }
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `StatusCode::as_str` borrows from the code, but an attribute without allocation has to be `'static`.
fn status_str(status: http::StatusCode) -> &'static str {
    const FIRST: usize = 100;
    const DIGITS: [[u8; 3]; 900] = {
        let mut digits = [[0; 3]; 900];
        let mut i = 0;
        while i < digits.len() {
            let code = FIRST + i;
            digits[i] = [b'0' + (code / 100) as u8, b'0' + (code / 10 % 10) as u8, b'0' + (code % 10) as u8];
            i += 1;
        }
        digits
    };
    static STATUS: [[u8; 3]; 900] = DIGITS;
    let index = usize::from(status.as_u16()) - FIRST;
    STATUS.get(index).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hs_06_a_status_is_its_decimal_string() {
        for code in 100..=999 {
            let status = http::StatusCode::from_u16(code).unwrap();
            assert_eq!(ErrorType::Status(status).as_str(), code.to_string());
        }
    }

    #[test]
    fn hs_06_finds_the_io_error_behind_others() {
        #[derive(Debug)]
        struct Outer(io::Error);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("id=12345")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }
        let outer = Outer(io::ErrorKind::TimedOut.into());
        assert_eq!(ErrorType::from_error(&outer), ErrorType::Timeout);
        let boxed: BoxError = Box::new(outer);
        assert_eq!(ErrorType::from_any(&boxed), ErrorType::Timeout);
        let wrapped = io::Error::other(io::Error::from(io::ErrorKind::ConnectionReset));
        assert_eq!(ErrorType::from_any(&wrapped), ErrorType::ConnectionReset);
    }

    #[test]
    fn a_chain_of_sources_without_end_is_given_up() {
        #[derive(Debug)]
        struct Ouroboros;
        impl fmt::Display for Ouroboros {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("again")
            }
        }
        impl Error for Ouroboros {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(self)
            }
        }
        assert_eq!(ErrorType::from_error(&Ouroboros), ErrorType::Other);
    }

    #[test]
    fn hs_06_text_never_becomes_a_value() {
        let boxed: BoxError = "user 42 not found".into();
        assert_eq!(ErrorType::from_any(&boxed).as_str(), "_OTHER");
        assert_eq!(ErrorType::from_any(&"user 42 not found").as_str(), "_OTHER");
        assert_eq!(ErrorType::from_any(&io::Error::other("user 42")).as_str(), "io_error");
    }

    #[test]
    fn hs_06_kinds_of_io_errors_have_names() {
        let names = [
            (io::ErrorKind::TimedOut, "timeout"),
            (io::ErrorKind::ConnectionRefused, "connection_refused"),
            (io::ErrorKind::ConnectionReset, "connection_reset"),
            (io::ErrorKind::ConnectionAborted, "connection_aborted"),
            (io::ErrorKind::BrokenPipe, "broken_pipe"),
            (io::ErrorKind::UnexpectedEof, "unexpected_eof"),
            (io::ErrorKind::PermissionDenied, "io_error"),
        ];
        for (kind, name) in names {
            assert_eq!(ErrorType::from(kind).to_string(), name);
        }
        let others = [ErrorType::Cancelled, ErrorType::Panic, ErrorType::Other];
        assert_eq!(others.map(ErrorType::as_str), ["cancelled", "panic", "_OTHER"]);
    }
}
