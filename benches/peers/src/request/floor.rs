//! What has to be done at least: two looks at the clock, five additions to atomics, and the search of a bucket, around
//! the call and without a layer.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Result;
use telemetry_benches::request::{Parts, RESPONSE, Sample, Workload, answer};
use telemetry_core::semconv::metric::REQUEST_SECONDS;
use tower::service_fn;

#[derive(Default)]
struct Floor {
    active: AtomicI64,
    buckets: [AtomicU64; REQUEST_SECONDS.len() + 1],
    nanoseconds: AtomicU64,
    bytes: AtomicU64,
}

pub(super) fn build(workload: Workload) -> Result<Parts> {
    let floor = Arc::<Floor>::default();
    let shown = Arc::clone(&floor);
    let parts = Parts::of_senders(move |path| {
        let (floor, mut service) = (Arc::clone(&floor), service_fn(answer));
        let mut send = move || floor.around(|| workload.send(&mut service, &path));
        Box::new(move |requests| (0..requests).for_each(|_| send()))
    });
    let sample = |name, each| Sample { name, each, labels: &[] };
    let samples = vec![sample("duration_count", 1), sample("active", 0), sample("bytes", RESPONSE.len())];
    Ok(parts.recording(samples, move || Ok(shown.page())))
}

impl Floor {
    fn around(&self, request: impl FnOnce()) {
        let start = Instant::now();
        self.active.fetch_add(1, Ordering::Relaxed);
        request();
        let took = start.elapsed();
        let seconds = took.as_secs_f64();
        let bucket = REQUEST_SECONDS.partition_point(|bound| *bound < seconds);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(took.as_nanos() as u64, Ordering::Relaxed);
        self.bytes.fetch_add(RESPONSE.len() as u64, Ordering::Relaxed);
        self.active.fetch_sub(1, Ordering::Relaxed);
    }

    fn page(&self) -> String {
        let count: u64 = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum();
        let [nanoseconds, bytes] = [&self.nanoseconds, &self.bytes].map(|sum| sum.load(Ordering::Relaxed));
        let active = self.active.load(Ordering::Relaxed);
        format!("duration_count {count}\nduration_sum {nanoseconds}\nactive {active}\nbytes {bytes}\n")
    }
}
