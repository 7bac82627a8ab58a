//! Providers with several readers, with views, with an end, and without any metrics.
#![allow(clippy::expect_used, clippy::unwrap_used)] // Helpers of tests may fail them.

mod common;

use std::pin::pin;
use std::time::Duration;

use common::{ACTIVE, Closing, DURATION, IO, Metered};
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry::metrics::noop::NoopMeterProvider;
use telemetry_core::opentelemetry_sdk::metrics::{
    Aggregation, InMemoryMetricExporter, InMemoryMetricExporterBuilder, Instrument, MeterProviderBuilder,
    PeriodicReader, SdkMeterProvider, Stream, Temporality,
};
use telemetry_core::testing::{Snapshot, poll_once};
use telemetry_net::{MeteredStream, NetworkMetricsLayer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const IDLE: &str = "transport.server.idle_connections";

/// A provider whose readers collect when it is told to, one after the other.
struct Provider {
    provider: SdkMeterProvider,
    exporters: Vec<InMemoryMetricExporter>,
}

impl Provider {
    fn new(
        temporalities: &[Temporality],
        configure: impl FnOnce(MeterProviderBuilder) -> MeterProviderBuilder,
    ) -> Self {
        let mut builder = SdkMeterProvider::builder();
        let mut exporters = Vec::new();
        for temporality in temporalities {
            let exporter = InMemoryMetricExporterBuilder::new().with_temporality(*temporality).build();
            builder = builder.with_reader(PeriodicReader::builder(exporter.clone()).with_interval(NEVER).build());
            exporters.push(exporter);
        }
        Self { provider: configure(builder).build(), exporters }
    }

    /// What each reader has.
    fn read(&self) -> Vec<Snapshot> {
        self.exporters.iter().for_each(InMemoryMetricExporter::reset);
        self.provider.force_flush().unwrap();
        let read = |exporter: &InMemoryMetricExporter| Snapshot::from(&exporter.get_finished_metrics().unwrap()[0]);
        self.exporters.iter().map(read).collect()
    }

    fn numbers(&self) -> Vec<[f64; 4]> {
        self.read().iter().map(numbers).collect()
    }
}

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn layer(provider: &SdkMeterProvider) -> NetworkMetricsLayer {
    let options = MeterOptions::default().with_meter_provider(provider.clone());
    NetworkMetricsLayer::custom(options).with_idle_after(Duration::ZERO)
}

fn write(stream: &mut MeteredStream<Closing>) {
    assert!(poll_once(pin!(stream.write(b"x"))).is_ready());
}

fn numbers(snapshot: &Snapshot) -> [f64; 4] {
    let sum = |metric| snapshot.sum(metric, &[]);
    [sum(ACTIVE), sum(IDLE), sum(IO), snapshot.count(DURATION, &[]) as f64]
}

#[test]
fn nt_71_each_reader_has_everything_in_its_own_way() {
    let provider = Provider::new(&[Temporality::Cumulative, Temporality::Delta], |builder| builder);
    let layer = layer(&provider.provider);
    let mut first = layer.meter(Closing::default());
    let second = layer.meter(Closing::default());
    write(&mut first);
    // Nothing has moved between the two looks.
    assert_eq!(provider.numbers(), [[2.0, 1.0, 1.0, 0.0], [2.0, 2.0, 1.0, 0.0]]);
    write(&mut first);
    drop(second);
    assert_eq!(provider.numbers(), [[1.0, 0.0, 2.0, 1.0], [1.0, 1.0, 1.0, 1.0]]);
    assert_eq!(provider.numbers(), [[1.0, 1.0, 2.0, 1.0], [1.0, 1.0, 0.0, 0.0]]);
    write(&mut first);
    drop(first);
    drop(layer);
    assert_eq!(provider.numbers(), [[0.0, 0.0, 3.0, 2.0], [0.0, 0.0, 1.0, 1.0]]);
}

#[test]
fn nt_68_a_view_may_take_the_hook_away_or_a_metric() {
    for dropped in ["telemetry.collection", IO, DURATION] {
        let drop_it = move |instrument: &Instrument| {
            let dropping = Stream::builder().with_aggregation(Aggregation::Drop);
            (instrument.name() == dropped).then(|| dropping.build().unwrap())
        };
        let provider = Provider::new(&[Temporality::Cumulative], |builder| builder.with_view(drop_it));
        let layer = layer(&provider.provider);
        let mut stream = layer.meter(Closing::default());
        for _ in 0..2 {
            write(&mut stream);
            assert_eq!(provider.numbers()[0][0], 1.0, "{dropped}");
        }
        drop(stream);
        let bytes = if dropped == IO { 0.0 } else { 2.0 };
        let ended = if dropped == DURATION { 0.0 } else { 1.0 };
        assert_eq!(provider.numbers(), [[0.0, 0.0, bytes, ended]], "{dropped}");
    }
}

/// What comes after the end of the provider is nobody's.
#[test]
fn nt_68_a_provider_may_end_before_its_connections() {
    let provider = Provider::new(&[Temporality::Cumulative], |builder| builder);
    let layer = layer(&provider.provider);
    let mut open = layer.meter(Closing::default());
    let _ = provider.read();
    provider.provider.shutdown().unwrap();
    drop(provider);
    write(&mut open);
    for _ in 0..1000 {
        drop(layer.meter(Closing::default()));
    }
    drop((layer, open));
}

#[test]
fn nt_68_without_metrics_streams_are_streams() {
    let layer = NetworkMetricsLayer::custom(MeterOptions::default().with_meter_provider(NoopMeterProvider::new()));
    let mut stream = layer.meter(Closing::default());
    write(&mut stream);
    assert!(poll_once(pin!(stream.read(&mut [0]))).is_ready());
    assert_eq!((stream.connection().received(), stream.connection().transmitted()), (1, 1));
    drop((layer, stream));
}

/// Two layers with the same attributes on one meter add up.
#[test]
fn nt_64_layers_on_one_provider_add_up() {
    let metered = Metered::new();
    let provider = metered.metrics.provider();
    let mut streams: Vec<_> = (0..3).map(|_| layer(&provider).meter(Closing::default())).collect();
    write(&mut streams[0]);
    assert_eq!(numbers(&metered.metrics.snapshot()), [3.0, 2.0, 1.0, 0.0]);
    write(&mut streams[1]);
    streams.truncate(2);
    assert_eq!(numbers(&metered.metrics.snapshot()), [2.0, 1.0, 2.0, 1.0]);
    streams.clear();
    assert_eq!(numbers(&metered.metrics.snapshot()), [0.0, 0.0, 2.0, 3.0]);
}
