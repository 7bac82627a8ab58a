use std::error::Error;

use telemetry_core::ErrorType;

pub(super) fn of_reqwest(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    let error = error.downcast_ref::<reqwest::Error>()?;
    if let Some(status) = error.status() {
        Some(ErrorType::Status(status))
    } else if error.is_timeout() {
        Some(ErrorType::Timeout)
    } else if error.is_redirect() {
        Some(ErrorType::Redirect)
    } else {
        // Whatever else there is to know, the sources tell.
        (error.is_body() || error.is_decode()).then_some(ErrorType::Body)
    }
}
