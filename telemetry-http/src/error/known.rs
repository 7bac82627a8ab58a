//! The errors of the crates that features name. Each is told by its type, wherever it stands in a chain.

use std::any::Any;
use std::error::Error;

use telemetry_core::{ErrorType, error_type};

/// An error and its sources.
type Link = dyn Error + 'static;

/// An error of a service may be one of these itself, instead of a boxed one.
const TYPES: &[fn(&dyn Any) -> Option<&Link>] = &[
    error_type::as_error,
    #[cfg(feature = "axum")]
    bare::<axum::Error>,
    #[cfg(feature = "client")]
    bare::<hyper::Error>,
    #[cfg(feature = "client")]
    bare::<hyper_util::client::legacy::Error>,
    #[cfg(feature = "http2")]
    bare::<h2::Error>,
    #[cfg(feature = "reqwest")]
    bare::<reqwest::Error>,
    #[cfg(feature = "rustls")]
    bare::<rustls::Error>,
    #[cfg(feature = "timeout")]
    bare::<tokio::time::error::Elapsed>,
    #[cfg(feature = "timeout")]
    bare::<tower::timeout::error::Elapsed>,
];

/// What each link of a chain is asked for.
const ANSWERS: &[fn(&Link) -> Option<ErrorType>] = &[
    #[cfg(feature = "client")]
    super::client::of_hyper,
    #[cfg(feature = "client")]
    super::client::of_hyper_util,
    #[cfg(feature = "client")]
    super::client::of_connector,
    #[cfg(feature = "http2")]
    super::http2::of_h2,
    #[cfg(feature = "reqwest")]
    super::reqwest::of_reqwest,
    #[cfg(feature = "rustls")]
    |error| error.is::<rustls::Error>().then_some(ErrorType::Tls),
    #[cfg(feature = "timeout")]
    |error| error.is::<tokio::time::error::Elapsed>().then_some(ErrorType::Timeout),
    #[cfg(feature = "timeout")]
    |error| error.is::<tower::timeout::error::Elapsed>().then_some(ErrorType::Timeout),
];

/// The error behind a value, if it is one of the known types.
pub(super) fn as_error(error: &dyn Any) -> Option<&Link> {
    TYPES.iter().find_map(|as_error| as_error(error))
}

pub(super) fn classify(error: &dyn Any) -> ErrorType {
    match as_error(error) {
        Some(error) => ErrorType::from_error_with(error, |error| ANSWERS.iter().find_map(|answer| answer(error))),
        None => ErrorType::Other,
    }
}

#[cfg(any(feature = "axum", feature = "rustls", feature = "timeout"))]
fn bare<E: Error + 'static>(error: &dyn Any) -> Option<&Link> {
    error.downcast_ref::<E>().map(|error| error as _)
}
