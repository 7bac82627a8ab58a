use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::future::ResponseFuture;
use crate::measured::Measured;
use crate::request_body::RequestBody;
use crate::response_body::ResponseBody;
use crate::service::observing_service;
use crate::shared::Shared;

observing_service! {
    /// The service that [`ClientMetricsLayer`](crate::ClientMetricsLayer) makes.
    ClientMetricsService, Shared, Measured
}
