//! Which errors are those of one connection, and which are the listener's.

use std::io;

/// Whether the error has to do with the one connection that was to be accepted: the next one may be had at once.
pub(super) fn of_one_connection(error: &io::Error) -> bool {
    let kind = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::Interrupted
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::NetworkUnreachable
    );
    kind || error.raw_os_error().is_some_and(|number| OF_ONE_CONNECTION.contains(&number))
}

/// Errors that were waiting on the new connection's socket, which Linux gives at once. Its accept(2) asks to treat them
/// as if there had been no connection: `ENONET`, `EPROTO`, `ENOPROTOOPT`, `EOPNOTSUPP`, `ENETDOWN`, `ENETUNREACH`,
/// `EHOSTDOWN` and `EHOSTUNREACH`. Not all of them have a kind of their own.
const OF_ONE_CONNECTION: &[i32] =
    if cfg!(any(target_os = "linux", target_os = "android")) { &[64, 71, 92, 95, 100, 101, 112, 113] } else { &[] };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nt_75_errors_of_one_connection_are_told_from_the_listeners() {
        use io::ErrorKind as Kind;

        for kind in [Kind::ConnectionAborted, Kind::ConnectionReset, Kind::HostUnreachable, Kind::Interrupted] {
            assert!(of_one_connection(&kind.into()), "{kind:?}");
        }
        for kind in [Kind::OutOfMemory, Kind::InvalidInput, Kind::PermissionDenied, Kind::WouldBlock, Kind::Other] {
            assert!(!of_one_connection(&kind.into()), "{kind:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nt_75_the_numbers_are_linuxs() {
        // EINTR, the eight of accept(2), ECONNABORTED, ECONNRESET.
        for number in [4, 64, 71, 92, 95, 100, 101, 112, 113, 103, 104] {
            assert!(of_one_connection(&io::Error::from_raw_os_error(number)), "{number}");
        }
        // EBADF, ENOMEM, EPERM, EINVAL, ENFILE, EMFILE, ENOTSOCK, ENOBUFS.
        for number in [9, 12, 1, 22, 23, 24, 88, 105] {
            assert!(!of_one_connection(&io::Error::from_raw_os_error(number)), "{number}");
        }
    }
}
