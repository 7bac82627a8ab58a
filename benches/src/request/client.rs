//! Requests that a client sends, through the layer for clients.

use anyhow::Result;
use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use http::{HeaderMap, Request};
use http_body_util::Full;
use telemetry_http::{ClientMetricsLayer, UrlTemplate};
use tower::{Layer, service_fn};

use super::sample::Sample;
use super::system::Parts;
use super::workload::{RESPONSE, answer, sender};
use crate::metrics::Metrics;

/// What stands in the labels of each metric but the active requests.
const LABELS: &[&str] = &["\"/users/{id}\"", "\"200\"", "\"example.com\""];

/// What a client sends: `GET http://example.com/users/42`, and the template of its URI.
///
/// # Errors
///
/// None.
pub fn request() -> Result<Request<Full<Bytes>>> {
    let mut request = Request::get("http://example.com/users/42").body(Full::default())?;
    *request.headers_mut() = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
    request.extensions_mut().insert(UrlTemplate::new("/users/{id}"));
    Ok(request)
}

/// A client without metrics.
#[must_use]
pub fn bare() -> Parts {
    Parts::of_clients(|| Ok(sender(&request()?, service_fn(answer))))
}

/// The same inside of our layer as it comes.
#[must_use]
pub fn metrics() -> Parts {
    let metrics = Metrics::new();
    let service = ClientMetricsLayer::custom(metrics.options()).layer(service_fn(answer));
    let parts = Parts::of_clients(move || Ok(sender(&request()?, service.clone())));
    parts.recording(samples(), move || metrics.page())
}

fn samples() -> Vec<Sample> {
    let sample = |name, each| Sample { name, each, labels: LABELS };
    vec![
        sample("http_client_request_duration_seconds_count", 1),
        sample("http_client_request_body_size_bytes_sum", 0),
        sample("http_client_response_body_size_bytes_sum", RESPONSE.len()),
        Sample { name: "http_client_active_requests", each: 0, labels: &[] },
    ]
}
