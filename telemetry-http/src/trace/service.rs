use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::observer::Traced;
use super::shared::TraceShared;
use crate::future::ResponseFuture;
use crate::request_body::RequestBody;
use crate::response_body::ResponseBody;
use crate::service::observing_service;

observing_service! {
    /// The service that [`RequestTraceLayer`](crate::RequestTraceLayer) makes.
    RequestTraceService, TraceShared, Traced
}

#[cfg(feature = "client")]
observing_service! {
    /// The service that [`ClientTraceLayer`](crate::ClientTraceLayer) makes.
    ClientTraceService, TraceShared, Traced
}
