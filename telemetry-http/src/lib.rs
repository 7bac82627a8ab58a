//! OpenTelemetry metrics and spans for HTTP services and clients, as tower layers.
//!
//! [`RequestMetricsLayer`] goes around any service from `http::Request` to `http::Response`: axum, hyper, tonic or a
//! tower stack. It follows the request from the call to the last byte of the response, and records each request once
//! in whatever way it ends. With feature `trace`, `RequestTraceLayer` gives it a span as well. With feature `client`,
//! `ClientMetricsLayer` and `ClientTraceLayer` do the same for the requests that go out, and `ClientConnectionLayer` for
//! the connections that carry them.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response};
//! use http_body_util::{BodyExt, Empty, Full};
//! use telemetry_core::MeterOptions;
//! use telemetry_core::testing::InMemoryMetrics;
//! use telemetry_http::RequestMetricsLayer;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let metrics = InMemoryMetrics::new();
//! let options = MeterOptions::default().with_meter_provider(metrics.provider());
//! let service = ServiceBuilder::new()
//!     .layer(RequestMetricsLayer::custom(options).with_route(|_| Some("/hello".into())))
//!     .service(service_fn(|_| async { Ok::<_, std::io::Error>(Response::new(Full::<Bytes>::from("hello"))) }));
//!
//! let response = service.oneshot(Request::get("/hello").body(Empty::<Bytes>::new())?).await?;
//! assert_eq!(response.into_body().collect().await?.to_bytes(), "hello");
//!
//! let snapshot = metrics.snapshot();
//! assert_eq!(snapshot.count("http.server.request.duration", &[("http.route", "/hello")]), 1);
//! assert_eq!(snapshot.sum("http.server.response.body.size", &[]), 5.0);
//! assert_eq!(snapshot.sum("http.server.active_requests", &[]), 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # What is recorded
//!
//! | metric | unit | attributes |
//! |---|---|---|
//! | `http.server.request.duration` | s | `http.request.method`, `url.scheme`, `http.route`, `http.response.status_code`, `error.type`, `network.protocol.version` |
//! | `http.server.active_requests` | {request} | `http.request.method`, `url.scheme` |
//! | `http.server.request.body.size` | By | as the duration |
//! | `http.server.response.body.size` | By | as the duration |
//!
//! The names, units and attributes are those of the OpenTelemetry semantic conventions. The conventions call the last
//! three opt-in; here all four are on, and each can be switched off.
//!
//! | of a client | unit | attributes |
//! |---|---|---|
//! | `http.client.request.duration` | s | `http.request.method`, `server.address`, `server.port`, `http.response.status_code`, `error.type`, `network.protocol.version` |
//! | `http.client.active_requests` | {request} | `http.request.method`, `server.address`, `server.port` |
//! | `http.client.request.body.size`, `http.client.response.body.size` | By | as the duration |
//! | `http.client.open_connections` | {connection} | `http.connection.state`, `server.address`, `server.port`, `network.protocol.version` |
//! | `http.client.connection.duration` | s | the same without the state |
//!
//! | on demand | unit | attributes |
//! |---|---|---|
//! | `http.server.response.head.duration` (our own name) | s | as the request's duration |
//! | `rpc.server.call.duration` | s | `rpc.system.name`, `rpc.method`, `rpc.status_code`, `error.type` |
//! | `rpc.client.call.duration` | s | the same, `server.address`, `server.port` |
//!
//! # When a request ends
//!
//! The duration runs from the call of the service to the last byte of the response, and a request is active for just
//! as long. `http.response.status_code` is there whenever a response head was there.
//!
//! | ending | `error.type` |
//! |---|---|
//! | the response body ends or was empty | absent, or the status code if it is a 5xx |
//! | the body has given its trailers, or as many bytes as `Content-Length` says, and is dropped | likewise |
//! | the body of a response that has none for the client (HEAD, 204, 304) is dropped | likewise |
//! | 101, or 2xx to CONNECT: ends with the head, not with the tunnel | likewise |
//! | the service returns an error | the error's [`ErrorType`](telemetry_core::ErrorType) |
//! | the response body fails | the error's `ErrorType` |
//! | the future or the response body is dropped before its end | `cancelled` |
//! | the service, the body or a function given to the layer panics | `panic`; the panic goes on unchanged |
//!
//! Sizes are the bytes that pass through the bodies at the place where the layer stands: inside of a compression
//! layer the plain bytes, outside of it the compressed ones. A request body that the service never reads counts 0, and
//! what is read of it after the response has ended counts no more. Without a response head there is no record of a
//! response size.
//!
//! # Order of layers
//!
//! The metrics are those of the place where the layer stands. Outside of another layer they say what the client sees,
//! inside of it what the service does.
//!
//! | layer of tower-http | `RequestMetricsLayer` outside of it | `RequestMetricsLayer` inside of it |
//! |---|---|---|
//! | `CompressionLayer` | response size: the compressed bytes | the plain bytes |
//! | `TimeoutLayer`, the time is up | the layer's status (408), no `error.type` unless it is a 5xx | no status, `cancelled` |
//! | `CatchPanicLayer`, a panic | status 500, `error.type` is `500` | no status, `panic` |
//! | `RequestBodyLimitLayer`, the length is announced | status 413, request size 0 | no record: the request does not get there |
//!
//! # The scheme
//!
//! `url.scheme` is `https` if the request's [`ConnectionInfo`](telemetry_core::ConnectionInfo) has TLS, and `http` if it
//! has none: whoever terminates TLS above a metered stream adds `.with_tls(..)` to the stream's info. Without a
//! `ConnectionInfo` in the extensions it is what the request's own URI says, which HTTP/2 requests do and most HTTP/1
//! requests do not, and else `http`. A header is believed only with
//! [`with_forwarded_headers`](RequestMetricsLayer::with_forwarded_headers).
//!
//! # The route
//!
//! `http.route` is the router's template, never the path. With feature `axum` it is read from `MatchedPath`, which
//! axum shows to layers added with `Router::layer` or `Router::route_layer`, but not to a layer around the whole
//! router, and not around `nest_service` (put the layer into the nested router there). `RouteLayer` inside of the router
//! tells a layer around it. For other routers, [`RequestMetricsLayer::with_route`] takes a function of the request,
//! [`HttpRoute`] in the extensions of the response names the route afterwards, and [`RequestLabels`] while the handler
//! runs; the later word wins. Where no route can be seen, it is absent, and one line in the log says why.
//!
//! # Upgrades
//!
//! A request that is upgraded (101, or 2xx to CONNECT) ends with the head of its response: neither the duration nor the
//! active requests last as long as a web socket, which `telemetry-net` counts as the connection that it is. A web socket
//! under axum over HTTP/1 is such a request. Over HTTP/2 it is a CONNECT, and ends as one.
//!
//! # How many series there may be
//!
//! The names that clients choose are bounded: unknown methods are `_OTHER`, errors come from a closed set, and hosts are
//! off unless asked for. Whatever else is added, by routes, by attributes of the caller or by hosts, a layer keeps
//! [at most 2000 series](RequestMetricsLayer::with_series_limit) a metric, as the SDK does. What comes past that is
//! counted together under `otel.metric.overflow`, which the log says once. Nothing is forgotten to make room: a flood of
//! made-up values takes the room for later ones until the process ends.
//!
//! # Speed
//!
//! A request allocates nothing once its series exist, with or without a body; labels, functions for attributes and
//! routes that become known late are the exception. It takes no lock that another core holds for longer than it takes to
//! empty a list or to look once at all counts of active requests. A record waits in that list until a reader collects, or until 64 to 256 have come; before the first
//! collection nothing waits. The counts of each collection are exact, whichever reader asks, since the lists are emptied
//! before it looks. This hangs on an instrument that never has a value, `telemetry.collection`: a view that drops it
//! makes the layer record at once, which costs speed and no data.
//!
//! # gRPC
//!
//! With [`with_grpc`](RequestMetricsLayer::with_grpc) a request whose content type is that of gRPC over HTTP/2 is also
//! recorded as a call, for just as long as the request lasts. The HTTP metrics stay as they are: to them a call that
//! fails is a 200.
//!
//! ```no_run
//! use telemetry_http::RequestMetricsLayer;
//! use tonic::transport::Server;
//! # use tonic_health::server::health_reporter;
//!
//! # async fn serve() -> Result<(), tonic::transport::Error> {
//! # let (_, service) = health_reporter();
//! let layer = RequestMetricsLayer::new().with_grpc();
//! Server::builder().layer(layer).add_service(service).serve(([127, 0, 0, 1], 50051).into()).await
//! # }
//! ```
//!
//! | ending | `rpc.status_code` | `error.type` |
//! |---|---|---|
//! | with a `grpc-status` in the trailers, or in the head of a response that is nothing else | its name: `OK`, `NOT_FOUND` | the same, if it is an error |
//! | well, but without a `grpc-status` | that which gRPC's table gives for the status of HTTP: `UNAVAILABLE` for 503, `UNKNOWN` for 200 | likewise |
//! | with an error, dropped, or with a panic before a status was there | absent | as in the table above |
//! | a client's caller drops the future or the body before a status was there | absent | absent |
//!
//! Errors of a server are `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS`;
//! errors of a client are all but `OK`. A deadline that is kept outside of the layer, as tonic's server does, ends the
//! call as `cancelled`.
//!
//! A client knows its methods, but a server hears of what others made up. There `rpc.method` is `_OTHER` until a call
//! of the method has ended with a status that only its implementation gives: `OK`, `INVALID_ARGUMENT`, `NOT_FOUND`,
//! `ALREADY_EXISTS`, `FAILED_PRECONDITION`, `ABORTED`, `OUT_OF_RANGE` or `DATA_LOSS`.
//! [`with_known_grpc_methods`](RequestMetricsLayer::with_known_grpc_methods) names methods beforehand. As many methods
//! as the layer may have series have a name; what comes past that is counted under `otel.metric.overflow`. A path that
//! is not `/service/method` is `_OTHER` on both sides.
//!
//! `server.address` and `server.port` are always there on a client that knows them, and on a server with
//! [`with_server_address`](RequestMetricsLayer::with_server_address).
//!
//! # Spans
//!
//! With feature `trace`, `RequestTraceLayer` makes a span for each request of a service, and `ClientTraceLayer` (with
//! `client`) one for each that is sent. There are two ways to make them, which export the same spans:
//!
//! | constructor | for | cost of a request that is not sampled |
//! |---|---|---|
//! | `new()`, `with_tracer_provider(..)` | whoever exports: spans of the OpenTelemetry API | a quarter of the other |
//! | `tracing()` | whoever reads spans with subscribers of `tracing`; the layer of `tracing-opentelemetry` exports them | almost that of one that is sampled; next to nothing if no subscriber wants it |
//!
//! With both, spans and events of `tracing` and spans of the OpenTelemetry API that a handler makes join the same trace,
//! and have the right parent. For that `tracing-opentelemetry` has to activate contexts, which it does by default.
//!
//! | attribute | server | client |
//! |---|---|---|
//! | `http.request.method`, and `.method_original` if that is another | yes | yes |
//! | `http.route` / `url.template` | if known, also late | if known |
//! | `url.path`, `url.query`, `url.scheme` | yes | `with_scheme` |
//! | `url.full` | no | yes |
//! | `server.address`, `server.port` | as the client asked for it | yes |
//! | `client.address` | the peer, or what a proxy tells (`with_forwarded_headers`) | no |
//! | `network.peer.address`, `network.peer.port` | from the request's [`ConnectionInfo`](telemetry_core::ConnectionInfo) | from hyper-util's client |
//! | `network.protocol.version`, `http.response.status_code`, `error.type` | yes | yes |
//! | `user_agent.original` | yes | `with_user_agent` |
//! | `http.request.resend_count` | no | with `Resends` in the extensions of the request |
//! | `network.transport`, `network.local.*`, `client.port` | `with_network_details` | the same |
//! | `user_agent.synthetic.type`, body sizes, headers | on demand | on demand |
//!
//! A span is named `{method} {route}`, or after the method alone; a method that is not known is `HTTP` there. Its status is
//! an error for a 5xx, for a client also for a 4xx, and whenever the request has an `error.type`: the same one as in its
//! metrics. It has no description unless `with_exceptions` is on.
//!
//! It ends when the request does, as in [the table above](#when-a-request-ends), and is the current span in the call, in
//! each poll of the future and of the body, and while a request that is cancelled is dropped; at no other time, and for no
//! other task. Where metrics and spans are both there, in either order, they begin with one look at the clock, and end with
//! one if nothing stands between the layers: duration and span agree to the nanosecond (a span of `tracing` begins a moment
//! later, since its own layer looks at the clock). Where a function that is given to a trace layer panics before the span has
//! started, the span shows nothing that such a function would have said.
//!
//! ## What must not be seen
//!
//! User names and passwords in URLs are `REDACTED`, and so are the values of the query's keys that the conventions name
//! (`sig`, `X-Amz-Signature` and the like) or OAuth 2.0 (`access_token`, `client_secret`, `password`, `refresh_token`,
//! `token`); `with_redacted_query_keys` names others instead, and `with_url_scrubber` takes out what only the application
//! knows. No header is shown unless `with_request_headers` or `with_response_headers` names it. The
//! text of an error is not shown unless `with_exceptions` is on. Text from the other side longer than 8192 bytes is cut.
//!
//! ## The trace goes on
//!
//! A server's span is a child of the one that the request's `traceparent` names, and the root of a trace of its own
//! otherwise: what was current around the call does not count. `with_linked_parent` links to it instead, for the edge of a
//! system, and takes no baggage from there. A client's span is a child of the current one, and the server is told of it in
//! headers that replace older ones. The formats are those of the global propagator
//! (`Propagator::global` of `telemetry_core::propagation`), or of `with_propagator`; as long as neither is
//! set, every trace ends at the process.
//!
//! ## What a sampler sees
//!
//! The attributes at the start, with a few exceptions that save a third to half of the cost: a span of the OpenTelemetry
//! API whose parent is not sampled shows none, since samplers that go by the parent drop it, and a server's span of
//! `tracing` shows no `url.scheme`, `client.address` and `user_agent.original`. `with_sampler_attributes` shows all.
//!
//! ## Exemplars
//!
//! The duration of a request in a sampled span is offered to the exemplars of its series, and with that the metrics lead
//! to a trace: to the request's own span, or to whichever is current when the request comes. `OTEL_METRICS_EXEMPLAR_FILTER`
//! decides, as [`exemplar`](telemetry_core::exemplar) says.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `bound` (default) | instruments bound to their attributes: the fast path. Without it the plain API is used, which counts the same. |
//! | `axum` | the route from `MatchedPath`, the connection from `ConnectInfo`, `RouteLayer`, `RequestLabels` as an extractor |
//! | `client` | `ClientMetricsLayer`, `ClientConnectionLayer`, and the errors of hyper and of hyper-util's client told apart |
//! | `http2` | the errors of HTTP/2 told apart |
//! | `reqwest` | the errors of reqwest told apart |
//! | `rustls` | the errors of rustls found wherever they are |
//! | `timeout` | the timeouts of tower and tokio told from other errors |
//! | `trace` | `RequestTraceLayer`, with `client` also `ClientTraceLayer`; exemplars on durations |

mod attributes;
mod builder;
mod bytes;
#[cfg(feature = "client")]
mod client;
#[cfg(not(feature = "trace"))]
mod clock;
mod common;
mod connection;
mod error;
mod filter;
mod future;
mod grpc;
mod head;
mod instruments;
#[cfg(feature = "trace")]
mod joint;
mod labels;
mod lifecycle;
mod measured;
mod method;
mod metrics;
mod options;
mod overflow;
mod recent;
mod record;
mod request_body;
mod response_body;
mod route;
#[cfg(feature = "axum")]
mod route_layer;
mod series;
mod server;
mod service;
mod shared;
mod side;
mod spare;
mod tie;
#[cfg(feature = "trace")]
mod trace;

#[cfg(feature = "client")]
pub use client::connection::{
    ActiveStream, ClientConnectionLayer, ClientConnectionService, ConnectFuture, ConnectionHandle, MeteredConnection,
};
#[cfg(feature = "client")]
pub use client::{ClientMetricsLayer, ClientMetricsService};
pub use connection::connection_info;
pub use filter::RequestFilter;
pub use future::ResponseFuture;
pub use labels::RequestLabels;
pub use measured::Measured;
pub use request_body::RequestBody;
pub use response_body::ResponseBody;
pub use route::{HttpRoute, UrlTemplate};
#[cfg(feature = "axum")]
pub use route_layer::{RouteFuture, RouteLayer, RouteService};
pub use server::{RequestMetricsLayer, RequestMetricsService};
#[cfg(all(feature = "trace", feature = "client"))]
pub use trace::{ClientTraceLayer, ClientTraceService};
#[cfg(feature = "trace")]
pub use trace::{RequestTraceLayer, RequestTraceService, Resends, Traced};
