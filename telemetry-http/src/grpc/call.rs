use http::{HeaderMap, StatusCode};
use telemetry_core::ErrorType;

use super::GrpcStatus;
use crate::overflow::OVERFLOW;

/// The gRPC side of a request on its way. It is small: a request is moved a lot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// The place in the table of methods.
    method: u32,
    status: Option<GrpcStatus>,
}

/// In place of a method: the request is no call. It is not the place of what found no room.
const NO_CALL: u32 = OVERFLOW - 1;

impl Call {
    /// A request that is no gRPC call, or of a layer that does not look.
    pub(crate) const NONE: Self = Self { method: NO_CALL, status: None };

    /// A call of the method at this place.
    pub(super) fn to(method: u32) -> Self {
        Self { method, status: None }
    }

    #[inline]
    pub(crate) fn is_some(self) -> bool {
        self.method != NO_CALL
    }

    pub(super) fn method(self) -> u32 {
        self.method
    }

    /// Looks for the status in the head of the response or in its trailers. The last word counts.
    #[inline]
    pub(crate) fn look_for_status(&mut self, headers: &HeaderMap) {
        if self.is_some() {
            self.status = super::status(headers).or(self.status);
        }
    }

    /// How the call ended. `http` tells what the request knows: the status of its response, or its error.
    pub(crate) fn outcome(self, http: Result<Option<StatusCode>, ErrorType>) -> Outcome {
        match (self.status, http) {
            (Some(status), _) => Outcome::Status(status),
            (None, Err(error)) => Outcome::Failed(error),
            (None, Ok(Some(status))) => Outcome::Status(GrpcStatus::from_http(status)),
            (None, Ok(None)) => Outcome::Left,
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Status(GrpcStatus),
    /// With an error, before a status was there.
    Failed(ErrorType),
    /// The client's own caller did not want to know any more.
    Left,
}

impl Outcome {
    /// Equal for equal ones, and different for most that are not.
    #[inline]
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Status(status) => status as u32,
            Self::Failed(_) => u32::MAX,
            Self::Left => u32::MAX - 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rpc_a_request_carries_eight_bytes_for_its_call() {
        assert_eq!(size_of::<Call>(), 8);
    }
}
