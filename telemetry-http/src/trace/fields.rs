//! Requests as spans of `tracing`. Every field has to be declared, also one that is known late: `tracing` loses others
//! without a word.

use std::cell::LazyCell;

use telemetry_core::opentelemetry::StringValue;
use tracing::field::Empty;
use tracing::{Span, info_span};

use super::description::Description;
use super::name::Name;
use crate::side::Side;

/// What a subscriber filters our spans and events by.
pub(super) const TARGET: &str = "telemetry_http";

/// The span of a request; a disabled one if no subscriber wants it, and then nothing is looked at.
pub(super) fn span<'a>(side: Side, describe: impl FnOnce() -> (Name, Description<'a>)) -> Span {
    let described = LazyCell::new(describe);
    match side {
        Side::Server => server(&described),
        Side::Client => client(&described),
    }
}

type Described<'s, 'a, F> = &'s LazyCell<(Name, Description<'a>), F>;

fn server<'a, F: FnOnce() -> (Name, Description<'a>)>(described: Described<'_, 'a, F>) -> Span {
    info_span!(
        target: TARGET,
        "HTTP request",
        otel.name = &*described.0.text,
        otel.kind = "server",
        http.request.method = described.1.method.as_str(),
        http.request.method_original = described.1.method_original.as_deref(),
        http.route = text(&described.1.target),
        url.path = described.1.path.as_deref(),
        url.query = described.1.query.as_deref(),
        url.scheme = described.1.scheme,
        server.address = text(&described.1.server_address),
        server.port = described.1.server_port,
        network.protocol.version = described.1.version,
        network.peer.address = text(&described.1.peer_address),
        network.peer.port = described.1.peer_port,
        client.address = text(&described.1.client_address),
        user_agent.original = text(&described.1.user_agent),
        http.response.status_code = Empty,
        error.type = Empty,
    )
}

fn client<'a, F: FnOnce() -> (Name, Description<'a>)>(described: Described<'_, 'a, F>) -> Span {
    info_span!(
        target: TARGET,
        "HTTP request",
        otel.name = &*described.0.text,
        otel.kind = "client",
        http.request.method = described.1.method.as_str(),
        http.request.method_original = described.1.method_original.as_deref(),
        http.request.resend_count = described.1.resend_count,
        url.full = described.1.full.as_deref(),
        url.scheme = described.1.scheme,
        url.template = text(&described.1.target),
        server.address = text(&described.1.server_address),
        server.port = described.1.server_port,
        user_agent.original = text(&described.1.user_agent),
        network.protocol.version = Empty,
        network.peer.address = Empty,
        network.peer.port = Empty,
        http.response.status_code = Empty,
        error.type = Empty,
    )
}

fn text(text: &Option<StringValue>) -> Option<&str> {
    text.as_ref().map(StringValue::as_str)
}
