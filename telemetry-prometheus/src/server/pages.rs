//! What is at which path.

use std::convert::Infallible;
use std::future::poll_fn;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use tower_service::Service;

use crate::body::MetricsBody;
use crate::handler::PrometheusMetricsHandler;

const HTML: &str = "text/html; charset=utf-8";
const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

/// Nothing in it comes from a request or from the program.
const LANDING_PAGE: &str = concat!(
    "<!DOCTYPE html>\n",
    "<html lang=\"en\">\n",
    "<head><meta charset=\"utf-8\"><title>Metrics</title></head>\n",
    "<body>\n",
    "<h1>Metrics</h1>\n",
    "<p>For Prometheus: <a href=\"/metrics\">/metrics</a></p>\n",
    "<p>",
    env!("CARGO_PKG_NAME"),
    " ",
    env!("CARGO_PKG_VERSION"),
    "</p>\n",
    "</body>\n",
    "</html>\n",
);

pub(super) async fn answer<B>(
    mut handler: PrometheusMetricsHandler,
    request: Request<B>,
) -> Result<Response<MetricsBody>, Infallible> {
    match (request.uri().path(), request.method()) {
        ("/metrics", _) => {
            poll_fn(|cx| Service::<Request<B>>::poll_ready(&mut handler, cx)).await?;
            handler.call(request).await
        }
        ("/", &Method::GET | &Method::HEAD) => Ok(page(StatusCode::OK, HTML, LANDING_PAGE)),
        ("/", _) => {
            let mut response = page(StatusCode::METHOD_NOT_ALLOWED, PLAIN_TEXT, "this page is read with GET or HEAD\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            Ok(response)
        }
        _ => Ok(page(StatusCode::NOT_FOUND, PLAIN_TEXT, "not found: the metrics are at /metrics\n")),
    }
}

/// hyper adds the length, and for `HEAD` takes the body away.
fn page(status: StatusCode, content_type: &'static str, text: &'static str) -> Response<MetricsBody> {
    let mut response = Response::new(MetricsBody::from(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
