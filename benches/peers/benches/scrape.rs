//! Whole scrapes, one system after the other.
#![allow(missing_docs)] // criterion's macros make public items.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use telemetry_peers::scrape::{SIZES, Scenario, System, Workload};

fn scrapes(criterion: &mut Criterion) {
    for scenario in Scenario::ALL {
        let mut group = criterion.benchmark_group(format!("telemetry-prometheus/peers-{}", scenario.name()));
        // Many benches, and the slowest scrape takes a sixth of a second.
        group.sampling_mode(SamplingMode::Flat).sample_size(20);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
        for size in SIZES {
            let workload = Workload::new(scenario, size);
            group.throughput(Throughput::Elements(workload.lines() as u64));
            for system in System::all(&workload).unwrap() {
                group.bench_function(BenchmarkId::new(system.name, size), |bencher| {
                    bencher.iter(|| black_box(system.scrape()));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, scrapes);
criterion_main!(benches);
