//! Why an export failed, and whether it may be tried again.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use tonic::Code;
use tonic_types::StatusExt;

use crate::ErrorType;

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Failure {
    /// A word of a small set, for `error.type` and for the log. What the receiver says goes to neither: it may hold
    /// whatever was sent to it.
    pub(super) kind: &'static str,
    pub(super) retry: Retry,
}

/// What may come after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    Never,
    /// After a while.
    Later,
    /// Not before this has passed.
    After(Duration),
}

impl Failure {
    pub(super) fn new(kind: &'static str) -> Self {
        Self { kind, retry: Retry::Never }
    }

    /// Nobody answered in time.
    pub(super) fn timeout() -> Self {
        Self::new(ErrorType::Timeout.as_str())
    }

    /// There was no answer. The receiver may have all of it even so; OTLP prefers twice to not at all.
    pub(super) fn unanswered(kind: ErrorType) -> Self {
        Self { kind: kind.as_str(), retry: Retry::Later }
    }

    /// An answer that OTLP over HTTP does not count as success.
    pub(super) fn status(status: StatusCode, headers: &HeaderMap) -> Self {
        let retry = match status.as_u16() {
            429 | 502 | 503 | 504 => retry_after(headers).map_or(Retry::Later, Retry::After),
            _ => Retry::Never,
        };
        Self { kind: ErrorType::Status(status).as_str(), retry }
    }

    /// An answer of a gRPC service.
    pub(super) fn grpc(status: &tonic::Status) -> Self {
        let after = status.get_details_retry_info().and_then(|info| info.retry_delay);
        let retry = match status.code() {
            // Without a word about when, nobody says that it will ever be better.
            Code::ResourceExhausted => after.map_or(Retry::Never, Retry::After),
            Code::Cancelled
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unavailable
            | Code::DataLoss => after.map_or(Retry::Later, Retry::After),
            _ => Retry::Never,
        };
        Self { kind: code_name(status.code()), retry }
    }
}

/// `Retry-After` in seconds. A date is as good as no header: it would need a clock that both sides share.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// As the conventions write `rpc.response.status_code` for gRPC.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn http_answers_that_may_be_tried_again() {
        let retry = |status: u16| Failure::status(StatusCode::from_u16(status).unwrap(), &HeaderMap::new()).retry;
        for status in [429, 502, 503, 504] {
            assert_eq!(retry(status), Retry::Later, "{status}");
        }
        for status in [301, 400, 401, 404, 413, 500, 501, 505] {
            assert_eq!(retry(status), Retry::Never, "{status}");
        }
        let headers = [(header::RETRY_AFTER, "3".parse().unwrap())].into_iter().collect();
        assert_eq!(
            Failure::status(StatusCode::TOO_MANY_REQUESTS, &headers).retry,
            Retry::After(Duration::from_secs(3))
        );
        let headers = [(header::RETRY_AFTER, "soon".parse().unwrap())].into_iter().collect();
        assert_eq!(Failure::status(StatusCode::TOO_MANY_REQUESTS, &headers).retry, Retry::Later);
    }

    #[test]
    fn grpc_answers_that_may_be_tried_again() {
        let retry = |code| Failure::grpc(&tonic::Status::new(code, "")).retry;
        assert_eq!(retry(Code::Unavailable), Retry::Later);
        assert_eq!(retry(Code::ResourceExhausted), Retry::Never);
        assert_eq!(retry(Code::Unimplemented), Retry::Never);
        let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(2)));
        let status = tonic::Status::with_error_details(Code::ResourceExhausted, "", details);
        assert_eq!(Failure::grpc(&status).retry, Retry::After(Duration::from_secs(2)));
        assert_eq!(Failure::grpc(&status).kind, "RESOURCE_EXHAUSTED");
    }
}
