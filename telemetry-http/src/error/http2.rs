use std::error::Error;

use telemetry_core::ErrorType;

pub(super) fn of_h2(error: &(dyn Error + 'static)) -> Option<ErrorType> {
    let error = error.downcast_ref::<h2::Error>()?;
    if let Some(io) = error.get_io() {
        // It is not among the sources.
        Some(ErrorType::from_error(io))
    } else if error.is_remote() {
        // For the request it is the same whether the peer ends the stream, the session or the connection below.
        Some(ErrorType::ConnectionReset)
    } else {
        error.is_library().then_some(ErrorType::Protocol)
    }
}
