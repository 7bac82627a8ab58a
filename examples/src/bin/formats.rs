//! Every type of metric, with exemplars, in every format: for whoever wants to look at them, or to test what reads them.
//!
//! The values are fixed. The same ones are served by exporters with different settings:
//!
//! ```text
//! $ cargo run -p telemetry-examples --bin formats
//! listening on http://127.0.0.1:62012
//! metrics on http://127.0.0.1:63012/metrics
//!
//! $ curl http://127.0.0.1:62012/
//! $ curl http://127.0.0.1:63012/metrics
//! $ curl -H 'Accept: application/openmetrics-text' http://127.0.0.1:63012/created
//! $ curl -H 'Accept: text/plain;version=1.0.0;escaping=allow-utf-8' http://127.0.0.1:63012/utf8
//! ```

use std::error::Error;
use std::io;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::routing::get;
use clap::Parser;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{self, MetricFamily, MetricType, Quantile};
use prometheus::{GaugeVec, Histogram, HistogramOpts, IntCounterVec, Opts, Registry};
use telemetry_core::exemplar::{Buckets, ExemplarReservoir, ExemplarStore, SpanIdentity};
use telemetry_core::opentelemetry::metrics::{Meter, MeterProvider};
use telemetry_core::opentelemetry::{InstrumentationScope, KeyValue, SpanId, TraceId};
use telemetry_core::opentelemetry_sdk::Resource;
use telemetry_core::opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};
use telemetry_examples::{Flags, Server};
use telemetry_prometheus::{PrometheusExporter, PrometheusMetricsHandler, TranslationStrategy};
use tokio::net::TcpStream;

const INDEX: &str = "\
GET  /metrics   the usual settings
GET  /utf8      names as OpenTelemetry has them
GET  /both      classic buckets beside native ones, in protocol buffers
GET  /created   when counting began, also in OpenMetrics
";

const CHECKOUT: &str = "shop.checkout.duration";
const DELAY: &str = "shop.delivery.delay";
const BALANCE: &str = "shop.balance";

fn main() -> Result<(), Box<dyn Error>> {
    let flags = Flags::parse();

    let registry = registry()?;
    let exporter = || PrometheusExporter::builder().with_registry(registry.clone());
    let exporters = [
        ("/metrics", exporter().build()),
        ("/utf8", exporter().with_translation_strategy(TranslationStrategy::NoTranslation).build()),
        ("/both", exporter().with_classic_beside_native().build()),
        ("/created", exporter().with_created_lines().build()),
    ];

    let resource = Resource::builder_empty()
        .with_service_name("formats")
        .with_attribute(KeyValue::new("deployment.environment.name", "test"));
    let mut provider = SdkMeterProvider::builder().with_resource(resource.build()).with_view(exponential);
    let mut pages = Router::new();
    for (path, exporter) in exporters {
        provider = provider.with_reader(exporter.clone());
        pages = pages.route_service(path, PrometheusMetricsHandler::new(exporter));
    }
    let provider = provider.build();
    let scope = InstrumentationScope::builder("shop").with_version("1.4.0");
    let scope = scope.with_attributes([KeyValue::new("team", "blue")]).build();
    record_numbers(&provider.meter_with_scope(scope.clone()));
    record_histograms(&provider.meter_with_scope(scope.clone()));
    offer_exemplars(&scope);

    serve(flags, pages)?;

    provider.shutdown()?;
    Ok(())
}

#[tokio::main]
async fn serve(flags: Flags, pages: Router) -> io::Result<()> {
    let server = Server::bind(flags).await?;
    let service = |router: Router| {
        let router = TowerToHyperService::new(router);
        tower::service_fn(move |stream: TcpStream| {
            auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), router.clone()).into_owned()
        })
    };
    server.run(service(Router::new().route("/", get(INDEX))), service(pages)).await;
    Ok(())
}

/// Two of the histograms get exponential buckets.
fn exponential(instrument: &Instrument) -> Option<Stream> {
    if ![DELAY, BALANCE].contains(&instrument.name()) {
        return None;
    }
    let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: false };
    Stream::builder().with_aggregation(aggregation).build().ok()
}

fn record_numbers(meter: &Meter) {
    let orders = meter.u64_counter("shop.orders").with_unit("{order}").with_description("Orders that were placed.");
    let orders = orders.build();
    orders.add(1027, &[paid_by("card")]);
    orders.add(3, &[paid_by("cash")]);
    // One more than a double can tell from its neighbours.
    let sent = meter.u64_counter("shop.sent").with_unit("By").with_description("Bytes in \"mails\".\nC:\\all of them.");
    sent.build().add((1 << 53) + 1, &[]);
    meter.f64_counter("shop.revenue").with_unit("EUR").build().add(12.625, &[]);

    let temperature = meter.f64_gauge("shop.temperature").with_unit("Cel").with_description("In each room.").build();
    temperature.record(21.5, &[KeyValue::new("room", "kitchen")]);
    temperature.record(-4.25, &[KeyValue::new("room", "the \"old\" cellar\\\nbehind the café")]);
    let baskets = meter.i64_up_down_counter("shop.baskets").with_unit("{basket}").with_description("Open baskets.");
    let baskets = baskets.build();
    baskets.add(12, &[]);
    baskets.add(-19, &[]);
}

const CHECKOUT_BOUNDS: [f64; 4] = [0.125, 0.5, 1.0, 2.5];

fn record_histograms(meter: &Meter) {
    let checkout = meter.f64_histogram(CHECKOUT).with_unit("s").with_description("Duration of checkouts.");
    let checkout = checkout.with_boundaries(CHECKOUT_BOUNDS.into()).build();
    for value in [0.0625, 0.125, 0.375, 0.4375, 0.75, 3.0] {
        checkout.record(value, &[paid_by("card")]);
    }
    checkout.record(1.0, &[paid_by("cash")]);
    let size = meter.u64_histogram("shop.basket.size").with_unit("{item}").with_description("Items in a basket.");
    let size = size.with_boundaries(vec![1.0, 10.0, 100.0]).build();
    for items in [1, 5, 7, 200] {
        size.record(items, &[]);
    }

    let delay = meter.f64_histogram(DELAY).with_unit("s").with_description("Delay of deliveries.").build();
    for value in [0.296875, 0.3125, 0.3125, 0.3125, 0.5] {
        delay.record(value, &[lane("express")]);
    }
    for value in [0.0029296875, 0.75, 4.125, 96.0, 100.0] {
        delay.record(value, &[lane("slow")]);
    }
    delay.record(0.7109375, &[lane("single")]);
    let balance = meter.f64_histogram(BALANCE).with_description("Of the accounts.").build();
    for value in [-1000.0, -1.5, -0.75, 0.0, 0.0, 0.015625, 3.0, 1e6] {
        balance.record(value, &[]);
    }
}

/// As the layers do it with each measurement, but here with spans that everybody knows.
fn offer_exemplars(scope: &InstrumentationScope) {
    let reservoir = |metric, attributes: &[KeyValue], buckets| {
        ExemplarStore::global().reservoir(scope, metric, attributes, buckets)
    };
    let tier = [KeyValue::new("customer.tier", "gold \"1\"")];
    offer(&reservoir("shop.orders", &[paid_by("card")], Buckets::Single), 1.0, 0x0a, &tier);
    let checkout = reservoir(CHECKOUT, &[paid_by("card")], Buckets::Explicit(&CHECKOUT_BOUNDS));
    offer(&checkout, 0.375, 0x0b, &[]);
    offer(&checkout, 0.75, 0x0c, &tier);
    offer(&checkout, 3.0, 0x0d, &[]);
    let delay = reservoir(DELAY, &[lane("express")], Buckets::Exponential);
    offer(&delay, 0.3125, 0x0e, &[]);
    offer(&delay, 0.5, 0x0f, &tier);
    offer(&reservoir(BALANCE, &[], Buckets::Exponential), -1.5, 0x10, &[]);
}

/// The later the trace, the newer the exemplar, and none is of the future.
fn offer(reservoir: &ExemplarReservoir, value: f64, trace: u8, attributes: &[KeyValue]) {
    let span = SpanIdentity::new(TraceId::from(u128::from(trace)), SpanId::from(u64::from(trace)), true);
    let time = SystemTime::now() - Duration::from_millis(1000 - 10 * u64::from(trace));
    reservoir.offer(value, time, Some(&span), attributes);
}

fn paid_by(method: &'static str) -> KeyValue {
    KeyValue::new("payment.method", method)
}

fn lane(name: &'static str) -> KeyValue {
    KeyValue::new("lane", name)
}

/// Metrics of the `prometheus` crate, of each type that it has, and a summary, which only hand-written collectors have.
fn registry() -> prometheus::Result<Registry> {
    let registry = Registry::new();
    let jobs = IntCounterVec::new(Opts::new("legacy_jobs_total", "Jobs that were done."), &["queue"])?;
    jobs.with_label_values(&["mail"]).inc_by(4);
    jobs.with_label_values(&["print"]).inc_by(0);
    registry.register(Box::new(jobs))?;
    // The SDK keeps no such values, and the crate does.
    let load = GaugeVec::new(Opts::new("legacy_load", "Load of the workers."), &["worker"])?;
    for (worker, value) in [("a", 0.375), ("none", f64::NAN), ("low", f64::NEG_INFINITY), ("high", f64::INFINITY)] {
        load.with_label_values(&[worker]).set(value);
    }
    registry.register(Box::new(load))?;
    let run = HistogramOpts::new("legacy_run_seconds", "Duration of jobs.").buckets(vec![0.5, 2.0]);
    let run = Histogram::with_opts(run)?;
    [0.25, 1.0, 8.0].into_iter().for_each(|seconds| run.observe(seconds));
    registry.register(Box::new(run))?;
    registry.register(Box::new(Wait(Desc::new(WAIT.into(), WAIT_HELP.into(), Vec::new(), Default::default())?)))?;
    Ok(registry)
}

const WAIT: &str = "legacy_wait_seconds";
const WAIT_HELP: &str = "Time in the queue.";

struct Wait(Desc);

impl Collector for Wait {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.0]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut summary = proto::Summary::default();
        summary.set_sample_count(8);
        summary.set_sample_sum(6.5);
        let quantiles = [(0.5, 0.25), (0.99, 4.0)].map(|(quantile, value)| {
            let mut of = Quantile::default();
            of.set_quantile(quantile);
            of.set_value(value);
            of
        });
        summary.set_quantile(quantiles.into());
        let mut metric = proto::Metric::default();
        metric.set_summary(summary);
        let mut family = MetricFamily::default();
        family.set_name(WAIT.into());
        family.set_help(WAIT_HELP.into());
        family.set_field_type(MetricType::SUMMARY);
        family.set_metric(vec![metric]);
        vec![family]
    }
}
