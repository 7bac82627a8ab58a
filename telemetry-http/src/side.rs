use http::StatusCode;
use telemetry_core::semconv::{Metric, metric};

/// The end of the connection that a layer stands at: where the conventions for server and client part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Server,
    Client,
}

/// The metrics of one side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MetricSet {
    pub(crate) duration: &'static Metric,
    pub(crate) active: &'static Metric,
    pub(crate) request_size: &'static Metric,
    pub(crate) response_size: &'static Metric,
    pub(crate) head_duration: Option<&'static Metric>,
}

impl Side {
    pub(crate) fn metrics(self) -> MetricSet {
        match self {
            Self::Server => MetricSet {
                duration: &metric::HTTP_SERVER_REQUEST_DURATION,
                active: &metric::HTTP_SERVER_ACTIVE_REQUESTS,
                request_size: &metric::HTTP_SERVER_REQUEST_BODY_SIZE,
                response_size: &metric::HTTP_SERVER_RESPONSE_BODY_SIZE,
                head_duration: Some(&metric::HTTP_SERVER_RESPONSE_HEAD_DURATION),
            },
            Self::Client => MetricSet {
                duration: &metric::HTTP_CLIENT_REQUEST_DURATION,
                active: &metric::HTTP_CLIENT_ACTIVE_REQUESTS,
                request_size: &metric::HTTP_CLIENT_REQUEST_BODY_SIZE,
                response_size: &metric::HTTP_CLIENT_RESPONSE_BODY_SIZE,
                head_duration: None,
            },
        }
    }

    /// Whether a response with this status counts as an error.
    pub(crate) fn is_error(self, status: StatusCode) -> bool {
        status.is_server_error() || (self == Self::Client && status.is_client_error())
    }
}
