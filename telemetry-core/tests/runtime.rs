//! The metrics of real runtimes.
#![allow(clippy::unwrap_used)] // Helpers of tests may fail them.

mod support;

use std::future::pending;
use std::time::{Duration, Instant};

use support::{Reader, provider};
use telemetry_core::MeterOptions;
use telemetry_core::opentelemetry::KeyValue;
use telemetry_core::opentelemetry_sdk::metrics::{SdkMeterProvider, Temporality};
use telemetry_core::runtime::RuntimeMetrics;
use telemetry_core::testing::Snapshot;
use tokio::runtime::{Builder, Runtime};

const WORKERS: &str = "tokio.runtime.workers";
const TASKS: &str = "tokio.runtime.active_tasks";
const QUEUE: &str = "tokio.runtime.global_queue.depth";
const PARKS: &str = "tokio.runtime.worker.parks";
const BUSY: &str = "tokio.runtime.worker.busy.time";
const WORKER: &str = "tokio.runtime.worker.index";

fn options(provider: &SdkMeterProvider) -> MeterOptions {
    MeterOptions::default().with_meter_provider(provider.clone())
}

fn observed(metrics: RuntimeMetrics) -> (Reader, SdkMeterProvider) {
    let reader = Reader::new(Temporality::Cumulative);
    let provider = provider(&[&reader]);
    metrics.observe(&options(&provider));
    (reader, provider)
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn threads(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).build().unwrap()
}

/// Runs tasks that wait for another thread, until a worker has parked meanwhile.
fn work(runtime: &Runtime) {
    let metrics = runtime.metrics();
    let parks = || (0..metrics.num_workers()).map(|worker| metrics.worker_park_count(worker)).sum::<u64>();
    let (before, start) = (parks(), Instant::now());
    while parks() == before {
        assert!(start.elapsed() < Duration::from_secs(30));
        runtime.block_on(async {
            let task = tokio::spawn(async { tokio::task::spawn_blocking(std::thread::yield_now).await });
            task.await.unwrap().unwrap();
        });
    }
}

#[test]
fn a_runtime_of_one_thread_is_observed_with_its_tasks() {
    let runtime = current_thread();
    let (reader, _provider) = observed(RuntimeMetrics::new().with_handle(runtime.handle().clone()));
    for _ in 0..3 {
        runtime.spawn(pending::<()>());
    }
    // Nobody has polled them yet.
    let before = reader.read();
    assert_eq!([WORKERS, TASKS, QUEUE].map(|metric| before.sum(metric, &[])), [1.0, 3.0, 3.0]);

    work(&runtime);
    let after = reader.read();
    assert_eq!([WORKERS, TASKS, QUEUE].map(|metric| after.sum(metric, &[])), [1.0, 3.0, 0.0]);
    assert!(after.sum(PARKS, &[(WORKER, "0")]) > before.sum(PARKS, &[]), "{after:?}");
    assert!(after.sum(BUSY, &[(WORKER, "0")]) > before.sum(BUSY, &[]), "{after:?}");
    assert_eq!(after.names(), [TASKS, QUEUE, BUSY, PARKS, WORKERS]);
}

#[test]
fn each_worker_has_its_series_and_the_options_count() {
    let runtime = threads(3);
    let reader = Reader::new(Temporality::Cumulative);
    let provider = provider(&[&reader]);
    let options = options(&provider).with_attributes([KeyValue::new("shop.pool", "a")]).with_metric_prefix("shop");
    RuntimeMetrics::new().with_handle(runtime.handle().clone()).observe(&options);
    work(&runtime);

    let snapshot = reader.read();
    assert_eq!(snapshot.sum("shop.tokio.runtime.workers", &[("shop.pool", "a")]), 3.0);
    for metric in [PARKS, BUSY] {
        let metric = format!("shop.{metric}");
        assert_eq!(snapshot.points(&metric).len(), 3, "{snapshot:?}");
        let workers = ["0", "1", "2"].map(|worker| [("shop.pool", "a"), (WORKER, worker)]);
        assert!(snapshot.sum(&metric, &[]) > 0.0, "{snapshot:?}");
        for attributes in workers {
            let series = snapshot.points(&metric);
            let is_there = |key: &str, value: &str| {
                series.iter().any(|point| point.attributes.get(key).is_some_and(|has| has == value))
            };
            assert!(attributes.iter().all(|(key, value)| is_there(key, value)), "{attributes:?}");
        }
    }
}

#[test]
fn two_runtimes_stand_side_by_side() {
    let (first, second) = (current_thread(), threads(2));
    let reader = Reader::new(Temporality::Cumulative);
    let provider = provider(&[&reader]);
    for (runtime, name) in [(&first, "first"), (&second, "second")] {
        let options = options(&provider).with_attributes([KeyValue::new("shop.runtime", name)]);
        RuntimeMetrics::new().with_handle(runtime.handle().clone()).observe(&options);
    }
    let snapshot = reader.read();
    assert_eq!(snapshot.sum(WORKERS, &[("shop.runtime", "first")]), 1.0);
    assert_eq!(snapshot.sum(WORKERS, &[("shop.runtime", "second")]), 2.0);
}

#[test]
fn the_runtime_in_which_observing_starts_is_observed_from_everywhere() {
    let (runtime, other) = (threads(2), current_thread());
    let (reader, _provider) = runtime.block_on(async { observed(RuntimeMetrics::new()) });
    assert_eq!(reader.read().sum(WORKERS, &[]), 2.0);
    assert_eq!(other.block_on(async { reader.read() }).sum(WORKERS, &[]), 2.0);
}

#[test]
fn else_it_is_the_first_runtime_that_collects_and_before_that_none() {
    let (first, second) = (threads(2), current_thread());
    let (reader, _provider) = observed(RuntimeMetrics::new());
    assert_eq!(reader.read().names(), [""; 0]);

    let collect = reader.clone();
    let snapshot = first.block_on(async { tokio::task::spawn_blocking(move || collect.read()).await.unwrap() });
    assert_eq!(snapshot.sum(WORKERS, &[]), 2.0);
    assert_eq!(second.block_on(async { reader.read() }).sum(WORKERS, &[]), 2.0);
    assert_eq!(reader.read().sum(WORKERS, &[]), 2.0);
}

#[test]
fn an_explicit_handle_wins_over_the_current_runtime() {
    let (mine, current) = (threads(3), current_thread());
    let _entered = current.enter();
    let (reader, _provider) = observed(RuntimeMetrics::new().with_handle(mine.handle().clone()));
    assert_eq!(reader.read().sum(WORKERS, &[]), 3.0);
}

#[test]
fn a_runtime_that_has_ended_keeps_its_totals_and_has_no_tasks() {
    for runtime in [current_thread(), threads(2)] {
        let (reader, _provider) = observed(RuntimeMetrics::new().with_handle(runtime.handle().clone()));
        runtime.spawn(pending::<()>());
        work(&runtime);
        let alive = reader.read();
        assert!(alive.sum(TASKS, &[]) >= 1.0, "{alive:?}");
        drop(runtime);

        let gone = [reader.read(), reader.read()];
        for snapshot in &gone {
            assert_eq!(snapshot.sum(TASKS, &[]), 0.0);
            assert_eq!(snapshot.sum(QUEUE, &[]), 0.0);
            assert_eq!(snapshot.sum(WORKERS, &[]), alive.sum(WORKERS, &[]));
            for total in [PARKS, BUSY] {
                assert!(snapshot.sum(total, &[]) >= alive.sum(total, &[]), "{total}: {snapshot:?} after {alive:?}");
            }
        }
        assert_eq!(totals(&gone[0]), totals(&gone[1]));
    }
}

/// One that dies before anybody has collected.
#[test]
fn a_runtime_that_ended_before_the_first_collection_is_shown_all_the_same() {
    let runtime = threads(2);
    let (reader, _provider) = observed(RuntimeMetrics::new().with_handle(runtime.handle().clone()));
    runtime.shutdown_background();
    assert_eq!(reader.read().sum(WORKERS, &[]), 2.0);
}

fn totals(snapshot: &Snapshot) -> [f64; 2] {
    [PARKS, BUSY].map(|metric| snapshot.sum(metric, &[]))
}

/// A reader of deltas gets what has changed since it collected itself, whoever else has collected.
#[test]
fn readers_do_not_take_the_totals_from_each_other() {
    let runtime = current_thread();
    let readers = [Temporality::Cumulative, Temporality::Cumulative, Temporality::Delta].map(Reader::new);
    let provider = provider(&[&readers[0], &readers[1], &readers[2]]);
    RuntimeMetrics::new().with_handle(runtime.handle().clone()).observe(&options(&provider));
    let mut deltas = [0.0; 2];
    for _ in 0..3 {
        work(&runtime);
        let [first, second, delta] = readers.each_ref().map(|reader| totals(&reader.read()));
        let metrics = runtime.metrics();
        assert_eq!(first, [metrics.worker_park_count(0) as f64, metrics.worker_total_busy_duration(0).as_secs_f64()]);
        assert_eq!(first, second);
        deltas = [deltas[0] + delta[0], deltas[1] + delta[1]];
        assert_eq!(deltas[0], first[0]);
        assert!((deltas[1] - first[1]).abs() < 1e-9, "{deltas:?} is not {first:?}");
    }
}
