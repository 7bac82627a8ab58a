//! Our layer for clients, inside of a span that is current.

use std::convert::Infallible;

use anyhow::Result;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use telemetry_http::{ClientMetricsLayer, ClientTraceLayer};
use tower::{Layer, Service, service_fn};

use super::arrivals::{Expected, SERVER_SPAN};
use super::request::{PARENT, TRACE};
use super::systems::Entry;
use crate::request::{Sender, answer, client, sender};

const CLIENT_SPAN: Expected = Expected { kind: SpanKind::Client, ..SERVER_SPAN };

/// Spans on the API of OpenTelemetry.
pub const CLIENT_TRACE: Entry = Entry {
    name: "trace",
    on_tracing: false,
    span: Some(CLIENT_SPAN),
    build: |_| in_span(ClientTraceLayer::new().layer(service_fn(answer))),
};

/// The same inside of the layer for metrics, whose provider is the process's.
pub const CLIENT_METRICS_AND_TRACE: Entry = Entry {
    name: "metrics-and-trace",
    on_tracing: false,
    span: Some(CLIENT_SPAN),
    build: |_| in_span(ClientMetricsLayer::new().layer(ClientTraceLayer::new().layer(service_fn(answer)))),
};

/// The requests are sent while the span of a request to the process itself is current.
fn in_span<S, B>(service: S) -> Result<Sender>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible> + Send + 'static,
    B: Body<Error = Infallible>,
{
    let (trace, span) = (TraceId::from_bytes(TRACE), SpanId::from_bytes(PARENT));
    let parent = SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE);
    let context = Context::new().with_remote_span_context(parent);
    let mut send = sender(&client::request()?, service);
    Ok(Box::new(move |requests| {
        let _current = context.clone().attach();
        send(requests);
    }))
}
