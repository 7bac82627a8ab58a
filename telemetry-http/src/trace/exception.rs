//! Errors as events, which the conventions call exceptions.

use tracing::{Level, event};

use super::fields::TARGET;
use super::value::bounded;
use crate::error;
use crate::side::Side;

/// Tells of an error of the service, or of the response's body, in the log, with the severity that the conventions give
/// it: such a failure is the server's own, but for a client it is the other end's. Gives what the error says of itself.
pub(super) fn tell<E: 'static>(side: Side, error: &E, kind: &str) -> Option<String> {
    let message = error::message(error).map(|message| bounded(message.into()).into_owned());
    let text = message.as_deref();
    // The box has hidden the type.
    let kind = Some(kind).filter(|kind| !kind.contains("dyn core::error::Error"));
    match side {
        Side::Server => event!(
            name: "http.server.request.exception",
            target: TARGET,
            Level::ERROR,
            { "exception.type" = kind, "exception.message" = text }
        ),
        Side::Client => event!(
            name: "http.client.request.exception",
            target: TARGET,
            Level::WARN,
            { "exception.type" = kind, "exception.message" = text }
        ),
    }
    message
}
