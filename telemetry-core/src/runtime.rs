//! The metrics of a Tokio runtime (feature `runtime`).
//!
//! | metric | unit | attributes |
//! |---|---|---|
//! | `tokio.runtime.workers` | `{worker}` | |
//! | `tokio.runtime.active_tasks`: tasks that are alive | `{task}` | |
//! | `tokio.runtime.global_queue.depth`: tasks that wait in the queue that all workers share | `{task}` | |
//! | `tokio.runtime.worker.parks`: how often a worker went to sleep, a counter | `{park}` | `tokio.runtime.worker.index` |
//! | `tokio.runtime.worker.busy.time`: how long a worker was awake, a counter | `s` | `tokio.runtime.worker.index` |
//!
//! No convention has them: the names are our own, formed like `go.*`, `jvm.*` and `nodejs.*` of the semantic conventions,
//! and stand in [`semconv::metric`](crate::semconv::metric). They are what Tokio measures without `tokio_unstable`; a
//! worker's own queue, poll times and the threads for blocking tasks are not among that. The counters are missing on
//! systems without 64-bit atomics.
//!
//! Tokio keeps totals from the start of the runtime, and each collection reads these. So any number of readers see the
//! same, whoever has collected before. The `tokio-metrics` crate gives the change since it was last asked, of which two
//! readers would each get a part.
//!
//! How busy the workers are, from 0 to 1, is in Prometheus
//! `sum(rate(tokio_runtime_worker_busy_time_seconds_total[1m])) / sum(tokio_runtime_workers)`.

use std::sync::{Arc, OnceLock};

use opentelemetry::KeyValue;
use tokio::runtime::{Handle, RuntimeMetrics as Metrics};

use crate::semconv::{Metric, metric};
use crate::{MeterOptions, ScopedMeter};

/// Observes a Tokio runtime in each collection.
///
/// Which runtime that is:
///
/// 1. the one of [`with_handle`](Self::with_handle), or else
/// 2. the one in which [`observe`](Self::observe) is called, or else
/// 3. the first one in which metrics are collected, as a scrape is in the runtime of the server that answers it. The
///    thread of a periodic reader is in no runtime.
///
/// Until there is one, nothing is shown. One that has ended stays as it was: its counters keep their totals, no task is
/// alive. What Tokio counts in is kept for as long as the meter provider is; that does not keep the runtime from ending.
///
/// ```
/// use telemetry_core::MeterOptions;
/// use telemetry_core::opentelemetry::KeyValue;
/// use telemetry_core::runtime::RuntimeMetrics;
///
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// let options = MeterOptions::default().with_attributes([KeyValue::new("shop.runtime", "background")]);
/// RuntimeMetrics::new().with_handle(runtime.handle().clone()).observe(&options);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is observed until `observe` is called"]
pub struct RuntimeMetrics {
    handle: Option<Handle>,
}

impl RuntimeMetrics {
    /// Observes the runtime that is current: see the list above.
    pub fn new() -> Self {
        Self::default()
    }

    /// Observes the given runtime. For several, call [`observe`](Self::observe) for each, with attributes that tell them
    /// apart.
    pub fn with_handle(mut self, handle: Handle) -> Self {
        self.handle = Some(handle);
        self
    }

    /// Makes the instruments, which live as long as their meter provider.
    ///
    /// The global provider has to be set before, if the options name no other.
    pub fn observe(self, options: &MeterOptions) {
        let subject = Subject { attributes: options.attributes.clone(), runtime: OnceLock::new() };
        if let Some(handle) = self.handle.or_else(|| Handle::try_current().ok()) {
            subject.choose(&handle);
        }
        let subject = Arc::new(subject);
        let meter = options.meter(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));

        observe_count(&meter, &subject, &metric::TOKIO_RUNTIME_WORKERS, Metrics::num_workers);
        observe_count(&meter, &subject, &metric::TOKIO_RUNTIME_ACTIVE_TASKS, Metrics::num_alive_tasks);
        observe_count(&meter, &subject, &metric::TOKIO_RUNTIME_GLOBAL_QUEUE_DEPTH, Metrics::global_queue_depth);
        #[cfg(target_has_atomic = "64")]
        observe_workers(&meter, &subject);
    }
}

fn observe_count(meter: &ScopedMeter, subject: &Arc<Subject>, metric: &Metric, count: fn(&Metrics) -> usize) {
    let subject = Arc::clone(subject);
    meter.i64_observable_up_down_counter(metric, move |observer| {
        if let Some(runtime) = subject.runtime() {
            observer.observe(i64::try_from(count(&runtime.metrics)).unwrap_or(i64::MAX), &subject.attributes);
        }
    });
}

#[cfg(target_has_atomic = "64")]
fn observe_workers(meter: &ScopedMeter, subject: &Arc<Subject>) {
    let parks = Arc::clone(subject);
    meter.u64_observable_counter(&metric::TOKIO_RUNTIME_WORKER_PARKS, move |observer| {
        parks.each_worker(|metrics, worker, attributes| {
            observer.observe(metrics.worker_park_count(worker), attributes);
        });
    });
    let busy = Arc::clone(subject);
    meter.f64_observable_counter(&metric::TOKIO_RUNTIME_WORKER_BUSY_TIME, move |observer| {
        busy.each_worker(|metrics, worker, attributes| {
            observer.observe(metrics.worker_total_busy_duration(worker).as_secs_f64(), attributes);
        });
    });
}

/// What is observed, once it is known.
struct Subject {
    attributes: Vec<KeyValue>,
    runtime: OnceLock<Runtime>,
}

struct Runtime {
    metrics: Metrics,
    /// The attributes of each worker. A runtime never has more or fewer than at its start.
    #[cfg(target_has_atomic = "64")]
    workers: Vec<Vec<KeyValue>>,
}

impl Subject {
    fn runtime(&self) -> Option<&Runtime> {
        self.runtime.get().or_else(|| Some(self.choose(&Handle::try_current().ok()?)))
    }

    /// The first choice counts.
    fn choose(&self, handle: &Handle) -> &Runtime {
        self.runtime.get_or_init(|| {
            let metrics = handle.metrics();
            Runtime {
                #[cfg(target_has_atomic = "64")]
                workers: (0..metrics.num_workers()).map(|worker| self.attributes_of(worker)).collect(),
                metrics,
            }
        })
    }
}

#[cfg(target_has_atomic = "64")]
impl Subject {
    fn attributes_of(&self, worker: usize) -> Vec<KeyValue> {
        let index = i64::try_from(worker).unwrap_or(i64::MAX);
        let index = KeyValue::new(crate::semconv::attribute::TOKIO_RUNTIME_WORKER_INDEX, index);
        self.attributes.iter().cloned().chain([index]).collect()
    }

    fn each_worker(&self, observe: impl Fn(&Metrics, usize, &[KeyValue])) {
        if let Some(Runtime { metrics, workers }) = self.runtime() {
            for (worker, attributes) in workers.iter().enumerate() {
                observe(metrics, worker, attributes);
            }
        }
    }
}
