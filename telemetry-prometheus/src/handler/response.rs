//! Responses to scrapes.

use std::error::Error as StdError;
use std::fmt::Write;
use std::panic::catch_unwind;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use http::{HeaderValue, Response, StatusCode};

use super::request::PageKey;
use crate::body::MetricsBody;
use crate::error::Error;

const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const ALLOWED: HeaderValue = HeaderValue::from_static("GET, HEAD");
const VARIES_BY: HeaderValue = HeaderValue::from_static("Accept, Accept-Encoding");

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Failure {
    MethodNotAllowed,
    TooManyScrapes,
    TimedOut,
    RuntimeEnds,
    Collection(Arc<Error>),
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooManyScrapes | Self::TimedOut | Self::RuntimeEnds => StatusCode::SERVICE_UNAVAILABLE,
            Self::Collection(error) if error.is_unavailable() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Collection(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::MethodNotAllowed => "metrics are read with GET or HEAD".to_owned(),
            Self::TooManyScrapes => "too many scrapes at once: raise `with_max_in_flight`, or scrape less".to_owned(),
            Self::TimedOut => "the metrics could not be collected in time: a callback may be slow, or hang".to_owned(),
            Self::RuntimeEnds => "the runtime is shutting down".to_owned(),
            Self::Collection(error) => {
                let mut text = error.to_string();
                let mut cause = error.source();
                while let Some(error) = cause {
                    // Writing to a string cannot fail.
                    let _ = write!(text, ": {error}");
                    cause = error.source();
                }
                text
            }
        }
    }
}

/// Tells of a failure, but of what a client alone is to blame for only to those who look closely: it could be repeated at
/// will.
///
/// Where the failure is a panic in whatever listens to the log, there is one more here, which must not cost the response.
fn log(failure: &Failure, text: &str) {
    let is_refused = matches!(failure, Failure::MethodNotAllowed | Failure::TooManyScrapes);
    let _ = catch_unwind(|| {
        if is_refused {
            tracing::debug!("a scrape was refused: {text}");
        } else {
            tracing::error!("a scrape failed: {text}");
        }
    });
}

/// The response for the outcome of a scrape. That to `HEAD` says everything about the body and has none.
pub(super) fn response(outcome: Result<(&Bytes, &PageKey), &Failure>, is_head: bool) -> Response<MetricsBody> {
    let (status, body) = match outcome {
        Ok((page, _)) => (StatusCode::OK, page.clone()),
        Err(failure) => {
            let mut text = failure.text();
            log(failure, &text);
            text.push('\n');
            (failure.status(), text.into())
        }
    };
    let length = body.len();
    let mut response = Response::new(MetricsBody::from(if is_head { Bytes::new() } else { body }));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, length.into());
    match outcome {
        Ok((_, key)) => {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(key.exposition.content_type()));
            headers.insert(VARY, VARIES_BY);
            if let Some(encoding) = key.encoding.header_value() {
                headers.insert(CONTENT_ENCODING, encoding);
            }
        }
        Err(failure) => {
            headers.insert(CONTENT_TYPE, PLAIN_TEXT);
            if matches!(failure, Failure::MethodNotAllowed) {
                headers.insert(ALLOW, ALLOWED);
            }
        }
    }
    response
}
