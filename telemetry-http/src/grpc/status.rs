use http::StatusCode;

/// The status that a call ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrpcStatus {
    Ok,
    Cancelled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

impl GrpcStatus {
    /// A value of `grpc-status`.
    pub(super) fn from_code(code: &[u8]) -> Self {
        match code {
            b"0" => Self::Ok,
            b"1" => Self::Cancelled,
            b"3" => Self::InvalidArgument,
            b"4" => Self::DeadlineExceeded,
            b"5" => Self::NotFound,
            b"6" => Self::AlreadyExists,
            b"7" => Self::PermissionDenied,
            b"8" => Self::ResourceExhausted,
            b"9" => Self::FailedPrecondition,
            b"10" => Self::Aborted,
            b"11" => Self::OutOfRange,
            b"12" => Self::Unimplemented,
            b"13" => Self::Internal,
            b"14" => Self::Unavailable,
            b"15" => Self::DataLoss,
            b"16" => Self::Unauthenticated,
            _ => Self::Unknown,
        }
    }

    /// What clients take a response for that has no `grpc-status`, by gRPC's table: a proxy answered, or no gRPC server.
    pub(super) fn from_http(status: StatusCode) -> Self {
        match status {
            StatusCode::BAD_REQUEST | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Self::Internal,
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::FORBIDDEN => Self::PermissionDenied,
            StatusCode::NOT_FOUND => Self::Unimplemented,
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// The value of `rpc.status_code`, and of `error.type` where the status is an error.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// Whether the conventions count it as an error of a server: not if the client is to blame.
    pub(crate) fn is_server_error(self) -> bool {
        matches!(
            self,
            Self::Unknown
                | Self::DeadlineExceeded
                | Self::Unimplemented
                | Self::Internal
                | Self::Unavailable
                | Self::DataLoss
        )
    }

    /// Whether the conventions count it as an error of a client: all but `OK`.
    pub(crate) fn is_client_error(self) -> bool {
        self != Self::Ok
    }

    /// Whether the method must exist, since only its implementation answers in this way.
    ///
    /// Those are `OK` and the statuses that gRPC libraries never make themselves. All others also come from routers,
    /// middleware and proxies that have not looked whether there is such a method, or from a broken `grpc-status`: a
    /// client that makes up paths gets them too.
    pub(crate) fn makes_method_known(self) -> bool {
        matches!(
            self,
            Self::Ok
                | Self::InvalidArgument
                | Self::NotFound
                | Self::AlreadyExists
                | Self::FailedPrecondition
                | Self::Aborted
                | Self::OutOfRange
                | Self::DataLoss
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = GrpcStatus> {
        (0..=16).map(|code: u8| GrpcStatus::from_code(code.to_string().as_bytes()))
    }

    #[test]
    fn rpc_names_stand_in_the_order_of_their_codes() {
        let names: Vec<_> = all().map(GrpcStatus::name).collect();
        let official = [
            "OK",
            "CANCELLED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ];
        assert_eq!(names, official);
    }

    #[test]
    fn rpc_other_codes_are_unknown() {
        for code in ["", "17", "-1", "+1", "00", "01", "1 ", "OK", "0,0", "99999999999999999999"] {
            assert_eq!(GrpcStatus::from_code(code.as_bytes()), GrpcStatus::Unknown, "{code}");
        }
    }

    #[test]
    fn rpc_a_response_without_a_status_of_grpc_has_that_of_its_http_status() {
        let of_code = |code| GrpcStatus::from_http(StatusCode::from_u16(code).unwrap());
        let official = [
            (400, GrpcStatus::Internal),
            (401, GrpcStatus::Unauthenticated),
            (403, GrpcStatus::PermissionDenied),
            (404, GrpcStatus::Unimplemented),
            (429, GrpcStatus::Unavailable),
            (431, GrpcStatus::Internal),
            (502, GrpcStatus::Unavailable),
            (503, GrpcStatus::Unavailable),
            (504, GrpcStatus::Unavailable),
        ];
        for code in 100..=999 {
            let expected = official.iter().find(|row| row.0 == code).map_or(GrpcStatus::Unknown, |row| row.1);
            assert_eq!(of_code(code), expected, "{code}");
            assert!(!of_code(code).makes_method_known(), "{code}");
        }
    }

    #[test]
    fn rpc_errors_of_a_server() {
        let errors: Vec<_> = all().filter(|status| status.is_server_error()).map(GrpcStatus::name).collect();
        let official = ["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"];
        assert_eq!(errors, official);
    }

    #[test]
    fn rpc_errors_of_a_client_are_all_but_ok() {
        let fine: Vec<_> = all().filter(|status| !status.is_client_error()).collect();
        assert_eq!(fine, [GrpcStatus::Ok]);
    }

    #[test]
    fn rpc_what_any_path_can_get_does_not_make_a_method_known() {
        let unproven: Vec<_> = all().filter(|status| !status.makes_method_known()).map(GrpcStatus::name).collect();
        let from_outside = [
            "CANCELLED",
            "UNKNOWN",
            "DEADLINE_EXCEEDED",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "UNAUTHENTICATED",
        ];
        assert_eq!(unproven, from_outside);
    }
}
