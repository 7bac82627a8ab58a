//! Two services that call each other, and one trace over both: `front` takes orders and asks `back` for the stock.
//!
//! ```text
//! $ cargo run -p telemetry-examples --bin otlp_traces
//! front on http://127.0.0.1:62012
//! back on http://127.0.0.1:62013
//!
//! $ curl http://127.0.0.1:62012/orders/7
//! 3 of 7 in stock
//! baggage:
//! ```
//!
//! The spans go by OTLP to `OTEL_EXPORTER_OTLP_ENDPOINT`, or to <http://localhost:4318>, where a collector or Jaeger may
//! listen: `GET /orders/{id}` of `front`, below it `GET /stock/{item}` of its client, and below that the same of `back`.
//! With `--tracing` they are spans of `tracing`. `/orders/broken` fails in `back`, which says so in its log.

use std::io;
use std::net::SocketAddr;
use std::thread;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use clap::Parser;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use telemetry_core::Telemetry;
use telemetry_core::log::TraceIds;
use telemetry_core::opentelemetry::Context;
use telemetry_core::opentelemetry::baggage::BaggageExt;
use telemetry_core::opentelemetry_sdk::trace::SdkTracerProvider;
use telemetry_core::propagation::Propagator;
use telemetry_http::{ClientTraceLayer, ClientTraceService, RequestBody, RequestTraceLayer, UrlTemplate};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tower::{Layer, ServiceExt};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{fmt, registry};

#[derive(Clone, Copy, Debug, Parser)]
struct Flags {
    /// Address of the service in front; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:62012")]
    front: SocketAddr,
    /// Address of the service at the back; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:62013")]
    back: SocketAddr,
    /// Make spans of `tracing` instead of the OpenTelemetry API.
    #[arg(long)]
    tracing: bool,
}

fn main() -> Result<()> {
    let flags = Flags::parse();
    let (front, back) = (Service::new("front", flags.tracing)?, Service::new("back", flags.tracing)?);

    let back_listener = listen("back", flags.back)?;
    let stock = format!("http://{}/stock", back_listener.local_addr()?);
    let shop = Shop { client: front.client(), stock };
    let orders = Router::new().route("/orders/{id}", get(order)).with_state(shop);
    let stock = Router::new().route("/stock/{item}", get(item));

    let front_listener = listen("front", flags.front)?;
    let ends = [front.serve(front_listener, orders), back.serve(back_listener, stock)];
    for end in ends {
        end.join().ok().context("a service has panicked")??;
    }
    front.telemetry.shutdown()?;
    Ok(back.telemetry.shutdown()?)
}

#[allow(clippy::print_stdout, reason = "the addresses are what it prints")]
fn listen(name: &str, address: SocketAddr) -> Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    listener.set_nonblocking(true)?;
    println!("{name} on http://{}", listener.local_addr()?);
    Ok(listener)
}

/// A service with spans of its own: in most programs there is one, and its providers are the global ones.
struct Service {
    telemetry: Telemetry,
    provider: SdkTracerProvider,
    is_tracing: bool,
}

impl Service {
    fn new(name: &str, is_tracing: bool) -> Result<Self> {
        let telemetry = Telemetry::builder().with_service_name(name).without_global();
        let telemetry = telemetry.with_setting("OTEL_TRACES_EXPORTER", "otlp").build()?;
        let provider = telemetry.tracer_provider().context("it has traces")?.clone();
        Ok(Self { telemetry, provider, is_tracing })
    }

    fn server(&self) -> RequestTraceLayer {
        let layer = match self.is_tracing {
            true => RequestTraceLayer::tracing(),
            false => RequestTraceLayer::with_tracer_provider(self.provider.clone()),
        };
        layer.with_propagator(Propagator::w3c())
    }

    fn client(&self) -> ShopClient {
        let layer = match self.is_tracing {
            true => ClientTraceLayer::tracing(),
            false => ClientTraceLayer::with_tracer_provider(self.provider.clone()),
        };
        layer.with_propagator(Propagator::w3c()).layer(Client::builder(TokioExecutor::new()).build_http())
    }

    /// Serves until the process is told to end, in a thread with a runtime and a subscriber of its own.
    fn serve(&self, listener: std::net::TcpListener, routes: Router) -> thread::JoinHandle<Result<()>> {
        let routes = routes.layer(self.server());
        let exported = self.telemetry.layer();
        thread::spawn(move || {
            let log = TraceIds::text(fmt::layer().with_writer(io::stderr)).with_filter(LevelFilter::INFO);
            let _subscriber = registry().with(exported).with(log).set_default();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            Ok(runtime.block_on(serve(listener, routes))?)
        })
    }
}

async fn serve(listener: std::net::TcpListener, routes: Router) -> io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let end = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(TcpListener::from_std(listener)?, routes).with_graceful_shutdown(end).await
}

type ShopClient = ClientTraceService<Client<HttpConnector, RequestBody<Body>>>;

#[derive(Clone)]
struct Shop {
    client: ShopClient,
    stock: String,
}

async fn order(State(shop): State<Shop>, Path(id): Path<String>) -> Result<(StatusCode, Body), StatusCode> {
    let request = Request::get(format!("{}/{id}", shop.stock)).extension(UrlTemplate::new("/stock/{item}"));
    let request = request.body(Body::empty()).map_err(|_| StatusCode::BAD_REQUEST)?;
    let response = shop.client.oneshot(request).await.map_err(|error| {
        tracing::warn!("no word of the stock: {error}");
        StatusCode::BAD_GATEWAY
    })?;
    let (head, body) = response.into_parts();
    Ok((head.status, Body::new(body)))
}

async fn item(Path(item): Path<String>) -> Result<String, StatusCode> {
    if item == "broken" {
        tracing::error!("the stock of {item} cannot be counted");
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let context = Context::current();
    let baggage: Vec<_> = context.baggage().iter().map(|(name, (value, _))| format!(" {name}={value}")).collect();
    Ok(format!("3 of {item} in stock\nbaggage:{}\n", baggage.concat()))
}
