//! Spans by the globals of the process, which this binary has for itself.
#![allow(clippy::unwrap_used)]

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use telemetry_core::opentelemetry::global;
use telemetry_core::opentelemetry::trace::TracerProvider;
use telemetry_core::propagation::{Propagator, TraceContextPropagator};
use telemetry_core::testing::{FinishedSpan, InMemorySpans};
use telemetry_http::{ClientTraceLayer, RequestTraceLayer};
use tower::{Layer, ServiceExt, service_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

const TRACEPARENT: &str = "00-11111111111111111111111111111111-2222222222222222-01";

/// A request from a caller through both layers. Gives the server's span, the client's, and what the client has sent.
async fn ask(
    spans: &InMemorySpans,
    (server, client): &(RequestTraceLayer, ClientTraceLayer),
) -> (FinishedSpan, FinishedSpan, HeaderMap) {
    let sent = std::sync::Mutex::new(HeaderMap::new());
    let remote = service_fn(|request: Request<_>| {
        let _: &telemetry_http::RequestBody<Empty<Bytes>> = request.body();
        sent.lock().unwrap().clone_from(request.headers());
        std::future::ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())))
    });
    let client = client.layer(remote);
    let handler = service_fn(|_| async {
        let request = Request::get("http://shop.example/").body(Empty::<Bytes>::new()).unwrap();
        client.clone().oneshot(request).await.unwrap().collect().await.unwrap();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let request = Request::get("/").header("traceparent", TRACEPARENT).header("baggage", "plan=gold");
    let request = request.body(Empty::<Bytes>::new()).unwrap();
    server.layer(handler).oneshot(request).await.unwrap().collect().await.unwrap();
    let [client, server] = <[_; 2]>::try_from(spans.finished()).unwrap();
    spans.clear();
    assert!(client.is_child_of(&server));
    (server, client, sent.into_inner().unwrap())
}

fn layers() -> [(RequestTraceLayer, ClientTraceLayer); 2] {
    [(RequestTraceLayer::new(), ClientTraceLayer::new()), (RequestTraceLayer::tracing(), ClientTraceLayer::tracing())]
}

#[tokio::test]
async fn cp_01_the_propagator_of_the_process_is_used_and_none_if_none_is_set() {
    let spans = InMemorySpans::new();
    global::set_tracer_provider(spans.provider());
    let exporting = tracing_opentelemetry::layer().with_tracer(spans.provider().tracer("tracing"));
    let _subscriber = tracing::subscriber::set_default(registry().with(exporting));

    let (early, waiting) = (layers(), layers());
    for layers in &early {
        let (server, _, sent) = ask(&spans, layers).await;
        assert!(server.is_root() && sent.is_empty(), "{sent:?}");
    }

    Propagator::w3c().set_global();
    for layers in &waiting {
        let (server, client, sent) = ask(&spans, layers).await;
        assert_eq!(server.trace_id().to_string(), TRACEPARENT[3..35]);
        assert_eq!(server.parent_span_id.to_string(), TRACEPARENT[36..52]);
        assert_eq!(sent["traceparent"], format!("00-{}-{}-01", &TRACEPARENT[3..35], client.span_id()));
        assert_eq!(sent["baggage"], "plan=gold");
    }
    // What was in use before has been looked at.
    for layers in &early {
        assert!(ask(&spans, layers).await.0.is_root());
    }

    global::set_text_map_propagator(TraceContextPropagator::new());
    for layers in &layers() {
        let (server, _, sent) = ask(&spans, layers).await;
        assert!(!server.is_root());
        assert!(sent.contains_key("traceparent") && !sent.contains_key("baggage"), "{sent:?}");
    }
}
