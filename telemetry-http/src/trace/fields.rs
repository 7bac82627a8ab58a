//! Requests as spans of `tracing`. Every field has to be declared, also one that is known late: `tracing` loses others
//! without a word.

use std::cell::LazyCell;

use telemetry_core::opentelemetry::StringValue;
use tracing::field::Empty;
use tracing::{Span, info_span};

use super::description::{ClientRequest, ServerRequest, ServerRest};
use super::name::Name;

/// What a subscriber filters our spans and events by.
pub(super) const TARGET: &str = "telemetry_http";

/// The span of a server's request; a disabled one if no subscriber wants it, and then nothing is looked at.
/// The rest is there if more than an exporter is to see it.
pub(super) fn server<'a>(describe: impl FnOnce() -> (Name, ServerRequest<'a>, Option<ServerRest>)) -> Span {
    let of = LazyCell::new(describe);
    info_span!(
        target: TARGET,
        "HTTP request",
        http.response.status_code = Empty,
        error.type = Empty,
        otel.name = &*of.0.text(),
        otel.kind = "server",
        http.request.method = of.1.method.as_str(),
        http.request.method_original = of.1.method_original.as_deref(),
        http.route = text(&of.1.route),
        url.path = &*of.1.path,
        url.query = of.1.query.as_deref(),
        url.scheme = of.2.as_ref().map(|rest| rest.scheme),
        server.address = of.1.server.as_ref().map(|server| server.0.as_str()),
        server.port = of.1.server.as_ref().and_then(|server| server.1).map(i64::from),
        client.address = of.2.as_ref().and_then(|rest| text(&rest.client_address)),
        user_agent.original = of.2.as_ref().and_then(|rest| text(&rest.user_agent)),
    )
}

/// The same for a client.
pub(super) fn client<'a>(describe: impl FnOnce() -> (Name, ClientRequest<'a>)) -> Span {
    let of = LazyCell::new(describe);
    info_span!(
        target: TARGET,
        "HTTP request",
        http.response.status_code = Empty,
        error.type = Empty,
        otel.name = &*of.0.text(),
        otel.kind = "client",
        http.request.method = of.1.method.as_str(),
        http.request.method_original = of.1.method_original.as_deref(),
        http.request.resend_count = of.1.resend_count,
        url.full = of.1.full.as_deref(),
        url.scheme = of.1.scheme,
        url.template = text(&of.1.template),
        server.address = of.1.server.as_ref().map(|server| server.0.as_str()),
        server.port = of.1.server.as_ref().map(|server| i64::from(server.1)),
        user_agent.original = text(&of.1.user_agent),
    )
}

fn text(text: &Option<StringValue>) -> Option<&str> {
    text.as_ref().map(StringValue::as_str)
}
